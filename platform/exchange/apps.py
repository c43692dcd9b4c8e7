"""App configuration of exchange."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """What leaves and enters the laboratory as a whole: documents, spreadsheets, labels."""

    name = "exchange"
    default_auto_field = "django.db.models.BigAutoField"
