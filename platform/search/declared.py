"""Feeds and fields of the platform's own records, read off the models: a new field can be asked for at once.

What other apps and projects add is declared beside it, see `search.feeds` and `search.targets`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from django.db import models

from analysis_tasks.models import Result, Slot
from core.fields import QuantityField
from core.quantities import QUANTITIES
from measurements.models import CellTest, Measurement, RawFile
from samples.models import (
    Cell,
    CellLayer,
    Instrument,
    LayerComponent,
    Material,
    Process,
    ProcessInput,
    Protocol,
    Publication,
    Sample,
    Term,
    ThermalStep,
)
from search.feeds import Fact, Feed, Watch
from search.language import Field, Kind, Level, Reference

NAMES: Final = {
    ("process", "kind"): "process",
    ("measurement", "measured_at"): "measured",
    ("cell_test", "window_text"): "voltage_window",
    ("process", "started_at"): "started",
    ("process", "ended_at"): "ended",
    ("process", "ratio_text"): "ratio",
    ("thermal_step", "dwell"): "dwell_time",
    ("thermal_step", "actual_dwell"): "actual_dwell_time",
    ("thermal_step", "actual_target"): "actual_temperature",
    ("thermal_step", "pressure"): "atmosphere_pressure",
}
"""Names that people use where the model's field has another."""

UNSPOKEN: Final = frozenset({"version", "updated_at", "created_by", "project", "operator", "status_changed", "order"})
LONGEST_TEXT: Final = 2000
_ASKED: Final = (
    models.BooleanField,
    models.CharField,
    models.DateField,
    models.FloatField,
    models.IntegerField,
    models.TextField,
)
SEARCHABLE: Final = frozenset(
    {"code", "name", "lot", "supplier", "location", "note", "ratio", "locator", "file", "certificate", "air_exposure"}
)
REFERENCES: Final[dict[type[models.Model], tuple[str, ...]]] = {
    Material: ("name", "formula"),
    Term: ("label",),
    Instrument: ("name",),
    Publication: ("label", "doi"),
    Protocol: ("name",),
}


def reference(model: type[models.Model]) -> Reference:
    """How records of a kind are named in queries."""
    return Reference(model._meta.db_table, REFERENCES[model])


def _plain_fields(model: Any, left_out: frozenset[str] = frozenset()) -> Iterator[Any]:
    """Fields of a model's own table that can be asked for."""
    texts = {f.text_name for f in model._meta.local_fields if isinstance(f, QuantityField)}
    for one in model._meta.local_fields:
        if one.primary_key or one.name in UNSPOKEN or one.name in texts or one.name in left_out:
            continue
        if one.related_model in REFERENCES if one.is_relation else isinstance(one, _ASKED):
            yield one


def _name(feed: str, one: Any) -> str:
    """What a field is called in queries; one that shares its name with a quantity but not its unit names its record."""
    name = NAMES.get((feed, one.name)) or ("created" if one.name == "created_at" else str(one.name))
    known = QUANTITIES.get(name)
    same = known is None or (_kind(one) == Kind.NUMBER and _unit(one) == known.unit)
    return name if same else f"{feed}_{name}"


def _unit(one: Any) -> str:
    return one.unit if isinstance(one, QuantityField) else "1"


def _kind(one: Any) -> Kind:
    match one:
        case QuantityField():
            return Kind.NUMBER
        case models.BooleanField():
            return Kind.FLAG
        case models.DateField():
            return Kind.DATE
        case models.FloatField() | models.IntegerField():
            return Kind.NUMBER
    if one.is_relation:
        return Kind.REFERENCE
    return Kind.CHOICE if one.choices else Kind.TEXT


def facts_of(feed: str, model: Any, left_out: frozenset[str] = frozenset()) -> list[Fact]:
    """The values of a model's own table."""
    found = []
    for one in _plain_fields(model, left_out):
        name, column = _name(feed, one), f'r."{one.column}"'
        match _kind(one):
            case Kind.NUMBER:
                words = isinstance(one, QuantityField) and one.words
                text = f'CASE WHEN {column} IS NULL THEN r."{one.text_name}" END' if words else ""
                found.append(Fact(name, number=column, text=text))
            case Kind.DATE:
                zone = "" if isinstance(one, models.DateTimeField) else " AT TIME ZONE 'UTC'"
                moment = f"({column}::timestamp{zone})" if zone else column
                found.append(Fact(name, number=f"extract(epoch FROM {moment})"))
            case Kind.FLAG:
                found.append(Fact(name, text=f"CASE WHEN {column} THEN 'yes' ELSE 'no' END"))
            case Kind.REFERENCE:
                found.append(Fact(name, ref=column))
            case _:
                found.append(Fact(name, text=f"left({column}, {LONGEST_TEXT})"))
    return found


