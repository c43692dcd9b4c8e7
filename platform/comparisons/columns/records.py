"""Fields of records as columns: of the cell, its test, the processes it was made by and the samples it was made from.

Fields are read off the models, so a new quantity field is a column at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, Final

from django.db import models

from comparisons.columns.facts import RowFacts, of_record, of_test
from comparisons.table import TableCell
from core.fields import QuantityField, shown
from core.quantities import format_value
from custom.values import shown as in_words
from measurements.models import CellTest, Measurement
from samples.models import Cell, Process, ProcessInput, Sample, ThermalStep

_UNSPOKEN: Final = frozenset(
    {
        "id",
        "version",
        "created_at",
        "updated_at",
        "created_by",
        "project",
        "order",
        "sample_ptr",
        "measurement_ptr",
        "fields",
    }
)
_STEP_FIELDS: Final = {
    "temperature": "target",
    "dwell_time": "dwell",
    "ramp_rate": "ramp_rate",
    "atmosphere": "atmosphere",
    "pressure": "pressure",
    "actual_temperature": "actual_target",
    "actual_dwell_time": "actual_dwell",
}
"""What is asked of a process's thermal program: of its hottest step."""


def spoken_fields(model: type[models.Model]) -> dict[str, models.Field[Any, Any]]:
    """Fields of a model that can be a column, by name."""
    texts = {field.text_name for field in model._meta.fields if isinstance(field, QuantityField)}
    return {f.name: f for f in model._meta.fields if f.name not in _UNSPOKEN and f.name not in texts}


CELL_FIELDS: Final = spoken_fields(Cell)
TEST_FIELDS: Final = {name: f for name, f in spoken_fields(CellTest).items() if name not in CELL_FIELDS}
SAMPLE_FIELDS: Final = spoken_fields(Sample)
_MEASUREMENT_FIELDS: Final = spoken_fields(Measurement)
PROCESS_FIELDS: Final = spoken_fields(Process)
INPUT_KEYS: Final = ("weight_fraction", "planned_mass", "actual_mass")
"""What is asked of how a sample went into its process."""
SAMPLE_KEYS: Final = (*SAMPLE_FIELDS, *INPUT_KEYS)
PROCESS_KEYS: Final = (*_STEP_FIELDS, *(name for name in PROCESS_FIELDS if name not in _STEP_FIELDS))


def unit_and_label(model: type[models.Model], name: str) -> tuple[str, str]:
    """Canonical unit and header of a field."""
    field: Any = model._meta.get_field(name)
    unit = field.unit if isinstance(field, QuantityField) else ""
    label = str(field.verbose_name)
    return unit, label[:1].upper() + label[1:]


def process_unit_and_label(key: str) -> tuple[str, str]:
    """Unit and header of what can be asked of a process."""
    if key in _STEP_FIELDS:
        unit, _ = unit_and_label(ThermalStep, _STEP_FIELDS[key])
        return unit, key.replace("_", " ").capitalize()
    return unit_and_label(Process, key)


def sample_unit_and_label(key: str) -> tuple[str, str]:
    """Unit and header of what can be asked of a sample, and of how it went into its process."""
    if key == "weight_fraction":
        return "%", "Weight fraction"
    return unit_and_label(ProcessInput if key in INPUT_KEYS else Sample, key)


def project_field(facts: RowFacts, key: str) -> TableCell:
    """A field that the project defines, of the subject, else of its measurement; a number with the unit as entered."""
    kept = facts.subject.fields.get(key)
    if kept is not None:
        found = of_record(facts.subject, in_words(kept), simulated=facts.subject.simulated)
    elif facts.measurement is not None and key in facts.measurement.fields:
        kept = facts.measurement.fields[key]
        found = of_test(facts, in_words(kept))
    else:
        return TableCell()
    return replace(found, value=kept["value"], unit=kept["unit"]) if isinstance(kept, dict) else found


