"""Spectra as the impedance kernels see them: measured points, from high to low frequency, one after the other.

All files of a run count as one series: their spectra are numbered through, so that one spectrum alone needs no number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from analysis_tasks.kernels.base import KernelInput, NotApplicable
from core.tables import Array, Column, Table

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

FREQUENCY, REAL, IMAGINARY = "frequency_hertz", "real_impedance_ohm", "imaginary_impedance_ohm"
LEAST_POINTS = 5
SMALLEST, LARGEST = 1e-12, 1e18  # ohm: beyond them a number is no measurement


@dataclass(frozen=True, eq=False)
class Spectrum:
    """One sweep.

    Attributes:
        number: From 1, through all files of the run.
        file: Position from 1 of the file it comes from.
        frequency: In Hz, from high to low, each once.
        impedance: Complex, in ohm; capacitive is negative imaginary.
    """

    number: int
    file: int
    frequency: Floats
    impedance: Complexes

    def __len__(self) -> int:
        return len(self.frequency)

    @cached_property
    def omega(self) -> Floats:
        """Angular frequency in rad/s."""
        return 2.0 * np.pi * self.frequency

    @cached_property
    def modulus(self) -> Floats:
        """Modulus in ohm."""
        return np.abs(self.impedance)

    @cached_property
    def decades(self) -> float:
        """Width of the frequency window."""
        return float(np.log10(self.frequency[0] / self.frequency[-1]))

    @cached_property
    def tail_phase(self) -> float:
        """Phase in degrees at the lowest frequencies (median of three)."""
        return float(np.median(np.angle(self.impedance[-3:], deg=True)))

    @property
    def blocks(self) -> bool:
        """Whether no direct current passes: the phase stays below -45 degrees and the modulus still grows."""
        return self.tail_phase < -45.0 and bool(self.modulus[-1] > self.modulus[-2])

    def between(self, lowest: float | None, highest: float | None) -> Spectrum:
        """The part between two frequencies in Hz; None is no limit."""
        kept = np.ones(len(self), dtype=bool)
        if lowest is not None:
            kept &= self.frequency >= lowest
        if highest is not None:
            kept &= self.frequency <= highest
        return replace(self, frequency=self.frequency[kept], impedance=self.impedance[kept])


def spectra_of(
    inputs: Sequence[KernelInput], lowest: float | None = None, highest: float | None = None
) -> tuple[list[Spectrum], list[str]]:
    """All spectra of a run and what a person should know of them.

    Args:
        inputs: Datasets with a table `spectrum`.
        lowest: Points below this frequency in Hz are left out.
        highest: Points above this frequency in Hz are left out.

    Raises:
        NotApplicable: No spectrum has five points.
    """
    found: list[Spectrum] = []
    warnings: list[str] = []
    number = 0
    for file, one in enumerate(inputs, start=1):
        table = one.tables["spectrum"]
        index = table["spectrum_index"] if "spectrum_index" in table else np.ones(len(table), dtype=np.int32)
        for key in np.unique(index[index > 0]):
            number += 1
            whole, unusable = _sweep(table, index == key, number, file)
            spectrum = whole.between(lowest, highest)
            if unusable:
                warnings.append(f"spectrum {number}: {unusable} points without an impedance are left out")
            if len(spectrum) >= LEAST_POINTS:
                found.append(spectrum)
            else:
                warnings.append(
                    f"spectrum {number} has {len(spectrum)} points between the frequency limits; "
                    f"{LEAST_POINTS} are needed"
                )
    if not found:
        raise NotApplicable(warnings[-1] if warnings else "the file holds no impedance points")
    return found, warnings


def index_of(spectrum: Spectrum, spectra: Sequence[Spectrum]) -> dict[str, int | str]:
    """Which of several spectra a value belongs to; empty where there is one."""
    return {"spectrum": spectrum.number} if len(spectra) > 1 else {}


def stacked(name: str, tables: Sequence[tuple[Spectrum, Table]]) -> Table:
    """Tables of equal columns one below the other, with the number of their spectrum in front."""
    first = tables[0][1]
    numbers = [np.full(len(table), spectrum.number, dtype=np.int32) for spectrum, table in tables]
    columns = [Column("spectrum", np.concatenate(numbers), "", "Spectrum")]
    columns += [replace(column, values=np.concatenate([table[column.name] for _, table in tables])) for column in first]
    return Table(name, tuple(columns))


def _sweep(table: Table, rows: Array, number: int, file: int) -> tuple[Spectrum, int]:
    """Measured points of one sweep from high to low frequency; points of equal frequency become their mean."""
    frequency = table[FREQUENCY][rows].astype(np.float64)
    impedance = table[REAL][rows].astype(np.float64) + 1j * table[IMAGINARY][rows].astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        modulus = np.abs(impedance)
    usable = np.isfinite(frequency) & (frequency > 0) & (modulus > SMALLEST) & (modulus < LARGEST)
    unique, place, count = np.unique(frequency[usable], return_inverse=True, return_counts=True)
    total = np.zeros(len(unique), dtype=np.complex128)
    np.add.at(total, place, impedance[usable])
    spectrum = Spectrum(number, file, unique[::-1].copy(), (total / np.maximum(count, 1))[::-1].copy())
    return spectrum, int(np.count_nonzero(~usable))
