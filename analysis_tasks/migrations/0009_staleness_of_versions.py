"""In the staleness view, a longer version of a file makes stale what was computed from the shorter one."""

import importlib

from django.db import migrations

first = importlib.import_module("analysis_tasks.migrations.0003_staleness_view")
by_record = importlib.import_module("analysis_tasks.migrations.0004_staleness_by_record")
before = importlib.import_module("analysis_tasks.migrations.0006_run_sources")

INPUT = """
    SELECT DISTINCT ON (slot.id) slot.id, run.id, 'input', '',
           CASE WHEN later.id = file.id THEN to_jsonb(used.reader || ' ' || used.reader_version)
                ELSE to_jsonb('version of ' || to_char(file.received_at, 'YYYY-MM-DD HH24:MI')) END,
           CASE WHEN later.id = file.id THEN to_jsonb(newer.reader || ' ' || newer.reader_version)
                ELSE to_jsonb('version of ' || to_char(later.received_at, 'YYYY-MM-DD HH24:MI')) END
    FROM analysis_tasks_slot slot
    JOIN analysis_tasks_analysisrun run ON run.id = slot.current_run_id
    JOIN analysis_tasks_runinput input ON input.run_id = run.id
    JOIN measurements_dataset used ON used.id = input.dataset_id
    JOIN measurements_rawfile file ON file.id = used.file_id
    JOIN measurements_rawfile later ON later.id = file.id OR later.version_of_id = coalesce(file.version_of_id, file.id)
    JOIN measurements_dataset newer ON newer.file_id = later.id AND newer.created_at > used.created_at
    WHERE newer.sha256 <> used.sha256 AND later.received_at >= file.received_at
          AND NOT EXISTS (SELECT 1 FROM core_tombstone tombstone WHERE tombstone.id = later.id)
    ORDER BY slot.id, later.received_at DESC
"""

VIEW = "CREATE OR REPLACE VIEW analysis_tasks_staleness AS " + " UNION ALL ".join(
    [
        first.CODE,
        by_record.METADATA.format(records=" UNION ALL ".join(by_record.record(*place) for place in first.READABLE)),
        INPUT.join("()"),
        before.UPSTREAM.join("()"),
    ]
)


class Migration(migrations.Migration):
    """Replaces the view."""

    dependencies = [
        ("analysis_tasks", "0008_newest_first"),
        ("core", "0003_history_and_tombstones"),
        ("measurements", "0007_file_versions"),
    ]

    operations = [migrations.RunSQL(VIEW, before.VIEW)]
