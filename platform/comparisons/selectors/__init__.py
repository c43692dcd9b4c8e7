"""Reads of comparisons: the table with its numbers and their origins, in a constant number of queries."""

from comparisons.selectors.table import comparison_table, row_facts

__all__ = ["comparison_table", "row_facts"]
