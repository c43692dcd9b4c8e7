"""Commands of the measurements app."""
