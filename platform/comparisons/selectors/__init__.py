"""Reads of comparisons: tables of today and frozen ones, numbers with origins, in a constant number of queries."""

from comparisons.selectors.changes import FrozenState, NumberChange, against_today, frozen_table
from comparisons.selectors.table import comparison_table, fill, plain_and_arranged, row_facts, tests_by_row

__all__ = [
    "FrozenState",
    "NumberChange",
    "against_today",
    "comparison_table",
    "fill",
    "frozen_table",
    "plain_and_arranged",
    "row_facts",
    "tests_by_row",
]
