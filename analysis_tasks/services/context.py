"""Which record values a kernel reads, found by the names its parameters give as their source.

The values are frozen into the run before it starts, with the record and field they came from, so that a later edit
finds exactly the runs that it makes stale.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models

from analysis_tasks.kernels.base import Kernel, ParameterValue
from analysis_tasks.kernels.parameters import ParameterError, freeze
from core.quantities import QuantityError, parse
from core.rates import parse_rate
from measurements.models import CellTest, Measurement
from samples.models import Cell, Material
from samples.selectors import active_part, composition_of


@dataclass(frozen=True)
class Read:
    """A value read from a record.

    Attributes:
        parameter: Key of the parameter it sets.
        record, field: Where it was read.
        stored: What the field holds, to notice when it changes.
        value: What the parameter gets: the same, or a part of it (the 1C convention of a rate).
    """

    parameter: str
    record: models.Model
    field: str
    stored: ParameterValue
    value: ParameterValue


@dataclass(frozen=True)
class Subject:
    """The records around a measurement that kernels may read."""

    measurement: Measurement
    cell: Cell | None
    test: CellTest | None
    material: Material | None


def subject_of(measurement: Measurement) -> Subject:
    """The cell, its test and its active material, as far as they exist."""
    cell = Cell.objects.filter(pk=measurement.sample_id).first()
    test = CellTest.objects.filter(pk=measurement.pk).first()
    return Subject(measurement, cell, test, active_material(cell) if cell else None)


def active_material(cell: Cell) -> Material | None:
    """The active material of the cathode: of its sample's recipe, else the first in its layer with a capacity."""
    cathode = cell.layers.filter(role="cathode").select_related("sample").first()
    if cathode is None:
        return None
    if cathode.sample is not None:
        part = active_part(composition_of(cathode.sample))
        if part is not None:
            return part.material
    materials = [component.material for component in cathode.components.select_related("material")]
    return next((m for m in materials if m.theoretical_capacity is not None), materials[0] if materials else None)


def _one_c(rate: ParameterValue) -> ParameterValue:
    """The 1C convention that a rate's text states."""
    return parse_rate(rate).one_c if isinstance(rate, str) and rate else None


_SOURCES: dict[str, tuple[str, str]] = {
    "cell.active_mass": ("cell", "active_mass"),
    "cell.active_mass_uncertainty": ("cell", "active_mass_uncertainty"),
    "cell.electrode_area": ("cell", "electrode_area"),
    "cell.thickness": ("cell", "thickness"),
    "cell.cell_type": ("cell", "cell_type"),
    "material.theoretical_capacity": ("material", "theoretical_capacity"),
    "test.lower_cutoff_voltage": ("test", "lower_voltage"),
    "test.upper_cutoff_voltage": ("test", "upper_voltage"),
    "test.cycle_offset": ("test", "cycle_offset"),
    "test.one_c": ("test", "rate"),
}
"""Record (an attribute of `Subject`) and field behind each source that a parameter may name."""

_PARTS: dict[str, Callable[[ParameterValue], ParameterValue]] = {"test.one_c": _one_c}
"""How a parameter's value is taken out of a field that says more."""


def read_context(kernel: Kernel, subject: Subject) -> list[Read]:
    """The record values that a kernel's parameters name, one for each record that exists."""
    found = []
    for parameter in kernel.parameters:
        if not parameter.source:
            continue
        kind, name = _SOURCES[parameter.source]
        record: models.Model | None = getattr(subject, kind)
        if record is not None:
            stored = getattr(record, name)
            part = _PARTS.get(parameter.source)
            found.append(Read(parameter.key, record, name, stored, part(stored) if part else stored))
    return found


def frozen_parameters(kernel: Kernel, given: dict[str, Any], reads: list[Read]) -> dict[str, ParameterValue]:
    """All parameters of a run: what a person gave, else what the records say, else the default.

    Args:
        kernel: Whose parameters they are.
        given: By key; a number may be a text with any fitting unit (`2.10 mg`).
        reads: What the records say.

    Raises:
        ParameterError: A parameter is unknown, or its value does not fit; the message names it.
    """
    values = {read.parameter: None if read.value == "" else read.value for read in reads}
    units = {parameter.key: parameter.unit for parameter in kernel.parameters}
    for key, value in given.items():
        if value is not None:
            values[key] = _number(key, value, units[key]) if units.get(key) and isinstance(value, str) else value
    return freeze(kernel, values)


def _number(key: str, text: str, unit: str) -> float:
    try:
        return parse(text, unit, what=key).value
    except QuantityError as error:
        raise ParameterError(str(error)) from error
