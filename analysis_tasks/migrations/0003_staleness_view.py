"""The view behind `Staleness`: why the current run of a slot does not answer today's question."""

from django.db import migrations

# Records that kernels may read: name of the model in RunContext, its table and its key.
READABLE = (
    ("samples.cell", "samples_cell", "sample_ptr_id"),
    ("samples.cell", "samples_sample", "id"),
    ("samples.sample", "samples_sample", "id"),
    ("samples.material", "samples_material", "id"),
    ("measurements.celltest", "measurements_celltest", "measurement_ptr_id"),
    ("measurements.celltest", "measurements_measurement", "id"),
    ("measurements.measurement", "measurements_measurement", "id"),
)

CODE = """
    SELECT slot.id AS slot_id, run.id AS run_id, 'code' AS reason, '' AS field,
           to_jsonb(made.version) AS old, to_jsonb(now.version) AS new
    FROM analysis_tasks_slot slot
    JOIN analysis_tasks_analysisrun run ON run.id = slot.current_run_id
    JOIN analysis_tasks_kernelrelease made ON made.id = run.release_id
    JOIN analysis_tasks_installedkernel installed ON installed.name = made.name
    JOIN analysis_tasks_kernelrelease now ON now.id = installed.release_id
    WHERE now.fingerprint <> made.fingerprint
"""

INPUT = """
    SELECT DISTINCT ON (slot.id) slot.id, run.id, 'input', '',
           to_jsonb(used.reader || ' ' || used.reader_version), to_jsonb(newer.reader || ' ' || newer.reader_version)
    FROM analysis_tasks_slot slot
    JOIN analysis_tasks_analysisrun run ON run.id = slot.current_run_id
    JOIN analysis_tasks_runinput input ON input.run_id = run.id
    JOIN measurements_dataset used ON used.id = input.dataset_id
    JOIN measurements_dataset newer ON newer.file_id = used.file_id AND newer.created_at > used.created_at
    WHERE newer.sha256 <> used.sha256
"""

METADATA = """
    SELECT slot.id, run.id, 'metadata', context.field, context.value, to_jsonb(stored) -> context.field
    FROM analysis_tasks_slot slot
    JOIN analysis_tasks_analysisrun run ON run.id = slot.current_run_id
    JOIN analysis_tasks_runcontext context ON context.run_id = run.id AND context.record = '{model}'
    JOIN {table} stored ON stored.{key} = context.record_id
    WHERE to_jsonb(stored) ? context.field
      AND to_jsonb(stored) -> context.field IS DISTINCT FROM coalesce(context.value, 'null'::jsonb)
"""

VIEW = "CREATE VIEW analysis_tasks_staleness AS " + " UNION ALL ".join(
    [CODE, *(METADATA.format(model=model, table=table, key=key) for model, table, key in READABLE), INPUT.join("()")]
)


class Migration(migrations.Migration):
    """Adds the view."""

    dependencies = [
        ("analysis_tasks", "0002_staleness"),
        ("measurements", "0001_initial"),
        ("samples", "0001_initial"),
    ]

    operations = [migrations.RunSQL(VIEW, "DROP VIEW analysis_tasks_staleness")]
