"""What a kernel is: a pure function from tables and frozen parameters to numbers with quantities.

Kernels read no settings, no database and no clock, so that the same inputs give the same bits everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.tables import Table

ParameterValue = float | int | str | bool | None


class NotApplicable(ValueError):
    """The data cannot answer this kernel's question (no current flows, too few points). The message says why."""


@dataclass(frozen=True)
class Parameter:
    """One parameter of a kernel.

    Attributes:
        key: Name (`active_mass`).
        description: Meaning, one sentence.
        unit: Canonical unit of a number; empty for texts and pure numbers.
        default: Value where neither the records nor the person give one; None = unknown.
        source: The record value it is read from, `cell.active_mass`; empty where only a person sets it.
        choices: Allowed texts; empty for any.
    """

    key: str
    description: str
    unit: str = ""
    default: ParameterValue = None
    source: str = ""
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class KernelInput:
    """One dataset as a kernel sees it.

    Attributes:
        tables: By name (`records`).
        metadata: What the reader found in the file.
    """

    tables: Mapping[str, Table]
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Value:
    """One number.

    Attributes:
        quantity: Key in `core.quantities`; the value is in that quantity's canonical unit.
        value: The number, finite.
        uncertainty: Standard uncertainty in the same unit, None where it is not known.
        index: Of what among many (`{"cycle": 12}`); empty for the one of its kind.
    """

    quantity: str
    value: float
    uncertainty: float | None = None
    index: Mapping[str, int | str] = field(default_factory=dict)


@dataclass(frozen=True)
class Output:
    """What a kernel returns: numbers, tables and sentences a person should read."""

    values: tuple[Value, ...]
    tables: tuple[Table, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kernel:
    """One analysis.

    Attributes:
        name: Unique key, `technique.what` (`cycling.capacity`).
        version: Raised whenever a result would change; the code's fingerprint is recorded beside it.
        label: What a person calls it.
        description: The method in a sentence or two, with its source.
        techniques: Techniques whose datasets it runs on by itself.
        tables: Names of the tables a dataset must have.
        parameters: What can be set; values are frozen before a run starts.
        yields: Quantity keys of its results.
        run: The pure function. Raises NotApplicable with a sentence for the scientist.
        least_inputs: Fewest datasets it needs; one that needs a series runs by itself only on a series.
        tolerance: Largest relative difference between two computations that is rounding (another processor, another
            linear algebra library) and no difference.
        reads_runs: Kernels whose results it reads, of this cell and of cells like it, instead of datasets. It is
            planned when those have ended; each input is then one run, whose `metadata` holds `role`, `kernel`, `facts`
            and `values`.
    """

    name: str
    version: str
    label: str
    description: str
    techniques: tuple[str, ...]
    tables: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    yields: tuple[str, ...]
    run: Callable[[tuple[KernelInput, ...], Mapping[str, ParameterValue]], Output]
    least_inputs: int = 1
    tolerance: float = 1e-9
    reads_runs: tuple[str, ...] = ()
