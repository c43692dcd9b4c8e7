"""Building a cell: from samples by an assembly process, or from a configuration text where no samples are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import writing
from accounts.models import Project
from core import records
from core.fields import as_entered, refusal
from samples.configuration import Configuration, ConfigurationError, parse_configuration
from samples.models import Cell, CellLayer, LayerComponent, Material, Process, Sample, Term
from samples.selectors.composition import active_part, composition_of
from samples.selectors.configuration import layers_text
from samples.services.process import InputSpec, OutputSpec, create_process


@dataclass(frozen=True)
class LayerSpec:
    """One layer: a sample, or bare materials, or a sample with the materials to name in the configuration text.

    Attributes:
        role: Key of `CellLayer.Role`.
        sample: What was built in; becomes an input of the assembly process.
        materials: In the order of the configuration text; taken from the sample's composition where empty.
        morphology: Of the active powder, where no sample tells.
        thickness: Text with unit, or µm.
    """

    role: str
    sample: Sample | None = None
    materials: Sequence[Material] = field(default_factory=tuple)
    morphology: Term | None = None
    thickness: str | float | None = None


@transaction.atomic
def create_cell(
    *,
    actor: Any,
    project: Project,
    code: str,
    layers: Sequence[LayerSpec] = (),
    configuration: str = "",
    **fields: Any,
) -> Cell:
    """Records a cell with its layers and, where samples were built in, the assembly process.

    Args:
        actor: Who records it.
        project: Where it belongs.
        code: Its label.
        layers: From cathode to anode; or
        configuration: the text to make layers of. Its materials must exist. Both may be given if they say the same.
        **fields: Further fields of `Cell`. Without an active mass, it is cathode mass times active weight fraction.

    Raises:
        PermissionDenied: The person may not write in this project.
        ValidationError: Something does not fit; an unknown material is named and never invented.
    """
    _require_agreement(layers, configuration)
    layers = list(layers) or _layers_of(configuration)
    cell = Cell(project=project, code=code, kind=Sample.Kind.CELL, **fields)
    cell.simulated = cell.simulated or any(layer.sample.simulated for layer in layers if layer.sample)
    _fill_active_mass(cell, layers)
    writing.create(cell, actor=actor)
    _write_layers(cell, layers, actor)
    _assemble(cell, layers, actor)
    return cell


@transaction.atomic
def change_cell(
    cell: Cell,
    *,
    actor: Any,
    expected_version: int | None = None,
    layers: Sequence[LayerSpec] | None = None,
    configuration: str | None = None,
    **changes: Any,
) -> Cell:
    """Changes a cell; layers or a configuration text that are given replace what is stored; both must say the same.

    Raises:
        PermissionDenied: The person may not write in this project.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: Something does not fit.
    """
    _require_agreement(layers or (), configuration or "")
    changes |= _derived_mass(cell, changes)
    cell = writing.change(cell, actor=actor, expected_version=expected_version, **changes)
    if layers is None and configuration is not None:
        layers = _layers_of(configuration)
    if layers is not None:
        cell.layers.all().delete()
        _write_layers(cell, layers, actor)
        Process.objects.filter(kind=Process.Kind.CELL_ASSEMBLY, outputs__sample=cell).delete()
        _assemble(cell, layers, actor)
    return cell


def _derived_mass(cell: Cell, changes: dict[str, Any]) -> dict[str, float]:
    """The active mass that follows from a changed cathode, unless somebody entered the mass itself."""
    if "active_mass" in changes or not {"cathode_mass", "active_fraction"} & changes.keys():
        return {}
    if cell.active_mass is not None and as_entered(cell, "active_mass") != cell.active_mass:
        return {}
    after = Cell(cathode_mass=cell.cathode_mass, active_fraction=cell.active_fraction)
    for name in ("cathode_mass", "active_fraction"):
        if name in changes:
            setattr(after, name, changes[name])
    _fill_active_mass(after, ())
    return {} if after.active_mass is None else {"active_mass": after.active_mass}


def _require_agreement(layers: Sequence[LayerSpec], configuration: str) -> None:
    """Lets pass what is told in one way, or in two that say the same.

    Raises:
        ValidationError: Layers and text differ.
    """
    if not layers or not configuration:
        return
    try:
        written = layers_text(layers)
    except ConfigurationError:
        written = "something that the records do not tell"
    parsed, _ = _parsed(configuration)
    if str(parsed) != written:
        said = f"The layers read {written}, the text {parsed}. Change one of the two, not both."
        raise ValidationError({"configuration": refusal(said)})


def _parsed(configuration: str) -> tuple[Configuration, dict[str, Material]]:
    materials = {material.name: material for material in Material.objects.all()}
    try:
        return parse_configuration(configuration, materials.keys()), materials
    except ConfigurationError as error:
        raise ValidationError({"configuration": refusal(str(error))}) from error


def _layers_of(configuration: str) -> list[LayerSpec]:
    if not configuration:
        return []
    parsed, materials = _parsed(configuration)
    return [LayerSpec(layer.role, materials=[materials[name] for name in layer.materials]) for layer in parsed.layers]


def _write_layers(cell: Cell, layers: Sequence[LayerSpec], actor: Any) -> None:
    for order, spec in enumerate(layers):
        layer = CellLayer(cell=cell, order=order, role=spec.role, sample=spec.sample, thickness=spec.thickness)
        records.create(layer, actor=actor)
        parts = composition_of(spec.sample) if spec.sample else []
        morphologies = {part.material.pk: part.morphology for part in parts}
        active = active_part(parts)
        for place, material in enumerate(spec.materials or [part.material for part in parts]):
            told = (
                spec.morphology
                if (active is None and place == 0) or material == getattr(active, "material", None)
                else None
            )
            component = LayerComponent(
                layer=layer, order=place, material=material, morphology=told or morphologies.get(material.pk)
            )
            records.create(component, actor=actor)


def _assemble(cell: Cell, layers: Sequence[LayerSpec], actor: Any) -> None:
    inputs: dict[tuple[Any, str], InputSpec] = {}
    for layer in layers:
        if layer.sample is not None:
            inputs.setdefault((layer.sample.pk, layer.role), InputSpec(sample=layer.sample, role=layer.role))
    if inputs:
        create_process(
            actor=actor,
            project=cell.project,
            kind=Process.Kind.CELL_ASSEMBLY,
            asks_fields=False,
            inputs=list(inputs.values()),
            outputs=[OutputSpec(sample=Sample.objects.get(pk=cell.pk), role="cell")],
        )


def _fill_active_mass(cell: Cell, layers: Sequence[LayerSpec]) -> None:
    cathode = next((layer for layer in layers if layer.role == CellLayer.Role.CATHODE and layer.sample), None)
    if cell.active_fraction is None and cathode is not None:
        part = active_part(composition_of(cathode.sample))  # type: ignore[arg-type]
        cell.active_fraction = part.fraction if part else None
    if cell.active_mass is None and cell.cathode_mass is not None and cell.active_fraction is not None:
        cell.active_mass = cell.cathode_mass * cell.active_fraction
