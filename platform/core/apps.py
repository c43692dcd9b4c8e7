"""App configuration of the bottom layer."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Quantities, hashing, abstract models, jobs: what every other app stands on."""

    name = "core"
    default_auto_field = "django.db.models.BigAutoField"
