"""The table of quantities: each is declared here once, with its unit, its range and what it means.

`core.quantities` is the door to it; readers, kernels, records, REST and documentation use the same keys.
"""

from dataclasses import replace
from typing import Final

from core.quantity_table.declare import Quantity
from core.quantity_table.electrochemistry import CYCLING, IMPEDANCE
from core.quantity_table.iris import IRIS
from core.quantity_table.records import CONDITIONS, RECORDS
from core.quantity_table.structure import DIFFRACTION, MICROSCOPY

__all__ = ["IRIS", "SECTIONS", "TABLE", "Quantity"]


def _addressed(entries: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    return tuple(replace(entry, iri=IRIS.get(entry.key, "")) for entry in entries)


SECTIONS: Final = (
    ("Records", _addressed(RECORDS)),
    ("Conditions", _addressed(CONDITIONS)),
    ("Cycling and voltammetry", _addressed(CYCLING)),
    ("Impedance", _addressed(IMPEDANCE)),
    ("Diffraction", _addressed(DIFFRACTION)),
    ("Microscopy", _addressed(MICROSCOPY)),
)

TABLE: Final = tuple(entry for _, entries in SECTIONS for entry in entries)
