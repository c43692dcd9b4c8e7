"""The table of quantities: each is declared here once, with its unit, its range and what it means.

`core.quantities` is the door to it; readers, kernels, records, REST and documentation use the same keys.
"""

from dataclasses import replace
from typing import Final

from core.quantity_table.declare import Quantity
from core.quantity_table.electrochemistry import CYCLING, IMPEDANCE
from core.quantity_table.iris import IRIS
from core.quantity_table.preference import LESS_IS_BETTER
from core.quantity_table.records import CONDITIONS, RECORDS
from core.quantity_table.structure import DIFFRACTION, MICROSCOPY

__all__ = ["IRIS", "LESS_IS_BETTER", "SECTIONS", "TABLE", "Quantity"]


def _completed(entries: tuple[Quantity, ...]) -> tuple[Quantity, ...]:
    return tuple(
        replace(entry, iri=IRIS.get(entry.key, ""), less_is_better=entry.key in LESS_IS_BETTER) for entry in entries
    )


SECTIONS: Final = (
    ("Records", _completed(RECORDS)),
    ("Conditions", _completed(CONDITIONS)),
    ("Cycling and voltammetry", _completed(CYCLING)),
    ("Impedance", _completed(IMPEDANCE)),
    ("Diffraction", _completed(DIFFRACTION)),
    ("Microscopy", _completed(MICROSCOPY)),
)

TABLE: Final = tuple(entry for _, entries in SECTIONS for entry in entries)