def field_of(record: models.Model, name: str, *, simulated: bool) -> TableCell:
    """A field of a record in words, with its number where it has one."""
    field: Any = record._meta.get_field(name)
    value = getattr(record, name)
    if isinstance(field, QuantityField):
        return of_record(record, shown(record, name), simulated=simulated, value=value, unit=field.unit)
    return of_record(record, _said(record, field, value), simulated=simulated, value=_number(value))


def own_field(facts: RowFacts, key: str) -> TableCell:
    """A field of the row's subject, or of its measurement; empty where they have none of this name."""
    if key in CELL_FIELDS:
        known = facts.cell is not None or key in SAMPLE_FIELDS
        return field_of(facts.subject, key, simulated=facts.subject.simulated) if known else TableCell()
    if facts.measurement is None or (facts.test is None and key not in _MEASUREMENT_FIELDS):
        return TableCell()
    told = field_of(facts.measurement, key, simulated=facts.measurement.simulated)
    return of_test(facts, told.text, value=told.value, unit=told.unit)


def process_field(facts: RowFacts, kind: str, key: str) -> TableCell:
    """A field of the ancestor processes of a kind, the nearest first."""
    processes = [process for process in facts.ancestry.processes if process.kind == kind]
    if not processes:
        return TableCell(note=f"No {kind} process is recorded among what {facts.subject} was made by.")
    return joined(_of_process(process, key) for process in processes)


def sample_field(facts: RowFacts, where: str, which: str, key: str) -> TableCell:
    """A field of the ancestor samples of a material or a kind, or of how they went into their process."""
    if key in INPUT_KEYS:
        return joined(
            _of_input(row, key) for row in facts.ancestry.inputs if _is(row.sample, row.material, where, which)
        )
    found = [sample for sample in facts.ancestry.samples if _is(sample, sample.material, where, which)]
    if not found:
        return TableCell(note=f"No {which} sample is recorded among what {facts.subject} was made from.")
    return joined(field_of(sample, key, simulated=sample.simulated) for sample in found)


def joined(cells: Iterable[TableCell]) -> TableCell:
    """Several facts as one: the same where all are equal, else all of them, without a number."""
    known = [cell for cell in cells if cell.text]
    if not known:
        return TableCell()
    texts = list(dict.fromkeys(cell.text for cell in known))
    first = known[0]
    if len(texts) == 1:
        return first
    note = "Several: the first stands for its origin."
    return TableCell("; ".join(texts), None, first.unit, first.origin, note)


def _of_process(process: Process, key: str) -> TableCell:
    if key not in _STEP_FIELDS:
        return field_of(process, key, simulated=False)
    steps: Sequence[ThermalStep] = list(process.thermal_steps.all())
    if not steps:
        return TableCell()
    hottest = max(steps, key=lambda step: (step.target is not None, step.target or 0.0, -step.order))
    told = field_of(hottest, _STEP_FIELDS[key], simulated=False)
    return of_record(process, told.text, simulated=False, value=told.value, unit=told.unit)


def _of_input(row: ProcessInput, key: str) -> TableCell:
    if key == "weight_fraction":
        fraction = row.weight_fraction
        text = "" if fraction is None else f"{100 * fraction:.4g} %"
        percent = None if fraction is None else 100 * fraction
        return of_record(row.process, text, simulated=False, value=percent, unit="%")
    told = field_of(row, key, simulated=False)
    return of_record(row.process, told.text, simulated=False, value=told.value, unit=told.unit)


def _is(sample: Sample | None, material: Any, where: str, which: str) -> bool:
    if where == "kind":
        return sample is not None and sample.kind == which
    pure = material or (sample.material if sample is not None else None)
    return pure is not None and pure.name.casefold() == which.casefold()


def _said(record: Any, field: Any, value: Any) -> str:
    if value is None or value == "":
        return ""
    if field.choices:
        return str(getattr(record, f"get_{field.name}_display")())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format_value(value, "")
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
