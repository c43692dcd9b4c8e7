"""Reads across tables: composition and lineage of samples, what a cell is made of."""

from samples.selectors.amounts import amount_left, left_in_words, mass_left
from samples.selectors.composition import Part, active_part, composition_of
from samples.selectors.configuration import configuration_text, layers_text, materials_of
from samples.selectors.drafts import OWN_FACTS, free_code, next_revision, why_no_copy
from samples.selectors.lineage import ancestor_ids, descendant_ids

__all__ = [
    "OWN_FACTS",
    "Part",
    "active_part",
    "amount_left",
    "ancestor_ids",
    "composition_of",
    "configuration_text",
    "descendant_ids",
    "free_code",
    "layers_text",
    "left_in_words",
    "mass_left",
    "materials_of",
    "next_revision",
    "why_no_copy",
]