def fields_of(feed: str, model: Any, level: Level, left_out: frozenset[str] = frozenset()) -> list[Field]:
    """The fields of a model's own table, as queries know them."""
    found = []
    for one in _plain_fields(model, left_out):
        name, kind = _name(feed, one), _kind(one)
        found.append(
            Field(
                key=name,
                kind=kind,
                levels=frozenset({level}),
                label=str(one.verbose_name).replace("_", " "),
                unit=_unit(one) if kind == Kind.NUMBER else "",
                choices={str(key): str(said) for key, said in one.choices or ()},
                words=one.words if isinstance(one, QuantityField) else (),
                reference=reference(one.related_model) if kind == Kind.REFERENCE else None,
                searchable=name in SEARCHABLE,
            )
        )
    return found


_LAYER: Final = frozenset({"layer"})
_INPUT: Final = frozenset({"role", "planned_mass", "actual_mass"})
_OF_RAW_FILE: Final = "measurements_measurement m ON m.id = r.measurement_id"
_CURRENT: Final = (
    "r.run_id IS NULL OR EXISTS (SELECT FROM analysis_tasks_slot slot WHERE slot.current_run_id = r.run_id)"
)
_ORIGIN: Final = (
    "CASE WHEN r.simulated THEN 'simulated' WHEN r.run_id IS NOT NULL THEN 'run'"
    " WHEN r.publication_id IS NOT NULL THEN 'publication' ELSE 'manual' END"
)


def _own(model: Any, key: str = "id") -> Watch:
    return Watch(model._meta.db_table, f"SELECT changed.{key} FROM {{changed}} changed")


def feeds() -> Sequence[Feed]:
    """Values of samples, cells, processes, measurements, files and results."""
    return (
        Feed(
            "sample",
            f"{Sample._meta.db_table} r",
            "r.id",
            Level.SAMPLE,
            "r.id",
            facts_of("sample", Sample),
            (_own(Sample),),
            sample="r.id",
        ),
        Feed(
            "cell",
            f"{Cell._meta.db_table} r",
            "r.sample_ptr_id",
            Level.SAMPLE,
            "r.sample_ptr_id",
            facts_of("cell", Cell),
            (_own(Cell, "sample_ptr_id"),),
            sample="r.sample_ptr_id",
        ),
        Feed(
            "layer",
            f"{LayerComponent._meta.db_table} r JOIN {CellLayer._meta.db_table} l ON l.id = r.layer_id",
            "r.id",
            Level.SAMPLE,
            "l.cell_id",
            (
                Fact("material", ref="r.material_id"),
                Fact("l.role", ref="r.material_id", computed=True),
                Fact("morphology", ref="r.morphology_id"),
            ),
            (
                _own(LayerComponent),
                Watch(
                    CellLayer._meta.db_table,
                    "SELECT c.id FROM {changed} changed JOIN samples_layercomponent c ON c.layer_id = changed.id",
                ),
            ),
            sample="l.cell_id",
        ),
        Feed(
            "process",
            f"{Process._meta.db_table} r",
            "r.id",
            Level.PROCESS,
            "r.id",
            facts_of("process", Process),
            (_own(Process),),
        ),
        Feed(
            "process_input",
            f"{ProcessInput._meta.db_table} r",
            "r.id",
            Level.PROCESS,
            "r.process_id",
            facts_of("process_input", ProcessInput, _INPUT | {"created_at"}),
            (_own(ProcessInput),),
        ),
        Feed(
            "thermal_step",
            f"{ThermalStep._meta.db_table} r",
            "r.id",
            Level.PROCESS,
            "r.process_id",
            [
                Fact("temperature", number="coalesce(r.actual_target, r.target)"),
                *facts_of("thermal_step", ThermalStep, frozenset({"created_at"})),
            ],
            (_own(ThermalStep),),
        ),
        Feed(
            "measurement",
            f"{Measurement._meta.db_table} r",
            "r.id",
            Level.MEASUREMENT,
            "r.id",
            facts_of("measurement", Measurement),
            (_own(Measurement),),
            sample="r.sample_id",
            measurement="r.id",
        ),
        Feed(
            "cell_test",
            f"{CellTest._meta.db_table} r JOIN {Measurement._meta.db_table} m ON m.id = r.measurement_ptr_id",
            "r.measurement_ptr_id",
            Level.MEASUREMENT,
            "r.measurement_ptr_id",
            facts_of("cell_test", CellTest),
            (_own(CellTest, "measurement_ptr_id"), _own(Measurement)),
            sample="m.sample_id",
            measurement="m.id",
        ),
        Feed(
            "file",
            f"{RawFile._meta.db_table} r JOIN {_OF_RAW_FILE}",
            "r.id",
            Level.MEASUREMENT,
            "r.measurement_id",
            (Fact("file", text="r.name"),),
            (
                _own(RawFile),
                Watch(
                    Measurement._meta.db_table,
                    "SELECT f.id FROM {changed} changed JOIN measurements_rawfile f ON f.measurement_id = changed.id",
                ),
            ),
            sample="m.sample_id",
            measurement="m.id",
        ),
        Feed(
            "result",
            f"{Result._meta.db_table} r",
            "r.id",
            Level.RESULT,
            "r.id",
            (Fact("r.quantity", number="r.value", computed=True),),
            (
                _own(Result),
                Watch(
                    Slot._meta.db_table,
                    "SELECT f.id FROM {changed} changed JOIN analysis_tasks_result f"
                    " ON f.run_id = changed.current_run_id",
                ),
            ),
            sample="r.subject_id",
            measurement="r.measurement_id",
            uncertainty="r.uncertainty",
            origin=_ORIGIN,
            condition=_CURRENT,
        ),
    )


