"""Restoring: a record made again what it was after one of its changes, as a new change through the same services.

A process comes back with its inputs, outputs and program, a cell with its layers, a comparison with its rows. What
cannot come back is refused in words: a record that is gone, a code that is taken, results that rest on today's state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from accounts import writing
from comparisons.models import Comparison, ComparisonRow
from comparisons.services import change_comparison
from core import records
from core.audit import acting
from core.fields import QuantityField
from core.history import History, history_of
from core.history.shape import own_tables
from core.history.words import Row
from core.models import Record
from measurements.models import CellTest, Measurement, TestStep
from measurements.services import change_measurement
from samples.models import (
    Cell,
    CellLayer,
    LayerComponent,
    Process,
    ProcessInput,
    ProcessOutput,
    Sample,
    ThermalStep,
)
from samples.services import InputSpec, LayerSpec, OutputSpec, ThermalStepSpec, change_cell, change_process

_LEFT_ALONE = frozenset({"simulated"})
"""Follows from what a thing is made of, not from what was once written."""
_CUSTOM = frozenset({"tags", "fields"})
"""Entered on a form of their own."""


@transaction.atomic
def restore(record: Record, *, actor: Any, number: int, reason: str, expected_version: int | None = None) -> Record:
    """Makes a record what it was after one of its changes. The changes since then stay in its history.

    Args:
        record: The record, as a sample or as a cell, as a measurement or as a cell test.
        actor: Who restores it.
        number: Of the change, counted from 1.
        reason: Why; kept in the audit trail.
        expected_version: The version the person saw; None where nobody was shown one.

    Returns:
        The record as it is now.

    Raises:
        PermissionDenied: The person may not write where the record belongs.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: There is no reason, no such change, or it cannot come back; the message says why.
    """
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is restored."})
    whole = _whole(record)
    history = history_of(whole, actor)
    if not 1 <= number <= len(history):
        raise ValidationError({"change": f"There is no change {number}; there are 1 to {len(history)}."})
    if not history.compare(len(history), number):
        raise ValidationError({"change": f"Nothing to restore: the record is as it was after change {number}."})
    then = Then(history, number, actor)
    restorer = next((made for model, made in _RESTORERS if isinstance(whole, model)), _restore_plain)
    said = f"{reason.strip()} (restored change {number} of {history.head(number).at:%Y-%m-%d %H:%M} UTC)"
    with acting(reason=said):
        restored: Record = restorer(whole, then, {"actor": actor, "expected_version": expected_version})
    return restored


class Then:
    """What a record was after one of its changes, in the form that services take.

    Args:
        history: Of the record.
        number: Of the change.
        user: Who restores; only records that this person may see can be named again.
    """

    def __init__(self, history: History, number: int, user: Any) -> None:
        self._history, self._number, self._user = history, number, user

    def changes(self, record: models.Model) -> dict[str, Any]:
        """The record's own fields that are different today, by name, with the value they had.

        Raises:
            ValidationError: A record that a field named is gone.
        """
        found = {}
        for table in own_tables(type(record)):
            then, now = self._own(table.name, self._number), self._own(table.name, len(self._history))
            for field in table.fields:
                if (
                    (field.editable or field.name in _CUSTOM)
                    and field.name not in _LEFT_ALONE
                    and _differs(then, now, field)
                ):
                    found[field.name] = self.value(then, field)
        return found

    def differs(self, model: type[models.Model]) -> bool:
        """Whether the parts of this model are others today."""
        return self._contents(model, self._number) != self._contents(model, len(self._history))

    def rows(self, model: type[models.Model]) -> list[Row]:
        """The parts of this model, in their order."""
        return self._history.rows(self._number, model._meta.db_table)

    def values(self, model: type[models.Model], row: Row, *names: str) -> dict[str, Any]:
        """Fields of a part by name, references as records.

        Raises:
            ValidationError: A record that a field named is gone.
        """
        return {name: self.value(row, model._meta.get_field(name)) for name in names}

    def value(self, row: Row, field: Any) -> Any:
        """One field of a stored row, in the form that loses nothing.

        Raises:
            ValidationError: The record that it named is gone.
        """
        stored = row.get(field.column)
        if isinstance(field, QuantityField):
            return row.get(field.text_name) or stored
        if isinstance(field, models.ForeignKey) and stored is not None:
            return self._named(field, stored)
        return field.to_python(stored)

    def _named(self, field: Any, key: object) -> models.Model:
        model = field.remote_field.model
        manager = model._default_manager
        visible = manager.visible_to(self._user) if hasattr(manager, "visible_to") else manager.all()
        found: models.Model | None = visible.filter(pk=key).first()
        if found is None:
            exists = model._base_manager.filter(pk=key).exists()
            why = "is in a project that you may not see" if exists else "was deleted"
            raise ValidationError({field.name: f"The {model._meta.verbose_name} that it named then {why}."})
        return found

    def _own(self, table: str, number: int) -> Row:
        rows = self._history.rows(number, table)
        return rows[0] if rows else {}

    def _contents(self, model: type[models.Model], number: int) -> list[list[Any]]:
        shape = self._history.shape(model)
        rows = self._history.rows(number, shape.name)
        owners = {row["id"]: place for place, row in enumerate(self._owners(shape.owner, number))}
        return [
            [
                owners.get(row.get(shape.owner)),
                *([row.get(column) for column in _columns(field)] for field in shape.fields),
            ]
            for row in sorted(rows, key=lambda row: (owners.get(row.get(shape.owner), 0), row.get("order") or 0))
        ]

    def _owners(self, column: str, number: int) -> list[Row]:
        return self._history.rows(number, CellLayer._meta.db_table) if column == "layer_id" else []


def _columns(field: Any) -> tuple[str, ...]:
    return (field.column, field.text_name) if isinstance(field, QuantityField) else (field.column,)


def _differs(then: Row, now: Row, field: Any) -> bool:
    return any(then.get(column) != now.get(column) for column in _columns(field))


def _whole(record: Record) -> Record:
    """A cell where a sample is one, a cell test where a measurement is one."""
    derived: dict[type[models.Model], type[Record]] = {Sample: Cell, Measurement: CellTest}
    model = derived.get(type(record))
    found = model._base_manager.filter(pk=record.pk).first() if model else None
    return found or record


def _restore_plain(record: Any, then: Then, by: dict[str, Any]) -> Any:
    return writing.change(record, **by, **then.changes(record))


def _restore_sample(sample: Any, then: Then, by: dict[str, Any]) -> Any:
    changes = then.changes(sample)
    if Sample.Kind.CELL in (changes.get("kind"), sample.kind):
        changes.pop("kind", None)
    return writing.change(sample, **by, **changes)


def _restore_process(process: Any, then: Then, by: dict[str, Any]) -> Any:
    changes = then.changes(process)
    if then.differs(ProcessInput) or "ratio_text" in changes:
        changes["ratio"] = changes.pop("ratio_text", process.ratio_text)
        names = ("sample", "material", "role", "planned_mass", "actual_mass", "weight_fraction")
        changes["inputs"] = [InputSpec(**then.values(ProcessInput, row, *names)) for row in then.rows(ProcessInput)]
    if then.differs(ProcessOutput):
        _refuse_lost_products(process, then)
        changes["outputs"] = [
            OutputSpec(**then.values(ProcessOutput, row, "sample", "role", "mass")) for row in then.rows(ProcessOutput)
        ]
    if then.differs(ThermalStep):
        told = tuple(ThermalStepSpec.__dataclass_fields__)
        changes["thermal_steps"] = [
            ThermalStepSpec(**then.values(ThermalStep, row, *told)) for row in then.rows(ThermalStep)
        ]
    return change_process(process, **by, **changes)


def _refuse_lost_products(process: Process, then: Then) -> None:
    """A sample that was measured or used further would lose where it came from, and its results their composition."""
    kept = {str(row["sample_id"]) for row in then.rows(ProcessOutput)}
    lost = Sample.objects.filter(production__process=process).exclude(pk__in=kept)
    resting = lost.filter(models.Q(measurements__isnull=False) | models.Q(usages__isnull=False)).distinct()
    if names := ", ".join(sample.code for sample in resting):
        raise ValidationError(
            {"outputs": f"Results rest on it: {names} came out of this process since then and was measured or used."}
        )


def _restore_cell(cell: Any, then: Then, by: dict[str, Any]) -> Any:
    changes = then.changes(cell)
    changes.pop("kind", None)
    if then.differs(CellLayer) or then.differs(LayerComponent):
        parts = then.rows(LayerComponent)
        changes["layers"] = [
            _layer(then, row, [part for part in parts if part["layer_id"] == row["id"]]) for row in then.rows(CellLayer)
        ]
    return change_cell(cell, **by, **changes)


def _layer(then: Then, row: Row, parts: Iterable[Row]) -> LayerSpec:
    named = [then.values(LayerComponent, part, "material", "morphology") for part in parts]
    return LayerSpec(
        **then.values(CellLayer, row, "role", "sample", "thickness"),
        materials=[part["material"] for part in named],
        morphology=next((part["morphology"] for part in named if part["morphology"]), None),
    )


def _restore_measurement(measurement: Any, then: Then, by: dict[str, Any]) -> Any:
    changes = then.changes(measurement)
    runs = measurement.runs.count()
    for name in {"sample", "technique"} & changes.keys():
        if runs:
            today = getattr(measurement, f"get_{name}_display", lambda: measurement.sample)()
            raise ValidationError({name: f"Results rest on it: {runs} runs were computed for {today}."})
    if isinstance(measurement, CellTest) and then.differs(TestStep):
        names = ("kind", "rate", "cycles", "duration", "at_cycle", "state_of_charge")
        changes["steps"] = [then.values(TestStep, row, *names) for row in then.rows(TestStep)]
    return change_measurement(measurement, **by, **changes)


def _restore_comparison(comparison: Any, then: Then, by: dict[str, Any]) -> Any:
    changed = change_comparison(comparison, **by, **then.changes(comparison))
    if then.differs(ComparisonRow):
        comparison.rows.all().delete()
        names = ("position", "subject", "measurement", "emphasised", "note")
        for stored in then.rows(ComparisonRow):
            # what was audited before rows could be other records than cells had the names of that time
            row = {"subject_id": stored.get("cell_id"), "measurement_id": stored.get("test_id"), **stored}
            twin = ComparisonRow(comparison=comparison, **then.values(ComparisonRow, row, *names))
            records.create(twin, actor=by["actor"])
    return changed


Restorer = Callable[[Any, Then, dict[str, Any]], Any]
_RESTORERS: tuple[tuple[type[Record], Restorer], ...] = (
    (Cell, _restore_cell),
    (Sample, _restore_sample),
    (Process, _restore_process),
    (Measurement, _restore_measurement),
    (Comparison, _restore_comparison),
)
