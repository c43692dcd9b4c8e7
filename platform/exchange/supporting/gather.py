"""Finds what a Supporting Information shows: comparisons and measurements that the reader may see, with their sources.

A panel without data says why: nothing was measured, nothing could be read, or no kernel draws it yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, IntegerField, Q, Value, When

from accounts.models import Project
from analysis_tasks.kernels import KERNELS
from comparisons.models import Comparison
from comparisons.selectors import comparison_table
from comparisons.table import ComparisonTable
from core.withdrawal import standing
from exchange.supporting.plan import PLAN, SUBJECTS, FigurePlan, PanelPlan, named_figure
from measurements.models import Measurement, Technique
from pages import figures

MOST_PANELS = 8
"""Panels of one figure; what is left out is counted."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class SourceFile:
    """A raw file behind a panel."""

    id: UUID
    name: str
    sha256: str


@dataclass(frozen=True)
class Panel:
    """One panel that is drawn.

    Attributes:
        letter: Of the figure.
        measurement: What was measured.
        drawn: Figure and run.
        files: Raw files the run rests on.
    """

    letter: str
    measurement: Measurement
    drawn: figures.Available
    files: tuple[SourceFile, ...]

    @property
    def title(self) -> str:
        """What it shows, of which sample."""
        return f"{self.drawn.kind.title} of {self.measurement.sample.code}"

    @property
    def simulated(self) -> bool:
        """Whether the data come from a model."""
        return self.measurement.simulated or self.measurement.sample.simulated


@dataclass(frozen=True)
class Figure:
    """A figure of the document.

    Attributes:
        plan: Number and title.
        panels: What could be drawn.
        missing: What could not, each with the reason, as sentences.
    """

    plan: FigurePlan
    panels: tuple[Panel, ...]
    missing: tuple[str, ...]

    @property
    def label(self) -> str:
        """`Fig. S7`."""
        return f"Fig. {self.plan.label}"


@dataclass(frozen=True)
class DocumentTable:
    """A comparison as a table of the document."""

    label: str
    comparison: Comparison
    table: ComparisonTable

    @property
    def caption(self) -> str:
        """The comparison's own title, unless that is its number, and its caption."""
        title = "" if self.table.title.casefold() == self.label.casefold() else f"{self.table.title}. "
        return f"{title}{self.table.caption}"


@dataclass(frozen=True)
class Document:
    """A Supporting Information."""

    project: Project
    tables: tuple[DocumentTable, ...]
    figures: tuple[Figure, ...]

    @property
    def title(self) -> str:
        """Its heading."""
        return f"Supporting Information: {self.project.name}"


def supporting_information(project: Project, user: Any) -> Document:
    """The document as this person may see it."""
    claimed = _claimed(project, user)
    made = [_figure(plan, claimed[plan.number]) for plan in PLAN]
    return Document(project, tuple(_tables(project, user)), tuple(made))


