"""From EC-Lab columns to canonical tables: what both BioLogic readers do once the numbers are read.

Renames and converts by the one column table, derives what EC-Lab leaves out (current, real and imaginary
part), numbers the spectra and tells the technique.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.tables import Array, Column, Table
from measurements.readers.base import UnreadableFile
from measurements.readers.bdf_terms import TERMS
from measurements.readers.biologic_columns import (
    CURRENT,
    CYCLE,
    FREQUENCY,
    HALF_CYCLE,
    IMAGINARY,
    MODULUS,
    NET_CHARGE,
    PHASE,
    REAL,
    STEP,
    TIME,
    VOLTAGE,
    VendorColumn,
    raw_name,
)
from measurements.readers.sweeps import sweep_numbers

SPECTRUM_INDEX = "spectrum_index"
MODE = raw_name("mode")
GALVANOSTATIC, POTENTIOSTATIC, OPEN_CIRCUIT = 1, 2, 3  # the values of EC-Lab's column "mode"

_FIRST = (TIME, VOLTAGE, CURRENT, CYCLE, STEP, HALF_CYCLE, FREQUENCY, REAL, IMAGINARY)
_OWN_LABELS = {HALF_CYCLE: "Half cycle", SPECTRUM_INDEX: "Spectrum (0: not part of one)"}
_THREE_ELECTRODES = 0.01  # V: a counter electrode further than this from the reference is not shorted to it


@dataclass(frozen=True)
class Technique:
    """An EC-Lab technique.

    Attributes:
        number: First two bytes of the settings of a `.mpr`; None where no file has shown it yet.
        title: Fourth line of a text export, or a part of it that decides.
        key: Our technique key; empty where the content decides.
    """

    number: int | None
    title: str
    key: str


TECHNIQUES = (
    Technique(4, "Galvanostatic Cycling with Potential Limitation", "cycling"),
    Technique(6, "Cyclic Voltammetry", "cv"),
    Technique(11, "Open Circuit Voltage", "ocv"),
    Technique(24, "Chronoamperometry / Chronocoulometry", "ca"),
    Technique(25, "Chronopotentiometry", "cp"),
    Technique(29, "Potentio Electrochemical Impedance Spectroscopy", "eis"),
    Technique(30, "Galvano Electrochemical Impedance Spectroscopy", "eis"),
    Technique(108, "Linear Sweep Voltammetry", "lsv"),
    Technique(117, "Constant Voltage", "ca"),
    Technique(127, "Modulo Bat", ""),
    Technique(None, "Impedance Spectroscopy", "eis"),
    Technique(None, "Galvanostatic Cycling", "cycling"),
)


def technique_by_number(number: int) -> Technique | None:
    """The technique of that number, None for one no file has shown yet."""
    return next((technique for technique in TECHNIQUES if technique.number == number), None)


def technique_by_title(title: str) -> Technique | None:
    """The first technique whose title is part of `title`, None where none is."""
    return next((technique for technique in TECHNIQUES if technique.title.lower() in title.lower()), None)


@dataclass
class Records:
    """Canonical columns of one file while they are being made.

    Attributes:
        columns: By name, in the order of the file.
        warnings: What a person should know, one sentence each.
    """

    columns: dict[str, Column] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def values(self, name: str) -> Array | None:
        """Values of a column, None where there is none."""
        column = self.columns.get(name)
        return None if column is None else column.values

    def add(self, name: str, values: Array, unit: str = "", label: str = "") -> None:
        """Adds a column; a Battery Data Format name brings its own unit and label."""
        term = TERMS.get(name)
        if term is not None:
            unit, label = term.unit, term.label
        self.columns[name] = Column(name, values, unit, label or _OWN_LABELS.get(name, ""))

    def tables(self) -> tuple[Table, ...]:
        """`records`, and `spectrum` (the rows that belong to a spectrum) where there is a frequency."""
        ordered = [self.columns[name] for name in _FIRST if name in self.columns]
        ordered += [column for name, column in self.columns.items() if name not in _FIRST]
        records = Table("records", tuple(ordered))
        index = self.values(SPECTRUM_INDEX)
        if index is None:
            return (records,)
        inside = index > 0
        names = (SPECTRUM_INDEX, FREQUENCY, REAL, IMAGINARY, TIME, VOLTAGE, CURRENT)
        chosen = [self.columns[name] for name in names if name in self.columns]
        return records, Table("spectrum", tuple(Column(c.name, c.values[inside], c.unit, c.label) for c in chosen))


def build(read: Iterable[tuple[VendorColumn, Array]], file: str, loops: Sequence[int] | None) -> Records:
    """Canonical columns from vendor columns.

    Args:
        read: Vendor column and its values as in the file; float64 arrays are converted in place.
        file: Name of the file, for messages.
        loops: First record of each loop of the technique; empty without loops, None where the file does not tell.

    Raises:
        UnreadableFile: There are impedances but no frequency.
    """
    read = list(read)
    require_frequency([column for column, _ in read], file)
    records = Records()
    with np.errstate(all="ignore"):
        for column, values in read:
            _place(records, column, values)
        _count_cycles(records)
        _count_charge(records, loops)
        _complete_current(records)
        _complete_impedance(records)
    _number_spectra(records, loops or ())
    _warn_of_counter_electrode(records)
    return records


def _place(records: Records, column: VendorColumn, values: Array) -> None:
    name = column.name
    if name == CYCLE and not _counts_up(values):
        records.warnings.append(
            f"{column.vendor} does not count up in whole numbers; kept as {raw_name(column.vendor)} only"
        )
        name = raw_name(column.vendor)
    if name in records.columns:
        name = _free(raw_name(column.vendor), records)
    if name in {CYCLE, HALF_CYCLE} and values.dtype.kind in "iuf":
        values = _counts(values)
    elif name == column.bdf and column.factor != 1:
        values *= column.factor
    records.add(name, values, column.unit, column.vendor)


def _free(name: str, records: Records) -> str:
    number = 2
    candidate = name
    while candidate in records.columns:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def _counts_up(values: Array) -> bool:
    whole = bool(np.all(np.isfinite(values)) and np.all(values == np.floor(values)))
    return whole and bool(np.all((values >= 0) & (values < 2**53)) and np.all(np.diff(values) >= 0))


def require_frequency(columns: list[VendorColumn], file: str) -> None:
    """Refuses impedances without frequencies; `file` is the name for the message.

    Raises:
        UnreadableFile: There are impedances among the columns but no frequency.
    """
    impedance = [column.vendor for column in columns if column.bdf in {REAL, IMAGINARY, MODULUS}]
    if impedance and all(column.bdf != FREQUENCY for column in columns):
        raise UnreadableFile(
            f"{file}: has impedances ({', '.join(impedance)}) but the column freq/Hz is missing; "
            "export it again with freq/Hz"
        )


def _count_cycles(records: Records) -> None:
    """Cycles from EC-Lab's half cycles, two to a cycle, where it writes no cycle number."""
    half = records.values(HALF_CYCLE)
    if half is not None and CYCLE not in records.columns and _counts_up(half):
        records.add(CYCLE, _counts(half) // 2)


def _counts(values: Array) -> Array:
    """Counts as int32 where they fit, as all counters of a dataset are; what are no whole numbers stays as it is."""
    if values.dtype.kind == "f" and not np.all(values == np.rint(values)):
        return values
    fits = not len(values) or (values.min() >= -(2**31) and values.max() < 2**31)
    return values.astype(np.int32 if fits else np.int64)


def _count_charge(records: Records, loops: Sequence[int] | None) -> None:
    """Charge from the start of the test: EC-Lab's Q-Qo, which begins again at 0 with each loop, continued.

    Where the loops are not known Q-Qo stays a native column; where there are some, it is kept beside the sum.
    """
    column = records.columns.get(NET_CHARGE)
    if column is None:
        return
    starts = [start for start in loops or () if 0 < start < len(column.values)]
    if loops is None or starts:
        records.add("raw__q_qo", column.values, column.unit, "Q-Qo, from the start of each loop")
    if loops is None:
        del records.columns[NET_CHARGE]
    elif starts:
        before = np.zeros(len(column.values))
        before[starts] = column.values[np.array(starts) - 1]
        records.add(NET_CHARGE, column.values + np.cumsum(before))


def _complete_current(records: Records) -> None:
    """Where the file has no current: I = dq/dt from its charge increments, or zero at open circuit."""
    time = records.values(TIME)
    if CURRENT in records.columns or time is None:
        return
    charge = records.values(raw_name("dq/mA.h"))
    if charge is not None:
        records.add(CURRENT, _rate(charge, time))
        records.warnings.append(
            "the file has no current column: current_ampere is derived as dq/dt from dq/mA.h and time/s"
        )
        undefined = int(np.count_nonzero(np.isnan(records.columns[CURRENT].values)))
        if undefined:
            records.warnings.append(
                f"time does not advance at {undefined} records: their derived current is not a number"
            )
        return
    mode = records.values(MODE)
    if mode is not None and len(mode) and np.all(mode == OPEN_CIRCUIT):
        records.add(CURRENT, np.zeros(len(time)))
        records.warnings.append("the file has no current column and was recorded at open circuit: current_ampere is 0")


def _rate(charge: Array, time: Array) -> Array:
    """dq/dt in A from mA.h and s; 0 for the first record (no interval), NaN where time stands still."""
    current = np.zeros(len(time))
    step = np.diff(time)
    np.divide(charge[1:] * 3.6, step, out=current[1:], where=step > 0)
    current[1:][~(step > 0)] = np.nan
    return current


def _complete_impedance(records: Records) -> None:
    """Real and imaginary part from modulus and phase, Z = |Z| exp(i phi), where the file has only these."""
    modulus, phase = records.values(MODULUS), records.values(PHASE)
    if modulus is None or phase is None or REAL in records.columns or IMAGINARY in records.columns:
        return
    records.add(REAL, modulus * np.cos(np.deg2rad(phase)))
    records.add(IMAGINARY, modulus * np.sin(np.deg2rad(phase)))
    records.warnings.append("real and imaginary part are computed from |Z| and Phase(Z), the only ones in the file")


def _number_spectra(records: Records, loops: Sequence[int]) -> None:
    """Adds `spectrum_index`: 1, 2 ... for the rows of each frequency sweep, 0 for rows outside of any."""
    frequency = records.values(FREQUENCY)
    if frequency is None:
        return
    rows = np.flatnonzero(np.isfinite(frequency) & (frequency > 0))
    index = np.zeros(len(frequency), np.int32)
    if len(rows):
        index[rows] = sweep_numbers(frequency[rows], _borders(rows, records.values(STEP), loops))
    records.add(SPECTRUM_INDEX, index)


def _borders(rows: Array, step: Array | None, loops: Sequence[int]) -> Array:
    """True where a row cannot continue the sweep before: after other rows, in another step, or in a new loop."""
    border = (np.diff(rows, prepend=rows[0] - 1) > 1) | (np.isin(rows, loops) & (rows > rows[0]))
    if step is not None:
        border[1:] |= step[rows][1:] != step[rows][:-1]
    return np.asarray(border)


def _warn_of_counter_electrode(records: Records) -> None:
    for heading in ("Ece/V", "<Ece>/V"):
        potential = records.values(raw_name(heading))
        if potential is not None and len(potential) and np.abs(np.median(potential)) > _THREE_ELECTRODES:
            records.warnings.append(
                f"{heading} was recorded and is not 0: voltage_volt is Ewe against the reference electrode, "
                "the cell's own voltage is Ewe - Ece"
            )
            return


def technique_key(technique: Technique | None, records: Records) -> str:
    """Our technique key: the technique's own, unless it says nothing about the content.

    `cycling` without any current is `ocv`. Modulo Bat and unknown techniques go by their rows: `eis` (all belong
    to spectra), `mixed` (some do), `ocv` (no current flows), `cycling` (some are galvanostatic), else `mixed`.
    """
    current = records.values(CURRENT)
    flows = current is not None and bool(np.any(np.abs(current) > 0))
    if technique is not None and technique.key:
        return technique.key if flows or technique.key != "cycling" else "ocv"
    index = records.values(SPECTRUM_INDEX)
    if index is not None and np.any(index > 0):
        return "eis" if np.all(index > 0) else "mixed"
    if not flows:
        return "ocv"
    mode = records.values(MODE)
    galvanostatic = mode is not None and bool(np.any(mode == GALVANOSTATIC))
    return "cycling" if galvanostatic else "mixed"
