"""App configuration of accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, projects, roles and tokens."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
