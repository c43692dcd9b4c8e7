"""App configuration of the wiring: its commands, its health checks, its system checks."""

from django.apps import AppConfig


class WiringConfig(AppConfig):
    """Connects the parts of the site when Django starts."""

    name = "config"

    def ready(self) -> None:
        """Makes Celery's application the one that tasks bind to, and registers checks."""
        from config import celery, checks, readiness  # noqa: F401