def _tables(project: Project, user: Any) -> list[DocumentTable]:
    """Comparisons of the project, those that are called a table first and in the order of their titles."""
    is_table = Case(When(title__istartswith="table", then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = standing(Comparison.objects.visible_to(user)).filter(project=project).order_by(is_table, "title", "pk")
    return [
        DocumentTable(f"Table S{number}", comparison, comparison_table(comparison, user))
        for number, comparison in enumerate(rows, start=1)
    ]


def _claimed(project: Project, user: Any) -> dict[int, list[tuple[str, PanelPlan, Measurement]]]:
    """The measurements of each figure: those whose note names it, with their letter, then those the plan asks for."""
    rows = list(
        standing(Measurement.objects.visible_to(user))
        .filter(sample__project=project, datasets__isnull=False)
        .select_related("sample__material", "sample__project", "instrument")
        .order_by("sample__code", "measured_at", "created_at")
        .distinct()
    )
    suits = {name: set(_suiting(rows, condition)) for name, condition in SUBJECTS.items()}
    claimed: dict[int, list[tuple[str, PanelPlan, Measurement]]] = defaultdict(list)
    for measurement in rows:
        place = _place(measurement, suits)
        if place is not None:
            number, letter, panel = place
            claimed[number].append((letter, panel, measurement))
    for entries in claimed.values():
        entries.sort(key=lambda entry: entry[0] or "zz")
    return claimed


def _suiting(rows: Sequence[Measurement], condition: Q) -> Any:
    return Measurement.objects.filter(condition, pk__in=[row.pk for row in rows]).values_list("pk", flat=True)


def _place(measurement: Measurement, suits: dict[str, set[UUID]]) -> tuple[int, str, PanelPlan] | None:
    """Figure, letter and panel of a measurement; None where no figure shows its technique.

    Its own note decides first; the note of its sample where that figure shows the technique; else the plan.
    """
    by_note = named_figure(measurement.note)
    by_sample = named_figure(measurement.sample.note)
    for named in (by_note, by_sample):
        plan = next((plan for plan in PLAN if named is not None and plan.number == named[0]), None)
        if plan is None or named is None:
            continue
        panel = next((panel for panel in plan.panels if panel.technique == measurement.technique), None)
        if panel is not None or named is by_note:
            return plan.number, named[1], panel or _as_named(measurement)
    for plan in PLAN:
        for panel in plan.panels:
            if panel.technique == measurement.technique and measurement.pk in suits[panel.subject]:
                return plan.number, "", panel
    return None


def _as_named(measurement: Measurement) -> PanelPlan:
    return PanelPlan(measurement.get_technique_display(), measurement.technique, "any sample")


def _figure(plan: FigurePlan, claimed: list[tuple[str, PanelPlan, Measurement]]) -> Figure:
    drawn: list[tuple[Measurement, figures.Available, tuple[SourceFile, ...]]] = []
    missing: list[str] = []
    for _, panel, measurement in claimed[:MOST_PANELS]:
        found = _drawn(panel, measurement)
        if found is None:
            missing.append(_undrawn(panel, measurement))
        else:
            drawn.append((measurement, found, _files(found)))
    # What a comparison of several files draws (before and after cycling) needs no panel of its own.
    whole = [set(files) for *_, files in drawn]
    kept = [entry for entry in drawn if not any(set(entry[2]) < other for other in whole)]
    panels = [Panel(letter, *entry) for letter, entry in zip(_LETTERS, kept, strict=False)]
    if len(claimed) > MOST_PANELS:
        missing.append(f"{len(claimed) - MOST_PANELS} more measurements of this kind are not shown.")
    shown = {panel for _, panel, _ in claimed}
    missing += [_unmeasured(panel) for panel in plan.panels if panel not in shown]
    return Figure(plan, tuple(panels), tuple(missing))


def _drawn(panel: PanelPlan, measurement: Measurement) -> figures.Available | None:
    found = {one.kind.key: one for one in figures.available(measurement)}
    for key in panel.figures:
        if key in found:
            return found[key]
    return next(iter(found.values()), None)


def _files(drawn: figures.Available) -> tuple[SourceFile, ...]:
    files = (entry.dataset.file for entry in drawn.run.inputs.all())
    return tuple(SourceFile(file.pk, file.name, file.blob.sha256) for file in files)


def _undrawn(panel: PanelPlan, measurement: Measurement) -> str:
    """Why a measurement that is there is not drawn."""
    what = f"{panel.shows.capitalize()} of {measurement.sample.code}"
    if not _has_kernel(panel.technique):
        return f"{what}: the data are stored, but this site has no kernel for {_words(panel.technique)} yet."
    return f"{what}: the data are stored, but none of their current runs gives a figure."


def _unmeasured(panel: PanelPlan) -> str:
    """That nothing was measured, and whether it could be analysed."""
    article = "an" if panel.subject[0] in "aeiou" else "a"
    subject = "" if panel.subject == "any sample" else f" of {article} {panel.subject}"
    kernel = "" if _has_kernel(panel.technique) else " This site has no kernel for it yet."
    what = panel.shows[0].upper() + panel.shows[1:]
    return f"{what}: the project holds no {_words(panel.technique)}{subject}.{kernel}"


def _has_kernel(technique: str) -> bool:
    return any(technique in kernel.techniques for kernel in KERNELS)


def _words(technique: str) -> str:
    return str(Technique(technique).label)
