"""App configuration of the web pages."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """The pages a scientist works in: they show what selectors read and call services to write."""

    name = "pages"
