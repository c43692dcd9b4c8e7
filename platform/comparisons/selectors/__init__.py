"""Reads of comparisons: tables of today and frozen ones, numbers with origins, in a constant number of queries."""

from comparisons.selectors.changes import FrozenState, NumberChange, against_today, frozen_table
from comparisons.selectors.curves import as_kept, curves_of, kept_curves
from comparisons.selectors.facts import row_facts
from comparisons.selectors.rows import definition_of, found_rows
from comparisons.selectors.table import comparison_table, fill, measurements_by_row, plain_and_arranged

__all__ = [
    "FrozenState",
    "NumberChange",
    "against_today",
    "as_kept",
    "comparison_table",
    "curves_of",
    "definition_of",
    "fill",
    "found_rows",
    "frozen_table",
    "kept_curves",
    "measurements_by_row",
    "plain_and_arranged",
    "row_facts",
]
