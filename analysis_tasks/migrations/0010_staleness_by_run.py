"""The staleness view can be asked by run as fast as by slot.

A condition reaches into a `DISTINCT ON` only by the columns that it names: asked for the runs of a list, the view found
what is stale of the whole laboratory, once for each row. A slot has one current run, so naming both gives the same rows.
"""

import importlib

from django.db import migrations

first = importlib.import_module("analysis_tasks.migrations.0003_staleness_view")
by_record = importlib.import_module("analysis_tasks.migrations.0004_staleness_by_record")
sources = importlib.import_module("analysis_tasks.migrations.0006_run_sources")
before = importlib.import_module("analysis_tasks.migrations.0009_staleness_of_versions")

INPUT = before.INPUT.replace("DISTINCT ON (slot.id)", "DISTINCT ON (slot.id, run.id)").replace(
    "ORDER BY slot.id,", "ORDER BY slot.id, run.id,"
)
UPSTREAM = sources.UPSTREAM.replace(
    "DISTINCT ON (slot.id, subject.code)", "DISTINCT ON (slot.id, slot.current_run_id, subject.code)"
)

VIEW = "CREATE OR REPLACE VIEW analysis_tasks_staleness AS " + " UNION ALL ".join(
    [
        first.CODE,
        by_record.METADATA.format(records=" UNION ALL ".join(by_record.record(*place) for place in first.READABLE)),
        INPUT.join("()"),
        UPSTREAM.join("()"),
    ]
)


class Migration(migrations.Migration):
    """Replaces the view."""

    dependencies = [("analysis_tasks", "0009_staleness_of_versions")]

    operations = [migrations.RunSQL(VIEW, before.VIEW)]
