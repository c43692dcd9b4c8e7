"""App configuration of comparisons."""

from django.apps import AppConfig


class ComparisonsConfig(AppConfig):
    """Table S1 and its like."""

    name = "comparisons"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Lets comparisons be searched."""
        from comparisons.searching import TARGET, feeds, fields
        from search.feeds import FEEDS
        from search.targets import FIELDS, TARGETS

        TARGETS.add(TARGET)
        FEEDS.add(feeds)
        FIELDS.add(fields)
