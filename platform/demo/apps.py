"""App configuration of the demo lab."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """A laboratory to look at: facts from one paper, and simulated files that say so."""

    name = "demo"
