"""Filling a comparison: cells, tests and results of all rows are fetched together, then each column reads them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from analysis_tasks.models import AnalysisRun, Result, Slot
from comparisons.arranging import arranged
from comparisons.column_text import read_column
from comparisons.columns import Ancestry, Column, RowFacts, column
from comparisons.definition import Definition, RowSpec, definition_of
from comparisons.models import Comparison
from comparisons.selectors.ancestry import ancestries
from comparisons.state import TableState
from comparisons.table import ComparisonTable, TableRow
from comparisons.warnings import row_warnings, table_warnings
from core.withdrawal import standing, with_withdrawal
from measurements.models import CellTest, Measurement
from samples.models import Cell, CellLayer, LayerComponent

_ALSO_READ = (
    "lower_cutoff_voltage",
    "upper_cutoff_voltage",
    "specific_current",
    "areal_current_density",
    "cycle_count",
)

_OF_RUNS = ("warnings", "release__name", "release__version")
"""What a table says of the runs behind its numbers; many of them stand behind several."""


def comparison_table(comparison: Comparison, user: Any, state: TableState | None = None) -> ComparisonTable:
    """The table as this person may see it: rows of cells in projects that are closed to them are left out.

    Args:
        comparison: What is filled.
        user: Who looks.
        state: How it is looked at; as it was saved where nothing is said.

    Raises:
        KeyError: A column does not exist.
    """
    return fill(definition_of(comparison, state), user)


def fill(definition: Definition, user: Any) -> ComparisonTable:
    """A table with the numbers of today, by a constant number of queries; what is closed to the person is left out.

    Raises:
        KeyError: A column does not exist.
    """
    return plain_and_arranged(definition, user)[1]


def plain_and_arranged(definition: Definition, user: Any) -> tuple[ComparisonTable, ComparisonTable]:
    """The table with all its rows as they are saved, and as it is looked at.

    Raises:
        KeyError: A column does not exist.
    """
    columns = [column(text, definition.state.per) for text in definition.shown]
    visible = visible_cells((row.cell_id for row in definition.rows), user)
    rows = [row for row in definition.rows if row.cell_id in visible]
    facts = row_facts(rows, definition.shown, user)
    keys = _keys([known.cell.code for known in facts])
    table = ComparisonTable(
        title=definition.title,
        caption=definition.caption,
        columns=tuple(c.spec for c in columns),
        rows=tuple(_table_row(*known, columns) for known in zip(rows, facts, keys, strict=True)),
        warnings=table_warnings(facts),
    )
    return table, arranged(table, definition.state, {c.spec.key: c.aggregate for c in columns})


def tests_by_row(definition: Definition, user: Any) -> dict[str, UUID]:
    """The test that each row's numbers come from, by the row's name in addresses."""
    visible = visible_cells((row.cell_id for row in definition.rows), user)
    rows = [row for row in definition.rows if row.cell_id in visible]
    facts = row_facts(rows, (), user)
    keys = _keys([known.cell.code for known in facts])
    return {key: known.test.pk for key, known in zip(keys, facts, strict=True) if known.test is not None}


def visible_cells(cells: Iterable[UUID], user: Any) -> set[UUID]:
    """Those of the cells that this person may see."""
    return set(Cell.objects.visible_to(user).filter(pk__in=set(cells)).values_list("pk", flat=True))


def row_facts(rows: Sequence[RowSpec], texts: Iterable[str], user: Any) -> list[RowFacts]:
    """What is known of each row, in the order of the rows, by a constant number of queries.

    Args:
        rows: Rows of cells that the person may see.
        texts: The columns that will be filled; only what they need is fetched.
        user: Who looks.
    """
    asked = [read_column(text) for text in texts]
    cells = _cells({row.cell_id for row in rows})
    wanted = {*(one.key for one in asked if one.where == "own"), *_ALSO_READ}
    tests = _tests(rows, wanted)
    results = _current_results({test.pk for test in tests.values()}, wanted)
    above = ancestries(cells, user, asked)
    measured = measured_results(cells, {(one.which, one.key) for one in asked if one.where == "measurement"})
    facts = []
    for row in rows:
        test = tests.get(row.row_id)
        facts.append(
            RowFacts(
                cells[row.cell_id],
                test,
                results[test.pk] if test else {},
                above.get(row.cell_id, Ancestry()),
                measured.get(row.cell_id, {}),
            )
        )
    return facts


def _keys(codes: Sequence[str]) -> list[str]:
    """Names of rows in addresses: codes, numbered where one stands there again."""
    seen: Counter[str] = Counter()
    keys = []
    for code in codes:
        seen[code] += 1
        keys.append(code if seen[code] == 1 else f"{code}~{seen[code]}")
    return keys


def _table_row(row: RowSpec, known: RowFacts, key: str, columns: Sequence[Column]) -> TableRow:
    return TableRow(
        row_id=row.row_id,
        cell_id=row.cell_id,
        cell_code=known.cell.code,
        cells={c.spec.key: c.fill(known) for c in columns},
        simulated=known.cell.simulated or bool(known.test and known.test.simulated),
        emphasised=row.emphasised,
        warnings=row_warnings(known),
        key=key,
        behind=(row.cell_id,),
        note=row.note,
    )


def _cells(ids: set[UUID]) -> dict[UUID, Cell]:
    components: Any = LayerComponent.objects.select_related("material", "morphology").order_by("order")
    with_components: Any = Prefetch("components", components)
    with_layers: Any = Prefetch("layers", CellLayer.objects.order_by("order").prefetch_related(with_components))
    cells: dict[UUID, Cell] = with_withdrawal(Cell.objects.prefetch_related(with_layers)).in_bulk(list(ids))
    return cells


def _tests(rows: Sequence[RowSpec], quantities: set[str]) -> dict[UUID, CellTest]:
    """The chosen test of each row, else the cell's latest one that has results and was not withdrawn.

    A test with a number of these quantities comes before one without: an impedance spectrum that was measured after
    cycling must not hide the capacities.
    """
    tests = CellTest.objects.select_related("publication", "sample")
    chosen = tests.in_bulk({row.test_id for row in rows if row.test_id is not None})
    open_cells = {row.cell_id for row in rows if row.test_id is None}
    current = Slot.objects.filter(measurement=OuterRef("pk"), current_run__isnull=False)
    entered = Result.objects.filter(measurement=OuterRef("pk"), run__isnull=True)
    is_current = Slot.objects.filter(current_run=OuterRef("run"), preset="default")
    shown = Result.objects.filter(
        Q(run__isnull=True) | Q(Exists(is_current)), measurement=OuterRef("pk"), quantity__in=quantities
    )
    candidates = standing(tests.filter(Q(Exists(current)) | Q(Exists(entered)), sample__in=open_cells))
    in_order = candidates.annotate(shown=Exists(shown)).order_by("shown", "measured_at", "created_at")
    latest = {test.sample_id: test for test in in_order}
    found = {row.row_id: chosen[row.test_id] if row.test_id else latest.get(row.cell_id) for row in rows}
    return {row: test for row, test in found.items() if test is not None}


def _current_results(tests: set[UUID], quantities: set[str]) -> Mapping[UUID, dict[str, Result]]:
    """Results by test and quantity: of the current run first, else reported, else entered by a person."""
    found = today(Result.objects.filter(measurement__in=tests, quantity__in=quantities, index={}))
    ranked: dict[UUID, dict[str, Result]] = defaultdict(dict)
    for result in sorted(found, key=_rank):
        if result.measurement_id is not None:
            ranked[result.measurement_id].setdefault(result.quantity, result)
    return ranked


def measured_results(cells: Iterable[UUID], asked: set[tuple[str, str]]) -> dict[UUID, dict[str, dict[str, Result]]]:
    """Results of the latest measurement of each technique that has any, by cell, technique and quantity."""
    if not asked:
        return {}
    measurements = standing(
        Measurement.objects.filter(sample__in=list(cells), technique__in={technique for technique, _ in asked})
    )
    found = today(
        Result.objects.filter(measurement__in=measurements, quantity__in={key for _, key in asked}, index={})
    ).select_related("measurement")
    pairs = [(result.measurement, result) for result in sorted(found, key=_rank) if result.measurement is not None]
    latest: dict[tuple[UUID, str], Measurement] = {}
    for taken, _ in pairs:
        known = latest.setdefault((taken.sample_id, taken.technique), taken)
        if _when(known) < _when(taken):
            latest[taken.sample_id, taken.technique] = taken
    kept: dict[UUID, dict[str, dict[str, Result]]] = defaultdict(lambda: defaultdict(dict))
    for taken, result in pairs:
        if latest[taken.sample_id, taken.technique].pk == taken.pk:
            kept[taken.sample_id][taken.technique].setdefault(result.quantity, result)
    return kept


def today(results: QuerySet[Result]) -> QuerySet[Result]:
    """Those of current runs, and those without a run, with what their origins are called."""
    is_current = Slot.objects.filter(current_run=OuterRef("run"), preset="default")
    runs: Any = Prefetch("run", AnalysisRun.objects.select_related("release").only(*_OF_RUNS))
    return (
        results.filter(Q(run__isnull=True) | Q(Exists(is_current)))
        .prefetch_related(runs, "publication", "person")
        .order_by("created_at")
    )


def _when(measurement: Measurement) -> tuple[bool, Any, Any]:
    """Orders measurements in time: those without a date before all others."""
    return (
        measurement.measured_at is not None,
        measurement.measured_at or measurement.created_at,
        measurement.created_at,
    )


def _rank(result: Result) -> int:
    if result.run_id is not None:
        return 0
    return 1 if result.publication_id is not None else 2
