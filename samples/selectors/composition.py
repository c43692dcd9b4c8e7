"""What a sample consists of, by weight, as far as its processes tell."""

from __future__ import annotations

from dataclasses import dataclass

from samples.models import Material, ProcessInput, Sample, Term

_KEEPS_COMPOSITION = (ProcessInput.Role.COMPONENT, ProcessInput.Role.PRECURSOR)


@dataclass(frozen=True)
class Part:
    """One material of a sample.

    Attributes:
        material: The substance.
        fraction: Weight fraction, None where a process does not state its ratio.
        morphology: Of the powder it came from, where recorded.
        source: The sample of that pure substance, None for a bare material.
    """

    material: Material
    fraction: float | None
    morphology: Term | None = None
    source: Sample | None = None


def composition_of(sample: Sample, *, _depth: int = 20) -> list[Part]:
    """Materials of a sample in the order of its recipe, with weight fractions multiplied along its processes.

    A process is taken to keep the composition (co-sintering does, calcination does not know): what it says of the
    product is what went in. An empty list means that the records do not tell.
    """
    if sample.material is not None:
        return [Part(sample.material, 1.0, sample.morphology, sample)]
    if _depth == 0:
        return []
    inputs = (
        ProcessInput.objects.filter(process__outputs__sample=sample, role__in=_KEEPS_COMPOSITION)
        .select_related("sample__material", "sample__morphology", "material")
        .order_by("order")
    )
    parts: list[Part] = []
    rows = list(inputs)
    for row in rows:
        fraction = 1.0 if len(rows) == 1 else row.weight_fraction
        inner = [Part(row.material, 1.0)] if row.material is not None else composition_of(row.sample, _depth=_depth - 1)
        parts += [_scaled(part, fraction) for part in inner]
    return _merged(parts)


def active_part(parts: list[Part]) -> Part | None:
    """The active material: the first with a theoretical capacity, else the first of all."""
    return next(
        (part for part in parts if part.material.theoretical_capacity is not None),
        parts[0] if parts else None,
    )


def _scaled(part: Part, fraction: float | None) -> Part:
    known = fraction is not None and part.fraction is not None
    return Part(part.material, fraction * part.fraction if known else None, part.morphology, part.source)  # type: ignore[operator]


def _merged(parts: list[Part]) -> list[Part]:
    merged: dict[object, Part] = {}
    for part in parts:
        before = merged.get(part.material.pk)
        if before is None:
            merged[part.material.pk] = part
            continue
        known = before.fraction is not None and part.fraction is not None
        total = before.fraction + part.fraction if known else None  # type: ignore[operator]
        merged[part.material.pk] = Part(part.material, total, before.morphology or part.morphology, before.source)
    return list(merged.values())
