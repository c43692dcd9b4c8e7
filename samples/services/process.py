"""Recording what was done: a process with its inputs, ratio, thermal program and outputs, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts import writing
from accounts.access import require_write
from accounts.models import Project
from core import records
from core.fields import as_entered
from samples.models import Material, Process, ProcessInput, ProcessOutput, Sample, Term, ThermalStep
from samples.models.process import FRACTION_TOLERANCE
from samples.ratios import RatioError, parse_ratio


@dataclass(frozen=True)
class InputSpec:
    """One input: a sample or a bare material. Masses are texts with units or numbers in the canonical unit."""

    sample: Sample | None = None
    material: Material | None = None
    role: str = ProcessInput.Role.COMPONENT
    planned_mass: str | float | None = None
    actual_mass: str | float | None = None
    weight_fraction: float | None = None


@dataclass(frozen=True)
class OutputSpec:
    """One output: a sample that exists, or one that is made now and not saved yet."""

    sample: Sample
    role: str = ""
    mass: str | float | None = None


@dataclass(frozen=True)
class ThermalStepSpec:
    """One step of a thermal program; quantities as texts with units or numbers in the canonical unit."""

    target: str | float | None = None
    dwell: str | float | None = None
    ramp_rate: str | float | None = None
    atmosphere: Term | None = None
    pressure: str | float | None = None
    actual_target: str | float | None = None
    actual_dwell: str | float | None = None
    actual_ramp_rate: str | float | None = None


@transaction.atomic
def create_process(
    *,
    actor: Any,
    project: Project,
    kind: str,
    inputs: Sequence[InputSpec] = (),
    outputs: Sequence[OutputSpec] = (),
    thermal_steps: Sequence[ThermalStepSpec] = (),
    ratio: str = "",
    asks_fields: bool = True,
    **fields: Any,
) -> Process:
    """Records a process. Either all of it is stored or nothing.

    Args:
        actor: Who records it.
        project: Where it belongs.
        kind: Key of `Process.Kind`.
        inputs: What went in, in order.
        outputs: What came out; unsaved samples are stored with it. They are simulated if an input is.
        thermal_steps: The thermal program, in order.
        ratio: Weight ratio of the components in their order, `43:35:22`; sets their weight fractions.
        asks_fields: Whether it needs what the project requires; False where it comes with another record.
        **fields: Further fields of `Process`.

    Raises:
        PermissionDenied: The person may not write in this project.
        ValidationError: Something does not fit; the message names the field.
    """
    process = Process(project=project, kind=kind, ratio_text=ratio, **fields)
    process.asks_fields = asks_fields
    writing.create(process, actor=actor)
    _write_inputs(process, with_fractions(inputs, ratio), actor)
    _write_outputs(process, outputs, actor)
    _write_thermal_steps(process, thermal_steps, actor)
    return process


@transaction.atomic
def change_process(
    process: Process,
    *,
    actor: Any,
    expected_version: int | None = None,
    inputs: Sequence[InputSpec] | None = None,
    outputs: Sequence[OutputSpec] | None = None,
    thermal_steps: Sequence[ThermalStepSpec] | None = None,
    ratio: str | None = None,
    **changes: Any,
) -> Process:
    """Changes a process; a list that is given replaces the one that is stored.

    Raises:
        PermissionDenied: The person may not write in this project.
        StaleVersionError: Somebody else changed it meanwhile.
        ValidationError: Something does not fit; the message names the field.
    """
    if ratio is not None:
        changes["ratio_text"] = ratio
    process = writing.change(process, actor=actor, expected_version=expected_version, **changes)
    if inputs is None and ratio is not None:
        inputs = [_spec_of(row) for row in process.inputs.all()]
    if inputs is not None:
        process.inputs.all().delete()
        _write_inputs(process, with_fractions(inputs, process.ratio_text), actor)
    if outputs is not None:
        process.outputs.all().delete()
        _write_outputs(process, outputs, actor)
    if thermal_steps is not None:
        process.thermal_steps.all().delete()
        _write_thermal_steps(process, thermal_steps, actor)
    return process


def with_fractions(inputs: Sequence[InputSpec], ratio: str) -> list[InputSpec]:
    """The inputs with the weight fractions that a ratio gives their components.

    Raises:
        ValidationError: The ratio is malformed, has another number of parts, or given fractions do not add to one.
    """
    components = [spec for spec in inputs if spec.role == ProcessInput.Role.COMPONENT]
    if ratio:
        fractions = iter(_fractions(ratio, len(components)))
        return [
            InputSpec(**{**_fields(spec), "weight_fraction": next(fractions)}) if spec in components else spec
            for spec in inputs
        ]
    _check_given_fractions(components)
    return list(inputs)


def _fractions(ratio: str, components: int) -> Sequence[float]:
    try:
        parsed = parse_ratio(ratio)
    except RatioError as error:
        raise ValidationError({"ratio": str(error)}) from error
    if len(parsed.fractions) != components:
        raise ValidationError(
            {"ratio": f"The ratio {ratio} has {len(parsed.fractions)} parts, but there are {components} components."}
        )
    return [float(fraction) for fraction in parsed.fractions]


def _check_given_fractions(components: Sequence[InputSpec]) -> None:
    given = [spec.weight_fraction for spec in components if spec.weight_fraction is not None]
    if not given:
        return
    if len(given) < len(components):
        raise ValidationError(
            {"inputs": f"{len(given)} of {len(components)} components have a weight fraction; give all or none."}
        )
    if abs(sum(given) - 1) > FRACTION_TOLERANCE:
        raise ValidationError(
            {"inputs": f"The weight fractions add to {100 * sum(given):g} %, not 100 %. Check them, or enter a ratio."}
        )


def _write_inputs(process: Process, inputs: Sequence[InputSpec], actor: Any) -> None:
    for order, spec in enumerate(inputs):
        records.create(ProcessInput(process=process, order=order, **_fields(spec)), actor=actor)


def _write_outputs(process: Process, outputs: Sequence[OutputSpec], actor: Any) -> None:
    simulated = process.inputs.filter(sample__simulated=True).exists()
    for order, spec in enumerate(outputs):
        sample = spec.sample
        if sample._state.adding:
            sample.asks_fields = False
            sample.project = process.project
            sample.simulated = sample.simulated or simulated
            writing.create(sample, actor=actor)
        else:
            require_write(actor, sample)
            if simulated and not sample.simulated:
                sample = records.change(sample, simulated=True)
        records.create(
            ProcessOutput(process=process, order=order, sample=sample, role=spec.role, mass=spec.mass),
            actor=actor,
        )


def _write_thermal_steps(process: Process, steps: Sequence[ThermalStepSpec], actor: Any) -> None:
    for order, spec in enumerate(steps):
        records.create(ThermalStep(process=process, order=order, **_fields(spec)), actor=actor)


def _fields(spec: InputSpec | ThermalStepSpec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in spec.__dataclass_fields__}


def _spec_of(row: ProcessInput) -> InputSpec:
    return InputSpec(
        sample=row.sample,
        material=row.material,
        role=row.role,
        planned_mass=as_entered(row, "planned_mass"),
        actual_mass=as_entered(row, "actual_mass"),
    )
