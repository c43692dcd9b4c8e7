"""Edges of fixed depth: from materials to samples, from samples over measurements, files and runs to comparisons.

Each relation gives the edges at one end of records that have been reached. Those records are visible; what lies at the
other end is asked for through `visible_to`, so that nothing closed is ever walked through.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from analysis_tasks.models import AnalysisRun, Result, RunContext, RunInput, RunSource
from comparisons.columns import Column, RowFacts, column
from comparisons.definition import spec_of
from comparisons.models import ComparisonRow
from comparisons.selectors import row_facts
from measurements.models import Dataset, Measurement, RawFile
from provenance.graph import Edge, Kind, Side
from provenance.selectors.scope import Scope
from provenance.selectors.walk import input_mass
from samples.models import Cell, LayerComponent, Process, ProcessInput, Sample

Find = Callable[[set[str], Side, Scope], list[Edge]]


@dataclass(frozen=True)
class Relation:
    """Edges from one kind of record to another."""

    source: Kind
    target: Kind
    find: Find


@dataclass(frozen=True)
class Source:
    """Where numbers come from: those of one source stand together in one node.

    Attributes:
        run: Key of the run that computed them, empty where there is none.
        measurement: Key of the measurement they belong to, empty where there is none.
        subject: Key of the sample they are about.
        publication: Key of the publication that reports them, empty where there is none.
        person: Key of the person who entered them, empty where nobody did.
        result: Key of the number, where it stands alone.
    """

    run: str
    measurement: str
    subject: str
    publication: str
    person: str
    result: str = ""

    @property
    def key(self) -> str:
        """Id of the node."""
        if self.result:
            return self.result
        if self.run:
            return f"results-{self.run}"
        return f"results-{self.measurement or self.subject}-{self.publication or self.person}"


def source_of(result: Any, *, each: bool) -> Source:
    """The source of a number, or the number itself."""
    return Source(
        _text(result.run_id),
        _text(result.measurement_id),
        _text(result.subject_id),
        _text(result.publication_id),
        _text(result.person_id),
        str(result.pk) if each else "",
    )


def _text(key: Any) -> str:
    return "" if key is None else str(key)


# -- data -----------------------------------------------------------------------------------------------------------


def _between(rows: Any, source: str, target: str, ids: set[str], side: Side, scope: Scope, *more: str) -> list[Any]:
    """Pairs of keys (and further columns) of the rows that touch these records."""
    end = source if side == "down" else target
    return list(rows.filter(**{f"{end}__in": ids}).order_by().values_list(source, target, *more)[: scope.limit + 1])


def _material_sample(ids: set[str], side: Side, scope: Scope) -> list[Edge]:
    rows = Sample.objects.visible_to(scope.user).filter(material__isnull=False)
    return [Edge(str(a), str(b), "material") for a, b in _between(rows, "material", "pk", ids, side, scope)]


def _material_process(ids: set[str], side: Side, scope: Scope) -> list[Edge]:
    visible = Process.objects.visible_to(scope.user)
    end = "material" if side == "down" else "process"
    rows = ProcessInput.objects.filter(material__isnull=False, process__in=visible).filter(**{f"{end}__in": ids})
    return [
        Edge(str(row.material_id), str(row.process_id), row.role, row.weight_fraction, input_mass(row))
        for row in rows.order_by("process", "order")[: scope.limit + 1]
    ]


def _material_cell(ids: set[str], side: Side, scope: Scope) -> list[Edge]:
    rows = LayerComponent.objects.filter(
        layer__sample__isnull=True, layer__cell__in=Cell.objects.visible_to(scope.user)
    )
    found = _between(rows, "material", "layer__cell", ids, side, scope, "layer__role")
    return [Edge(str(a), str(b), role) for a, b, role in found]


def _sample_measurement(ids: set[str], side: Side, scope: Scope) -> list[Edge]:
    rows = Measurement.objects.visible_to(scope.user)
    return [Edge(str(a), str(b), "measured") for a, b in _between(rows, "sample", "pk", ids, side, scope)]


def _publication_measurement(ids: set[str], side: Side, scope: Scope) -> list[Edge]:
    rows = Measurement.objects.visible_to(scope.user).filter(publication__isnull=False)
    found = _between(rows, "publication", "pk", ids, side, scope, "locator")
    return [Edge(str(a), str(b), "reported", detail=locator) for a, b, locator in found]


def _measurement_file(ids: set[str], side: Side, scope: Scope) -> list[Edge]:
    rows = RawFile.objects.visible_to(scope.user)
    return [Edge(str(a), str(b), "recorded") for a, b in _between(rows, "measurement", "pk", ids, side, scope)]


def _file_dataset(ids: set[str], side: Side, scope: Scope) -> list[Edge]:
    rows = Dataset.objects.visible_to(scope.user)
    return [Edge(str(a), str(b), "read") for a, b in _between(rows, "file", "pk", ids, side, scope)]


def _visible_runs(scope: Scope) -> QuerySet[AnalysisRun]:
    """Runs that stand for themselves; one that verifies another gives no numbers of its own."""
    return AnalysisRun.objects.visible_to(scope.user).filter(verifies__isnull=True).order_by()


def _dataset_run(ids: set[str], side: Side, scope: Scope) -> list[Edge]:
    visible = Dataset.objects.visible_to(scope.user).order_by()
    rows = RunInput.objects.filter(run__in=_visible_runs(scope), dataset__in=visible)
    found = _between(rows, "dataset", "run", ids, side, scope, "role")
    return [Edge(str(a), str(b), role) for a, b, role in found]


def _run_run(ids: set[str], side: Side, scope: Scope) -> list[Edge]:
    """Runs whose results other runs read: of a cell beside this one."""
    visible = _visible_runs(scope)
    rows = RunSource.objects.filter(run__in=visible, source__in=visible)
    found = _between(rows, "source", "run", ids, side, scope, "role")
    return [Edge(str(a), str(b), "results read", detail=role) for a, b, role in found]


_READ_MODELS = {
    Kind.MATERIAL: ("samples.material",),
    Kind.SAMPLE: ("samples.sample", "samples.cell"),
    Kind.MEASUREMENT: ("measurements.measurement", "measurements.celltest"),
}


def _reads(kind: Kind) -> Find:
    """Runs that read values of records of this kind, each record once with the names of what was read."""
    models = list(_READ_MODELS[kind])

    def _find(ids: set[str], side: Side, scope: Scope) -> list[Edge]:
        rows = RunContext.objects.filter(run__in=_visible_runs(scope), record__in=models)
        fields: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for record, run, field, value in _between(rows, "record_id", "run", ids, side, scope, "field", "value"):
            if value is not None and value != "":
                fields[str(record), str(run)][field.replace("_", " ")] = None
        return [
            Edge(a, b, "value read", detail=", ".join(sorted(names)), read=True) for (a, b), names in fields.items()
        ]

    return _find


RELATIONS = (
    Relation(Kind.RUN, Kind.RUN, _run_run),  # first, so that the datasets of the runs that were read are found, too
    Relation(Kind.MATERIAL, Kind.SAMPLE, _material_sample),
    Relation(Kind.MATERIAL, Kind.PROCESS, _material_process),
    Relation(Kind.MATERIAL, Kind.SAMPLE, _material_cell),
    Relation(Kind.SAMPLE, Kind.MEASUREMENT, _sample_measurement),
    Relation(Kind.PUBLICATION, Kind.MEASUREMENT, _publication_measurement),
    Relation(Kind.MEASUREMENT, Kind.FILE, _measurement_file),
    Relation(Kind.FILE, Kind.DATASET, _file_dataset),
    Relation(Kind.DATASET, Kind.RUN, _dataset_run),
    *(Relation(kind, Kind.RUN, _reads(kind)) for kind in _READ_MODELS),
)
"""All edges but those of processes, results and comparisons. Cells are among the samples here."""


# -- results --------------------------------------------------------------------------------------------------------

_SOURCE_COLUMNS = ("run_id", "measurement_id", "subject_id", "publication_id", "person_id")


def sources_from(reached: dict[Kind, set[str]], scope: Scope) -> list[Source]:
    """Sources of the numbers that runs, publications, measurements and samples that were reached give."""
    entered = Result.objects.filter(run__isnull=True)
    questions = (
        Result.objects.filter(run__in=reached[Kind.RUN]),
        entered.filter(publication__in=reached[Kind.PUBLICATION]),
        entered.filter(measurement__in=reached[Kind.MEASUREMENT]),
        entered.filter(measurement__isnull=True, subject__in=reached[Kind.SAMPLE]),
    )
    visible = Sample.objects.visible_to(scope.user).order_by()
    columns = (*_SOURCE_COLUMNS, "pk") if scope.each else _SOURCE_COLUMNS
    found: dict[Source, None] = {}
    for rows in questions:
        mine = rows if scope.projects is None else rows.filter(subject__in=visible)
        for row in mine.order_by().values_list(*columns).distinct()[: scope.limit + 1]:
            found[Source(*map(_text, row))] = None
    return list(found)


def edges_to(source: Source) -> list[tuple[Kind, Edge]]:
    """What the numbers of a source come from, each edge with the kind of record at its beginning."""
    if source.run:
        return [(Kind.RUN, Edge(source.run, source.key, "computed"))]
    role = "entered for" if source.person else "about"
    about = (Kind.MEASUREMENT, source.measurement) if source.measurement else (Kind.SAMPLE, source.subject)
    edges = [(about[0], Edge(about[1], source.key, role))]
    if source.publication:
        edges.insert(0, (Kind.PUBLICATION, Edge(source.publication, source.key, "reported")))
    return edges


# -- comparisons ----------------------------------------------------------------------------------------------------


def comparison_edges(rows: QuerySet[ComparisonRow], scope: Scope) -> tuple[list[Edge], dict[str, Source]]:
    """What comparisons show: an edge from each row's cell or sample, and one from each source of a number in the row.

    Returns:
        The edges, and the sources by the id of their node.
    """
    shown = list(
        rows.filter(subject__in=Sample.objects.visible_to(scope.user).order_by())
        .select_related("comparison")
        .order_by("comparison", "position")[: scope.limit + 1]
    )
    texts = sorted({text for row in shown for text in row.comparison.columns})
    columns = {text: column(text) for text in texts}
    facts = row_facts([spec_of(row) for row in shown], texts, scope.user) if shown else ()
    edges: dict[Edge, None] = {}
    sources: dict[str, Source] = {}
    for row, known in zip(shown, facts, strict=True):
        comparison = str(row.comparison_id)
        edges[Edge(str(row.subject_id), comparison, "row")] = None
        for result in _shown_results(known, [columns[text] for text in row.comparison.columns]):
            source = source_of(result, each=scope.each)
            sources[source.key] = source
            edges[Edge(source.key, comparison, "number")] = None
    return list(edges), sources


def _shown_results(known: RowFacts, columns: Iterable[Column]) -> list[Result]:
    """Results behind the numbers of a row; what only stands in for a fact nobody wrote down is none of them."""
    measured = (result for results in known.measured.values() for result in results.values())
    stored = {result.pk: result for result in (*known.results.values(), *measured)}
    cells = (one.fill(known) for one in columns)
    return [stored[key] for cell in cells for key in cell.results if key in stored]
