"""The columns of EC-Lab files: one table from id to vendor name, binary type and Battery Data Format name.

Both BioLogic readers name their columns here: the binary one (`.mpr`) by id, the text (`.mpt`) by heading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from measurements.readers.bdf_terms import TERMS, conversion


@dataclass(frozen=True)
class VendorColumn:
    """One column as EC-Lab knows it.

    Attributes:
        id: Number in the list of columns of a `.mpr`; None for a name met only in text exports.
        vendor: Heading of a text export, unit included (`<I>/mA`).
        dtype: NumPy type of the value in a `.mpr` record; empty for a bit of the flag byte.
        bdf: Machine name in the Battery Data Format; empty where the format has no such column.
        sign: -1 where the vendor writes the negative of the canonical quantity.
        bits: First bit and number of bits in the flag byte, for flags.
    """

    id: int | None
    vendor: str
    dtype: str = ""
    bdf: str = ""
    sign: int = 1
    bits: tuple[int, int] | None = None

    @cached_property
    def unit(self) -> str:
        """Unit as the vendor writes it (`mA.h`), empty for codes and counts."""
        return split_unit(self.vendor)[1]

    @cached_property
    def name(self) -> str:
        """Column name in our tables: the Battery Data Format's, else `raw__` and the slug of the vendor's."""
        return self.bdf or raw_name(self.vendor)

    @cached_property
    def factor(self) -> float:
        """What a value is multiplied by to be in the unit of its canonical column (1 for native columns).

        Raises:
            UnreadableFile: The unit is not one of its quantity's; the message names heading and known units.
        """
        if not self.bdf or not self.unit or self.bdf not in TERMS:
            return 1.0
        return self.sign * conversion(TERMS[self.bdf], self.unit, self.vendor)[0]


TIME, VOLTAGE, CURRENT = "test_time_second", "voltage_volt", "current_ampere"
FREQUENCY, REAL, IMAGINARY = "frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"
MODULUS, PHASE = "absolute_impedance_ohm", "phase_degree"
CYCLE, HALF_CYCLE, STEP = "cycle_count", "half_cycle", "step_id"
NET_CHARGE = "net_capacity_ah"

_TABLE = (
    VendorColumn(1, "mode", bits=(0, 2)),
    VendorColumn(2, "ox/red", bits=(2, 1)),
    VendorColumn(3, "error", bits=(3, 1)),
    VendorColumn(21, "control changes", bits=(4, 1)),
    VendorColumn(31, "Ns changes", bits=(5, 1)),
    VendorColumn(65, "counter inc.", bits=(7, 1)),
    VendorColumn(4, "time/s", "<f8", TIME),
    VendorColumn(5, "control/V/mA", "<f4"),
    VendorColumn(6, "Ewe/V", "<f4", VOLTAGE),
    VendorColumn(7, "dq/mA.h", "<f8"),
    VendorColumn(8, "I/mA", "<f4", CURRENT),
    VendorColumn(9, "Ece/V", "<f4"),
    VendorColumn(11, "<I>/mA", "<f8", CURRENT),
    VendorColumn(13, "(Q-Qo)/mA.h", "<f8", NET_CHARGE),
    VendorColumn(16, "Analog IN 1/V", "<f4"),
    VendorColumn(17, "Analog IN 2/V", "<f4"),
    VendorColumn(19, "control/V", "<f4"),
    VendorColumn(20, "control/mA", "<f4"),
    VendorColumn(23, "dQ/mA.h", "<f8"),
    VendorColumn(24, "cycle number", "<f8", CYCLE),
    VendorColumn(32, "freq/Hz", "<f4", FREQUENCY),
    VendorColumn(33, "|Ewe|/V", "<f4"),
    VendorColumn(34, "|I|/A", "<f4"),
    VendorColumn(35, "Phase(Z)/deg", "<f4", PHASE),
    VendorColumn(36, "|Z|/Ohm", "<f4", MODULUS),
    VendorColumn(37, "Re(Z)/Ohm", "<f4", REAL),
    VendorColumn(38, "-Im(Z)/Ohm", "<f4", IMAGINARY, sign=-1),
    VendorColumn(39, "I Range", "<u2"),
    VendorColumn(70, "P/W", "<f4", "power_watt"),
    VendorColumn(74, "|Energy|/W.h", "<f8"),
    VendorColumn(76, "<I>/mA", "<f4", CURRENT),
    VendorColumn(77, "<Ewe>/V", "<f4", VOLTAGE),
    VendorColumn(96, "|Ece|/V", "<f4"),
    VendorColumn(98, "Phase(Zce)/deg", "<f4"),
    VendorColumn(99, "|Zce|/Ohm", "<f4"),
    VendorColumn(100, "Re(Zce)/Ohm", "<f4"),
    VendorColumn(101, "-Im(Zce)/Ohm", "<f4"),
    VendorColumn(123, "Energy charge/W.h", "<f8"),
    VendorColumn(124, "Energy discharge/W.h", "<f8"),
    VendorColumn(125, "Capacitance charge/µF", "<f8"),
    VendorColumn(126, "Capacitance discharge/µF", "<f8"),
    VendorColumn(131, "Ns", "<u2", STEP),
    VendorColumn(168, "Rcmp/Ohm", "<f4"),
    VendorColumn(169, "Cs/µF", "<f4"),
    VendorColumn(172, "Cp/µF", "<f4"),
    VendorColumn(174, "<Ewe>/V", "<f4", VOLTAGE),
    VendorColumn(430, "Phase(Zwe-ce)/deg", "<f4"),
    VendorColumn(431, "|Zwe-ce|/Ohm", "<f4"),
    VendorColumn(432, "Re(Zwe-ce)/Ohm", "<f4"),
    VendorColumn(433, "-Im(Zwe-ce)/Ohm", "<f4"),
    VendorColumn(434, "(Q-Qo)/C", "<f4", NET_CHARGE),
    VendorColumn(435, "dQ/C", "<f4"),
    VendorColumn(438, "step time/s", "<f8", "step_time_second"),
    VendorColumn(441, "<Ece>/V", "<f4"),
    VendorColumn(467, "Q charge/discharge/mA.h", "<f8"),
    VendorColumn(468, "half cycle", "<u4", HALF_CYCLE),
    VendorColumn(469, "z cycle", "<u4"),
    VendorColumn(471, "<Ece>/V", "<f4"),
    VendorColumn(473, "THD Ewe/%", "<f4"),
    VendorColumn(474, "THD I/%", "<f4"),
    VendorColumn(476, "NSD Ewe/%", "<f4"),
    VendorColumn(477, "NSD I/%", "<f4"),
    VendorColumn(479, "NSR Ewe/%", "<f4"),
    VendorColumn(480, "NSR I/%", "<f4"),
    *(VendorColumn(484 + harmonic, f"|Ewe h{harmonic}|/V", "<f4") for harmonic in range(2, 8)),
    *(VendorColumn(490 + harmonic, f"|I h{harmonic}|/A", "<f4") for harmonic in range(2, 8)),
)

BY_ID: Mapping[int, VendorColumn] = {column.id: column for column in _TABLE if column.id is not None}
FLAGS: tuple[VendorColumn, ...] = tuple(column for column in _TABLE if column.bits)

# Headings that EC-Lab writes differently in some exports; the P of an impedance file is called Pwe.
_OTHER_HEADINGS: Mapping[str, str] = {"<Ewe/V>": "<Ewe>/V", "<Ece/V>": "<Ece>/V", "Pwe/W": "P/W"}
# Heading without its unit -> column, so that an export in A or µA.h finds the same canonical column.
_CANONICAL: Mapping[str, VendorColumn] = {
    re.sub(r"/[^/]+$", "", column.vendor): column for column in _TABLE if column.bdf
}
_BY_HEADING: Mapping[str, VendorColumn] = {column.vendor: column for column in _TABLE}

_HEADING = re.compile(r"(?P<quantity>.+?)/(?P<unit>V/mA|mS/cm|[^/]+)")
_SPELT_OUT = (
    ("dQ", "delta q"),
    ("µ", "u"),
    ("%", "percent"),
    ("-Im", "minus im"),
    ("A.h", "Ah"),
    ("W.h", "Wh"),
)


def split_unit(heading: str) -> tuple[str, str]:
    """Quantity and unit of a heading: `Q charge/discharge/mA.h` is `Q charge/discharge` in `mA.h`."""
    found = None if heading == "ox/red" else _HEADING.fullmatch(heading)
    return (found["quantity"], found["unit"]) if found else (heading, "")


def raw_name(heading: str) -> str:
    """Name of a native column: `raw__` and the heading as a slug, |x| read as abs and <x> as mean.

    The unit is part of the name: EC-Lab has columns that differ in nothing else (`control/V`, `control/mA`).
    """
    text = re.sub(r"\|([^|]*)\|", r" abs \1 ", re.sub(r"<([^>]*)>", r" mean \1 ", heading))
    for written, spelt in _SPELT_OUT:
        text = text.replace(written, spelt)
    return "raw__" + re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def is_known(heading: str) -> bool:
    """Whether a heading is one of the table, in whatever unit."""
    heading = _plain(heading)
    return heading in _BY_HEADING or split_unit(heading)[0] in _CANONICAL


def by_heading(heading: str) -> VendorColumn:
    """Column for a heading of a text export; a heading that is not in the table becomes a native column."""
    heading = _plain(heading)
    if heading in _BY_HEADING:
        return _BY_HEADING[heading]
    quantity, unit = split_unit(heading)
    known = _CANONICAL.get(quantity)
    if known is None or not unit:
        return VendorColumn(None, heading)
    return VendorColumn(None, heading, bdf=known.bdf, sign=known.sign)


def _plain(heading: str) -> str:
    """A heading with one spelling of micro and of averages."""
    heading = heading.strip().replace("μ", "µ")
    return _OTHER_HEADINGS.get(heading, heading)
