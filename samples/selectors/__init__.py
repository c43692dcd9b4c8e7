"""Reads across tables: composition and lineage of samples, what a cell is made of."""

from samples.selectors.amounts import left_in_words, mass_left
from samples.selectors.composition import Part, active_part, composition_of
from samples.selectors.configuration import configuration_text
from samples.selectors.lineage import ancestor_ids, descendant_ids

__all__ = [
    "Part",
    "active_part",
    "ancestor_ids",
    "composition_of",
    "configuration_text",
    "descendant_ids",
    "left_in_words",
    "mass_left",
]
