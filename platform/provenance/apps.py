"""App configuration of provenance."""

from django.apps import AppConfig


class ProvenanceConfig(AppConfig):
    """Lineage over the records' own relations, verification, exports in standard form."""

    name = "provenance"
    default_auto_field = "django.db.models.BigAutoField"
