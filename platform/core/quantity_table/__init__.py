"""The table of quantities: each is declared here once, with its unit, its range and what it means.

`core.quantities` is the door to it; readers, kernels, records, REST and documentation use the same keys.
"""

from typing import Final

from core.quantity_table.declare import Quantity
from core.quantity_table.electrochemistry import CYCLING, IMPEDANCE
from core.quantity_table.records import CONDITIONS, RECORDS
from core.quantity_table.structure import DIFFRACTION, MICROSCOPY

__all__ = ["SECTIONS", "TABLE", "Quantity"]

SECTIONS: Final = (
    ("Records", RECORDS),
    ("Conditions", CONDITIONS),
    ("Cycling and voltammetry", CYCLING),
    ("Impedance", IMPEDANCE),
    ("Diffraction", DIFFRACTION),
    ("Microscopy", MICROSCOPY),
)

TABLE: Final = tuple(entry for _, entries in SECTIONS for entry in entries)
