"""Indexes of the side table: by number, text, reference and record, and over parts of texts."""

from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

INDEXES = {
    "search_value_owner": "(owner)",
    "search_value_number": "(field, number) INCLUDE (sample, measurement, record, level, origin) WHERE number IS NOT NULL",
    "search_value_text": '(field, (left(lower(text), 60)) COLLATE "C") WHERE text IS NOT NULL',
    "search_value_ref": "(ref, field) INCLUDE (sample, measurement, level) WHERE ref IS NOT NULL",
    "search_value_sample": "(sample, field) WHERE sample IS NOT NULL",
    "search_value_parts": "USING gin (text gin_trgm_ops) WHERE text IS NOT NULL",
}


def create(name: str, definition: str) -> migrations.RunSQL:
    return migrations.RunSQL(f"CREATE INDEX {name} ON search_value {definition}", f"DROP INDEX {name}")


class Migration(migrations.Migration):
    """Adds the indexes."""

    dependencies = [
        ("search", "0001_initial"),
        ("analysis_tasks", "0005_engine"),
        ("measurements", "0004_purges"),
        ("samples", "0001_initial"),
    ]

    operations = [TrigramExtension(), *(create(name, definition) for name, definition in INDEXES.items())]