def fields() -> Sequence[Field]:
    """What can be asked of them."""
    return (
        *fields_of("sample", Sample, Level.SAMPLE),
        *fields_of("cell", Cell, Level.SAMPLE),
        *(
            Field(
                role,
                Kind.REFERENCE,
                frozenset({Level.SAMPLE}),
                f"material of the {role}",
                reference=reference(Material),
            )
            for role in CellLayer.Role.values
        ),
        *fields_of("process", Process, Level.PROCESS),
        *fields_of("process_input", ProcessInput, Level.PROCESS, _INPUT | {"created_at"}),
        Field("temperature", Kind.NUMBER, frozenset({Level.PROCESS}), "temperature", "degC"),
        *fields_of("thermal_step", ThermalStep, Level.PROCESS, frozenset({"created_at"})),
        *fields_of("measurement", Measurement, Level.MEASUREMENT),
        *fields_of("cell_test", CellTest, Level.MEASUREMENT),
        Field("file", Kind.TEXT, frozenset({Level.MEASUREMENT}), "file name", searchable=True),
        *(
            Field(entry.key, Kind.NUMBER, frozenset({Level.RESULT}), entry.label, entry.unit)
            for entry in QUANTITIES.values()
        ),
        *_direct(),
    )


def _direct() -> Iterator[Field]:
    """Fields that are looked up where they are, because people and projects may be renamed."""
    yield Field(
        "project",
        Kind.TEXT,
        frozenset({Level.SAMPLE, Level.PROCESS}),
        "project",
        direct={
            Level.SAMPLE: "SELECT s.id FROM samples_sample s JOIN accounts_project p ON p.id = s.project_id"
            " WHERE {match:p.slug}",
            Level.PROCESS: "SELECT s.id FROM samples_process s JOIN accounts_project p ON p.id = s.project_id"
            " WHERE {match:p.slug}",
        },
    )
    yield Field(
        "operator",
        Kind.TEXT,
        frozenset({Level.MEASUREMENT, Level.PROCESS}),
        "operator",
        direct={
            Level.MEASUREMENT: "SELECT s.id FROM measurements_measurement s"
            " JOIN accounts_user p ON p.id = s.operator_id WHERE {match:p.username}",
            Level.PROCESS: "SELECT s.id FROM samples_process s"
            " JOIN accounts_user p ON p.id = s.operator_id WHERE {match:p.username}",
        },
    )
