"""Filling a comparison: what is known of all rows is fetched together, then each column reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from comparisons.arranging import arranged
from comparisons.columns import Column, RowFacts, column
from comparisons.definition import Definition, RowSpec
from comparisons.models import Comparison
from comparisons.selectors.facts import row_facts, visible_subjects
from comparisons.selectors.rows import definition_of
from comparisons.state import TableState
from comparisons.table import ComparisonTable, TableRow
from comparisons.warnings import row_warnings, table_warnings


def comparison_table(comparison: Comparison, user: Any, state: TableState | None = None) -> ComparisonTable:
    """The table as this person may see it: rows of records in projects that are closed to them are left out.

    Args:
        comparison: What is filled.
        user: Who looks.
        state: How it is looked at; as it was saved where nothing is said.

    Raises:
        KeyError: A column does not exist.
    """
    return fill(definition_of(comparison, user, state), user)


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
    rows = _visible(definition, user)
    facts = row_facts(rows, definition.shown, user)
    names = _names(facts, definition.about)
    table = ComparisonTable(
        title=definition.title,
        caption=definition.caption,
        columns=tuple(c.spec for c in columns),
        rows=tuple(_table_row(*known, columns) for known in zip(rows, facts, names, strict=True)),
        warnings=(*definition.problems, *table_warnings(facts)),
        about=definition.about,
    )
    return table, arranged(table, definition.state, {c.spec.key: c.aggregate for c in columns})


def measurements_by_row(definition: Definition, user: Any) -> dict[str, UUID]:
    """The measurement that each row's numbers come from, by the row's name in addresses."""
    rows = _visible(definition, user)
    facts = row_facts(rows, (), user)
    names = _names(facts, definition.about)
    return {
        key: known.measurement.pk for (key, _), known in zip(names, facts, strict=True) if known.measurement is not None
    }


def _visible(definition: Definition, user: Any) -> list[RowSpec]:
    visible = visible_subjects((row.subject_id for row in definition.rows), user)
    return [row for row in definition.rows if row.subject_id in visible]


def _names(facts: Sequence[RowFacts], about: str) -> list[tuple[str, str]]:
    """What rows are called in addresses and by people.

    A code, numbered in addresses where it stands there again; of a measurement what and when, and a part of its key.
    """
    seen: Counter[str] = Counter()
    names = []
    for known in facts:
        code, measurement = known.subject.code, known.measurement
        seen[code] += 1
        if about == Comparison.About.MEASUREMENTS and measurement is not None:
            when = f"{measurement.measured_at:%Y-%m-%d}" if measurement.measured_at else ""
            words = " ".join(filter(None, (code, measurement.technique, when)))
            names.append((f"{code}~{measurement.pk.hex[:8]}", words))
        else:
            names.append((code if seen[code] == 1 else f"{code}~{seen[code]}", code))
    return names


def _table_row(row: RowSpec, known: RowFacts, name: tuple[str, str], columns: Sequence[Column]) -> TableRow:
    key, code = name
    return TableRow(
        row_id=row.row_id,
        subject_id=row.subject_id,
        measurement_id=row.measurement_id,
        code=code,
        cells={c.spec.key: c.fill(known) for c in columns},
        simulated=known.simulated,
        emphasised=row.emphasised,
        warnings=row_warnings(known),
        key=key,
        behind=(row.subject_id,),
        note=row.note,
        by_query=row.row_id is None,
    )
