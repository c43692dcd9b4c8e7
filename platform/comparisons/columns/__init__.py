"""Columns a comparison can have: facts of records, near and far, and every declared quantity.

A column is a function from what is known of a row to a table cell. Table S1 is a list of such columns.
"""

from comparisons.columns.facts import Ancestry, Column, RowFacts, origin_of_result
from comparisons.columns.making import column, column_keys
from comparisons.columns.records import INPUT_KEYS

TABLE_S1 = (
    "configuration",
    "cathode",
    "temperature",
    "current_density",
    "voltage_range",
    "initial_discharge_capacity",
    "cycle_count",
    "final_discharge_capacity",
    "reference",
)
"""The nine columns of Table S1, in the paper's order."""
FIRST_COLUMNS = {
    "cells": TABLE_S1,
    "samples": ("kind", "material", "morphology", "amount"),
    "measurements": ("technique", "measured_at", "temperature"),
}
"""What a new comparison shows, by what its rows are."""

__all__ = [
    "FIRST_COLUMNS",
    "INPUT_KEYS",
    "TABLE_S1",
    "Ancestry",
    "Column",
    "RowFacts",
    "column",
    "column_keys",
    "origin_of_result",
]
