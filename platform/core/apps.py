"""App configuration of the bottom layer."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Quantities, hashing, abstract models, jobs: what every other app stands on."""

    name = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Makes the fields of the REST interface known to its description."""
        from core import api_schema_fields  # noqa: F401
