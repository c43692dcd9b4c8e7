"""Named, typed, unit-carrying columns: what readers produce, kernels consume and the store keeps.

Pure NumPy and PyArrow, so that a reader or a kernel can be used without Django, a database or a network.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Column:
    """One column: its machine name, values, unit and the label a person reads.

    Attributes:
        name: Machine name, for electrochemistry the Battery Data Format name (`voltage_volt`).
        values: One-dimensional array: float64, an integer type, bool or a unicode string type.
        unit: Unit as text (`V`, `mA`, `degC`), empty for counts, flags and texts.
        label: What an axis or a table header shows; made from the name where it is empty.
    """

    name: str
    values: Array
    unit: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        if self.values.ndim != 1:
            raise ValueError(f"column {self.name}: expected one dimension, found {self.values.ndim}")
        if self.values.dtype.kind not in "fiubU":
            raise ValueError(f"column {self.name}: type {self.values.dtype} is not float, integer, bool or text")


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of equal length under one name.

    Attributes:
        name: Name of the table in its dataset or run: `records`, `cycles`, `spectrum` ...
        columns: The columns, in the order in which they are shown.
    """

    name: str
    columns: tuple[Column, ...]
    _by_name: Mapping[str, Column] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_name = {column.name: column for column in self.columns}
        if len(by_name) != len(self.columns):
            raise ValueError(f"table {self.name}: two columns have the same name")
        lengths = {len(column.values) for column in self.columns}
        if len(lengths) > 1:
            raise ValueError(f"table {self.name}: columns of different lengths {sorted(lengths)}")
        object.__setattr__(self, "_by_name", by_name)

    def __len__(self) -> int:
        return len(self.columns[0].values) if self.columns else 0

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Array:
        """Values of one column.

        Raises:
            KeyError: The table has no such column; the message lists those it has.
        """
        return self.column(name).values

    def column(self, name: str) -> Column:
        """One column with its unit and label.

        Raises:
            KeyError: The table has no such column; the message lists those it has.
        """
        try:
            return self._by_name[name]
        except KeyError:
            raise KeyError(f"table {self.name} has no column {name}; it has {', '.join(self._by_name)}") from None

    @cached_property
    def sha256(self) -> str:
        """Hash of names, units, types and values: independent of any file encoding and of labels."""
        digest = hashlib.sha256(f"table\0{self.name}\0{len(self)}".encode())
        for column in self.columns:
            values = np.ascontiguousarray(column.values)
            little = values.astype(values.dtype.newbyteorder("<"), copy=False)
            digest.update(f"\0{column.name}\0{column.unit}\0{little.dtype.str}\0".encode())
            digest.update(little.tobytes() if little.dtype.kind != "U" else "\0".join(little.tolist()).encode())
        return digest.hexdigest()

    def to_arrow(self) -> pa.Table:
        """The same table for Arrow, with unit and label in each field's metadata."""
        arrays, fields = [], []
        for column in self.columns:
            array = pa.array(column.values)
            arrays.append(array)
            metadata = {"unit": column.unit, "label": column.label}
            fields.append(pa.field(column.name, array.type, metadata=metadata))
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata={"table": self.name}))

    @classmethod
    def from_arrow(cls, arrow: pa.Table) -> Table:
        """A table from Arrow, the inverse of `to_arrow`."""
        name = (arrow.schema.metadata or {}).get(b"table", b"").decode()
        columns = []
        for index, schema_field in enumerate(arrow.schema):
            metadata = schema_field.metadata or {}
            values = arrow.column(index).to_numpy()
            if values.dtype.kind == "O":
                values = values.astype(str)
            columns.append(
                Column(
                    schema_field.name,
                    values,
                    metadata.get(b"unit", b"").decode(),
                    metadata.get(b"label", b"").decode(),
                )
            )
        return cls(name, tuple(columns))

    def write_parquet(self, target: Path | BinaryIO) -> None:
        """Writes the table as zstd Parquet, units and labels kept in the schema."""
        pq.write_table(self.to_arrow(), target, compression="zstd", compression_level=3)

    @classmethod
    def read_parquet(cls, source: Path | BinaryIO, columns: list[str] | None = None) -> Table:
        """Reads what `write_parquet` wrote; `columns` limits what is decoded."""
        return cls.from_arrow(pq.read_table(source, columns=columns))


def table(name: str, columns: Mapping[str, Array], units: Mapping[str, str] | None = None) -> Table:
    """A table from plain arrays, `{"voltage_volt": array, ...}` and `{"voltage_volt": "V", ...}`."""
    units = units or {}
    made = tuple(Column(key, np.asarray(values), units.get(key, "")) for key, values in columns.items())
    return Table(name, made)
