"""Filling a comparison: cells, tests and results of all rows are fetched together, then each column reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q

from analysis_tasks.models import Result, Slot
from comparisons.columns import Column, RowFacts, column
from comparisons.definition import Definition, RowSpec, definition_of
from comparisons.models import Comparison
from comparisons.table import ComparisonTable, TableRow
from comparisons.warnings import row_warnings, table_warnings
from core.withdrawal import standing, with_withdrawal
from measurements.models import CellTest
from samples.models import Cell, CellLayer, LayerComponent

_ALSO_READ = (
    "lower_cutoff_voltage",
    "upper_cutoff_voltage",
    "specific_current",
    "areal_current_density",
    "cycle_count",
)


def comparison_table(comparison: Comparison, user: Any) -> ComparisonTable:
    """The table as this person may see it: rows of cells in projects that are closed to them are left out.

    Raises:
        KeyError: The comparison lists a column that does not exist.
    """
    return fill(definition_of(comparison), user)


def fill(definition: Definition, user: Any) -> ComparisonTable:
    """A table with the numbers of today, by a constant number of queries; what is closed to the person is left out.

    Raises:
        KeyError: A column does not exist.
    """
    columns = [column(key) for key in definition.columns]
    visible = visible_cells((row.cell_id for row in definition.rows), user)
    rows = [row for row in definition.rows if row.cell_id in visible]
    facts = row_facts(rows, [c.spec.key for c in columns])
    return ComparisonTable(
        title=definition.title,
        caption=definition.caption,
        columns=tuple(c.spec for c in columns),
        rows=tuple(_table_row(row, known, columns) for row, known in zip(rows, facts, strict=True)),
        warnings=table_warnings(facts),
    )


def visible_cells(cells: Iterable[UUID], user: Any) -> set[UUID]:
    """Those of the cells that this person may see."""
    return set(Cell.objects.visible_to(user).filter(pk__in=set(cells)).values_list("pk", flat=True))


def row_facts(rows: Sequence[RowSpec], quantities: Iterable[str]) -> list[RowFacts]:
    """What is known of each row, in the order of the rows, by a constant number of queries."""
    cells = _cells({row.cell_id for row in rows})
    tests = _tests(rows)
    results = _current_results({test.pk for test in tests.values()}, {*quantities, *_ALSO_READ})
    facts = []
    for row in rows:
        test = tests.get(row.row_id)
        facts.append(RowFacts(cells[row.cell_id], test, results[test.pk] if test else {}))
    return facts


def _table_row(row: RowSpec, known: RowFacts, columns: Sequence[Column]) -> TableRow:
    return TableRow(
        row_id=row.row_id,
        cell_id=row.cell_id,
        cell_code=known.cell.code,
        cells={c.spec.key: c.fill(known) for c in columns},
        simulated=known.cell.simulated or bool(known.test and known.test.simulated),
        emphasised=row.emphasised,
        warnings=row_warnings(known),
    )


def _cells(ids: set[UUID]) -> dict[UUID, Cell]:
    components: Any = LayerComponent.objects.select_related("material", "morphology").order_by("order")
    with_components: Any = Prefetch("components", components)
    with_layers: Any = Prefetch("layers", CellLayer.objects.order_by("order").prefetch_related(with_components))
    cells: dict[UUID, Cell] = with_withdrawal(Cell.objects.prefetch_related(with_layers)).in_bulk(list(ids))
    return cells


def _tests(rows: Sequence[RowSpec]) -> dict[UUID, CellTest]:
    """The chosen test of each row, else the cell's latest one that has results and was not withdrawn."""
    tests = CellTest.objects.select_related("publication", "sample")
    chosen = tests.in_bulk({row.test_id for row in rows if row.test_id is not None})
    open_cells = {row.cell_id for row in rows if row.test_id is None}
    current = Slot.objects.filter(measurement=OuterRef("pk"), current_run__isnull=False)
    entered = Result.objects.filter(measurement=OuterRef("pk"), run__isnull=True)
    candidates = standing(tests.filter(Q(Exists(current)) | Q(Exists(entered)), sample__in=open_cells))
    latest = {test.sample_id: test for test in candidates.order_by("measured_at", "created_at")}
    found = {row.row_id: chosen[row.test_id] if row.test_id else latest.get(row.cell_id) for row in rows}
    return {row: test for row, test in found.items() if test is not None}


def _current_results(tests: set[UUID], quantities: set[str]) -> Mapping[UUID, dict[str, Result]]:
    """Results by test and quantity: of the current run first, else reported, else entered by a person."""
    is_current = Slot.objects.filter(current_run=OuterRef("run"), preset="default")
    found = (
        Result.objects.filter(
            Q(run__isnull=True) | Q(Exists(is_current)), measurement__in=tests, quantity__in=quantities, index={}
        )
        .select_related("run__release", "publication", "person")
        .order_by("created_at")
    )
    ranked: dict[UUID, dict[str, Result]] = defaultdict(dict)
    for result in sorted(found, key=_rank):
        if result.measurement_id is not None:
            ranked[result.measurement_id].setdefault(result.quantity, result)
    return ranked


def _rank(result: Result) -> int:
    if result.run_id is not None:
        return 0
    return 1 if result.publication_id is not None else 2
