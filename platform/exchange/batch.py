"""A series planned in one go: ratios, or a grid of ratio, temperature and time, as samples and processes.

Each ratio is mixed once; each mixture is heated at each temperature for each time. What is written is the plan: planned
masses and a planned thermal program, beside which people record what was done. All of it is written, or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.access import require_edit
from accounts.models import Project
from core.audit import acting
from core.quantities import QuantityError, parse
from samples.models import Material, Process, Sample
from samples.ratios import RatioError, parse_ratio
from samples.services import InputSpec, OutputSpec, ThermalStepSpec, create_process

MOST: Final = 200
"""Processes of one batch."""
_BETWEEN: Final = re.compile(r"[\n;]+|,\s+")
_PLACES: Final = frozenset({"ratio", "temperature", "time", "n"})
_UNFIT: Final = re.compile(r"[\s/?#]+")


@dataclass(frozen=True)
class BatchRow:
    """One product that is planned; temperature and time are empty where nothing is heated."""

    ratio: str
    temperature: str = ""
    time: str = ""
    code: str = ""


@dataclass(frozen=True)
class Batch:
    """What a person asks for.

    Attributes:
        project: Where it all belongs.
        components: Codes of samples or names of materials, in the order of the ratios.
        rows: What is planned.
        mixture_code, product_code: Patterns of codes with {ratio}, {temperature}, {time} and {n}.
        product_kind: Of the heated samples, or of the mixtures where nothing is heated.
        heating: Kind of the process that heats.
        total_mass: Of each mixture, with its unit; gives planned masses. Empty: none.
    """

    project: Project
    components: Sequence[str]
    rows: Sequence[BatchRow]
    mixture_code: str = "MIX-{ratio}"
    product_code: str = "CC-{ratio}-{temperature}-{time}"
    product_kind: str = Sample.Kind.COMPOSITE_CATHODE
    heating: str = Process.Kind.CO_SINTERING
    total_mass: str = ""


@dataclass
class Line:
    """What became of a row, or would.

    Attributes:
        row: As asked for.
        fractions: Weight fractions of the components.
        mixture, product: Codes; the product's is empty where nothing is heated.
        problems: What is wrong, as sentences.
    """

    row: BatchRow
    fractions: tuple[float, ...] = ()
    mixture: str = ""
    product: str = ""
    problems: list[str] = field(default_factory=list)


class WrongBatch(ValueError):
    """Some lines are wrong, so that nothing was written."""

    def __init__(self, lines: list[Line]) -> None:
        self.lines = lines
        wrong = [f"{line.row.ratio}: {' '.join(line.problems)}" for line in lines if line.problems]
        super().__init__(f"{len(wrong)} of {len(lines)} lines are wrong, so nothing was made. {' '.join(wrong[:5])}")


def listed(text: str) -> list[str]:
    """The entries of a list as people type or paste it: one to a line, or with semicolons or commas between.

    A comma without a space parts ratios (`43:35:22,45:40:15`), but not a number (`43,5:34,5:22`).
    """
    entries: list[str] = []
    for piece in _BETWEEN.split(text.replace("\r", "")):
        parts = piece.split(",")
        entries += parts if all(":" in part for part in parts) else [piece]
    return [entry.strip() for entry in entries if entry.strip()]


def rows_of(ratios: str, temperatures: str = "", times: str = "") -> list[BatchRow]:
    """The grid of three lists; or the rows of a pasted table: ratio, temperature, time and code in columns."""
    if "\t" in ratios:
        lines = [[cell.strip() for cell in line.split("\t")] for line in ratios.splitlines() if line.strip()]
        return [BatchRow(*[*cells, "", "", "", ""][:4]) for cells in lines]
    grid = product(listed(ratios), listed(temperatures) or [""], listed(times) or [""])
    return [BatchRow(*entries) for entries in grid]


def plan_batch(batch: Batch, *, actor: Any) -> list[Line]:
    """What making it would give, each line with what is wrong. Nothing is stored."""
    with transaction.atomic():
        lines = _written(batch, actor)
        transaction.set_rollback(True)
    return lines


@transaction.atomic
def make_batch(batch: Batch, *, actor: Any) -> list[Line]:
    """Makes samples and processes of all lines.

    Raises:
        PermissionDenied: The person may not write in the project.
        WrongBatch: A line is wrong.
        ValidationError: A component does not exist, or a pattern is no pattern.
    """
    with acting(reason=f"Batch of {len(batch.rows)}"):
        lines = _written(batch, actor)
    if any(line.problems for line in lines):
        raise WrongBatch(lines)
    return lines


def _written(batch: Batch, actor: Any) -> list[Line]:
    require_edit(actor, batch.project)
    if not batch.rows:
        raise ValidationError({"ratios": "Write at least one ratio, such as 43:35:22."})
    if len(batch.rows) > MOST:
        raise ValidationError({"ratios": f"These are {len(batch.rows)} combinations; one batch takes {MOST}."})
    for name in ("mixture_code", "product_code"):
        _check_pattern(name, getattr(batch, name))
    inputs = [_component(name, batch.project, actor) for name in batch.components]
    mixtures: dict[str, Sample] = {}
    lines = []
    for number, row in enumerate(batch.rows, start=1):
        line = Line(row)
        lines.append(line)
        try:
            with transaction.atomic():
                _write_line(batch, line, number, inputs, mixtures, actor)
        except ValidationError as error:
            line.problems += error.messages
        except (RatioError, QuantityError) as error:
            line.problems.append(str(error))
    return lines


def _write_line(
    batch: Batch, line: Line, number: int, inputs: list[InputSpec], mixtures: dict[str, Sample], actor: Any
) -> None:
    row = line.row
    line.fractions = parse_ratio(row.ratio).fractions
    heated = bool(row.temperature or row.time)
    line.mixture = _code(batch.mixture_code if heated else row.code or batch.mixture_code, row, number)
    line.product = row.code or _code(batch.product_code, row, number) if heated else ""
    mixture = mixtures.get(row.ratio)
    if mixture is None:
        kind = Sample.Kind.MIXTURE if heated else batch.product_kind
        mixture = Sample(code=line.mixture, kind=kind, status=Sample.Status.PLANNED)
        create_process(
            actor=actor,
            project=batch.project,
            asks_fields=False,
            kind=Process.Kind.MIXING,
            ratio=row.ratio,
            inputs=_weighed(inputs, line.fractions, batch.total_mass),
            outputs=[OutputSpec(mixture)],
        )
        mixtures[row.ratio] = mixture
    elif not heated:
        raise ValidationError(f"The ratio {row.ratio} stands in the list twice.")
    line.mixture = mixture.code
    if heated:
        create_process(
            actor=actor,
            project=batch.project,
            asks_fields=False,
            kind=batch.heating,
            inputs=[InputSpec(sample=mixture, role="precursor")],
            outputs=[OutputSpec(Sample(code=line.product, kind=batch.product_kind, status=Sample.Status.PLANNED))],
            thermal_steps=[
                ThermalStepSpec(target=_with_unit(row.temperature, "degC"), dwell=_with_unit(row.time, "h"))
            ],
        )


def _weighed(inputs: list[InputSpec], fractions: Sequence[float], total: str) -> list[InputSpec]:
    """The components with their planned masses, each with four digits in the unit of the total."""
    if not total or len(inputs) != len(fractions):
        return inputs
    whole = parse(total, "g", what="total mass").value
    return [
        InputSpec(sample=spec.sample, material=spec.material, planned_mass=f"{whole * part:.4g} g")
        for spec, part in zip(inputs, fractions, strict=True)
    ]


def _component(name: str, project: Project, actor: Any) -> InputSpec:
    """A sample of that code, else the material of that name.

    Raises:
        ValidationError: There is neither.
    """
    sample = Sample.objects.visible_to(actor).filter(project=project, code__iexact=name).first()
    if sample is not None:
        return InputSpec(sample=sample)
    material = Material.objects.filter(name__iexact=name).first()
    if material is None:
        said = f"{project} has no sample {name}, and there is no material of that name. Check the spelling."
        raise ValidationError({"components": said})
    return InputSpec(material=material)


def _check_pattern(name: str, pattern: str) -> None:
    unknown = sorted(set(re.findall(r"\{([^{}]*)\}", pattern)) - _PLACES)
    if unknown or pattern.count("{") != pattern.count("}"):
        known = ", ".join(f"{{{place}}}" for place in sorted(_PLACES))
        raise ValidationError({name: f"{pattern} is no pattern: between braces stand {known}."})


def _code(pattern: str, row: BatchRow, number: int) -> str:
    """A code by a pattern: `CC-{ratio}-{temperature}-{time}` gives `CC-43-35-22-700-1`."""
    words = {
        "ratio": re.sub(r"[^0-9.]+", "-", row.ratio).strip("-"),
        "temperature": _number_of(row.temperature),
        "time": _number_of(row.time),
        "n": f"{number:03}",
    }
    made = re.sub(r"\{(\w+)\}", lambda found: words[found[1]], pattern)
    return _UNFIT.sub("-", re.sub(r"-{2,}", "-", made)).strip("-")


def _number_of(text: str) -> str:
    found = re.match(r"\s*([0-9]+(?:[.,][0-9]+)?)", text)
    return found[1].replace(",", ".") if found else ""


def _with_unit(text: str, unit: str) -> str | None:
    """A plain number with the unit that people mean: °C, h."""
    if not text:
        return None
    return f"{text} {unit}" if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", text) else text


__all__ = ["Batch", "BatchRow", "Line", "WrongBatch", "listed", "make_batch", "plan_batch", "rows_of"]
