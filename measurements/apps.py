"""App configuration of measurements."""

from django.apps import AppConfig


class MeasurementsConfig(AppConfig):
    """Files as they came, what was measured, and what readers made of it."""

    name = "measurements"
    default_auto_field = "django.db.models.BigAutoField"
