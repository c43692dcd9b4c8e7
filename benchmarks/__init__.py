"""Benchmarks: the project's own figures beside those of other programs, on the same data (`make bench`)."""
