"""App configuration of custom."""

from django.apps import AppConfig


class CustomConfig(AppConfig):
    """What a project adds to its records: tags, and fields of its own."""

    name = "custom"
    verbose_name = "Fields of projects"
    default_auto_field = "django.db.models.BigAutoField"
