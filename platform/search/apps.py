"""App configuration of search."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SearchConfig(AppConfig):
    """The query language: one text for pages, REST and saved comparisons, answered from a side table of values."""

    name = "search"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Declares the feeds of the platform's own records, and installs all feeds after each migration."""
        from search import projects
        from search.declared import feeds, fields
        from search.feeds import FEEDS
        from search.install import install_after_migrate
        from search.targets import FIELDS

        FEEDS.add(feeds)
        FIELDS.add(fields)
        FEEDS.add(projects.feeds)
        FIELDS.add(projects.fields)
        FIELDS.add_for_user(projects.fields_for)
        post_migrate.connect(install_after_migrate, sender=self, dispatch_uid="search.install")
