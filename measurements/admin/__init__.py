"""Admin pages of what was measured: measurements and cell tests, their files, readings and datasets."""

from measurements.admin import files, measurement, readings

__all__ = ["files", "measurement", "readings"]
