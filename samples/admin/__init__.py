"""Admin pages of what a laboratory makes: materials, samples, processes and cells."""

from samples.admin import catalogue, cell, process, sample

__all__ = ["catalogue", "cell", "process", "sample"]
