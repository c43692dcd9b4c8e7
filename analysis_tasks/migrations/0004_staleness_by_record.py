"""The staleness view looks once at each value that a run read, in the one table that has it.

Before, each branch joined slots to runs anew, whole rows became JSON up to four times, and the
estimated cost made PostgreSQL start parallel workers for fifty slots of 20,000 (33 ms; now 3 ms).
"""

import importlib

from django.db import migrations

before = importlib.import_module("analysis_tasks.migrations.0003_staleness_view")

# Fields that the table does not have, so that it need not be looked at. A field that is not named here is looked for in
# every table of its record: a new column costs time until it is named, never an answer.
ELSEWHERE = {
    ("samples.cell", "samples_cell"): ("diameter", "thickness"),
    ("samples.cell", "samples_sample"): (
        "active_mass",
        "active_mass_uncertainty",
        "cathode_mass",
        "cell_type",
        "electrode_area",
    ),
    ("measurements.celltest", "measurements_celltest"): ("measured_at", "temperature"),
    ("measurements.celltest", "measurements_measurement"): ("cycle_offset", "lower_voltage", "rate", "upper_voltage"),
}

RECORD = """
        SELECT to_jsonb(stored) AS stored FROM {table} stored
        WHERE context.record = '{model}' AND context.field <> ALL (ARRAY[{elsewhere}]::text[])
          AND stored.{key} = context.record_id
"""

# OFFSET 0 keeps the planner from writing to_jsonb() out wherever its value is used.
METADATA = """
    SELECT slot.id, slot.current_run_id, 'metadata', context.field, context.value, record.stored -> context.field
    FROM analysis_tasks_slot slot
    JOIN analysis_tasks_runcontext context ON context.run_id = slot.current_run_id
    CROSS JOIN LATERAL ({records} OFFSET 0) record
    WHERE record.stored ? context.field
      AND record.stored -> context.field IS DISTINCT FROM coalesce(context.value, 'null'::jsonb)
"""


def record(model: str, table: str, key: str) -> str:
    elsewhere = ", ".join(f"'{name}'" for name in ELSEWHERE.get((model, table), ()))
    return RECORD.format(model=model, table=table, key=key, elsewhere=elsewhere)


VIEW = "CREATE OR REPLACE VIEW analysis_tasks_staleness AS " + " UNION ALL ".join(
    [
        before.CODE,
        METADATA.format(records=" UNION ALL ".join(record(*place) for place in before.READABLE)),
        before.INPUT.join("()"),
    ]
)


class Migration(migrations.Migration):
    """Replaces the view."""

    dependencies = [("analysis_tasks", "0003_staleness_view")]

    operations = [migrations.RunSQL(VIEW, before.VIEW.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1))]
