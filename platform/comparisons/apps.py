"""App configuration of comparisons."""

from django.apps import AppConfig


class ComparisonsConfig(AppConfig):
    """Table S1 and its like."""

    name = "comparisons"
    default_auto_field = "django.db.models.BigAutoField"
