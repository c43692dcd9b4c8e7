"""App configuration of samples."""

from django.apps import AppConfig


class SamplesConfig(AppConfig):
    """Materials, samples, processes, cells, instruments, publications."""

    name = "samples"
    default_auto_field = "django.db.models.BigAutoField"
