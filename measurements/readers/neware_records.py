"""Records of Neware's own binary files, as the library fastnda decodes them, under Battery Data Format names.

Shared by the readers of `.nda` files and `.ndax` archives; the library is kept from touching the process.
"""

from __future__ import annotations

import logging
import re
import tempfile
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl

from core.tables import Array
from measurements.readers.base import Source, UnreadableFile
from measurements.readers.delimited import number_array

# fastnda's column -> our column, factor to its unit, counts kept as integers.
_COLUMNS: Mapping[str, tuple[str, float]] = {
    "total_time_s": ("test_time_second", 1.0),
    "voltage_V": ("voltage_volt", 1.0),
    "current_mA": ("current_ampere", 1e-3),
    "cycle_count": ("cycle_count", 1.0),
    "step_count": ("step_count", 1.0),
    "step_index": ("step_id", 1.0),
    "step_time_s": ("step_time_second", 1.0),
    "capacity_mAh": ("step_net_capacity_ah", 1e-3),
    "energy_mWh": ("step_net_energy_wh", 1e-3),
    "unix_time_s": ("unix_time_second", 1.0),
    "index": ("record_index", 1.0),
}


def decode(source: Source, suffix: str) -> tuple[pl.DataFrame, list[str]]:
    """The records as fastnda gives them, under the device's own cycle numbers.

    Args:
        source: The file.
        suffix: `.nda` or `.ndax`, as its content says.

    Returns:
        The records, and what the library complained about.

    Raises:
        UnreadableFile: The library cannot decode the file.
    """
    found, said = _call("read", source, suffix, {"cycle_mode": "raw"})
    frame: pl.DataFrame = found
    return frame, said


def metadata_of(source: Source, suffix: str) -> Mapping[str, Any]:
    """What the library finds in the header; empty where it is damaged, which never hides the records."""
    try:
        found: Mapping[str, Any] = _call("read_metadata", source, suffix, {})[0]
    except UnreadableFile:
        return {}
    return found


def columns_of(frame: pl.DataFrame) -> tuple[dict[str, Array], dict[str, Array]]:
    """Columns by Battery Data Format name (s, V, A with charge positive, Ah, Wh), and what has no name there."""
    columns = {ours: _values(frame[theirs], factor) for theirs, (ours, factor) in _COLUMNS.items() if theirs in frame}
    columns["step_type"] = _texts(frame["step_type"])
    raw: dict[str, Array] = {}
    temperatures = 0
    for name in (column for column in frame.columns if column.startswith("aux")):
        values = number_array(frame[name].cast(pl.Float64, strict=False))
        if re.fullmatch(r"aux(-?\d+)?_temperature_degC", name) and temperatures < 5:
            temperatures += 1
            columns[f"temperature_t{temperatures}_celsius"] = values
        else:
            raw[name] = values
    return columns, raw


def gaps(frame: pl.DataFrame) -> list[str]:
    """Signs of damage: record numbers that jump, values that are missing."""
    found = []
    numbers = frame["index"].cast(pl.UInt32, strict=False).fill_null(0).to_numpy()
    jumps = int(np.count_nonzero(numbers[1:] - numbers[:-1] != 1))
    if jumps:
        found.append(f"the file is damaged: the record numbers jump at {jumps} places")
    lost = sorted(_COLUMNS[name][0] for name in _COLUMNS if name in frame and frame[name].null_count())
    if lost:
        found.append(f"the file is damaged: values are missing in {', '.join(lost)}")
    return found


def _call(function: str, source: Source, suffix: str, arguments: Mapping[str, Any]) -> tuple[Any, list[str]]:
    fastnda, unpacking = _fastnda()
    with (
        _unpacking_by(unpacking),
        tempfile.TemporaryDirectory(prefix="neware-") as folder,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("always")
        # fastnda chooses by the suffix, which a stored file need not have.
        link = Path(folder) / f"records{suffix}"
        link.symlink_to(source.path.resolve())
        try:
            made = getattr(fastnda, function)(link, **arguments)
        except (Exception, pl.exceptions.PanicException) as error:
            raise UnreadableFile(
                f"the records cannot be decoded: {type(error).__name__}: {error}; "
                f"the file is damaged, or newer than fastnda {fastnda.__version__}"
            ) from error
    return made, sorted({f"fastnda: {' '.join(str(item.message).split())}" for item in caught})


_Unpacking = tuple[Callable[..., Any], Callable[..., Any]]


@cache
def _fastnda() -> tuple[ModuleType, _Unpacking]:
    """The library and the functions it unpacks with, without the two things its import does to the whole process.

    It replaces functions of `zlib` by those of isal, and its log lines would reach the terminal.
    """
    plain = zlib.decompress, zlib.decompressobj
    import fastnda
    import fastnda.ndax

    faster: _Unpacking = zlib.decompress, zlib.decompressobj
    zlib.decompress, zlib.decompressobj = plain
    logger = logging.getLogger("fastnda")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return fastnda, faster


@contextmanager
def _unpacking_by(functions: _Unpacking) -> Iterator[None]:
    """Lets the library unpack with its own functions while it reads, which halves the time of that, and only then."""
    plain = zlib.decompress, zlib.decompressobj
    zlib.decompress, zlib.decompressobj = functions
    try:
        yield
    finally:
        zlib.decompress, zlib.decompressobj = plain


def _texts(series: pl.Series) -> Array:
    """Texts of which there are few different ones: much faster than one Python string for each row."""
    coded = (
        series.cast(pl.String).fill_null("").cast(pl.Categorical)
        if series.null_count()
        else series.cast(pl.Categorical)
    )
    kinds = coded.unique()
    codes = kinds.to_physical().to_numpy()
    texts = kinds.cast(pl.String).to_list()
    names = np.full(int(codes.max(initial=0)) + 1, "", dtype=f"<U{max(map(len, texts), default=1) or 1}")
    names[codes] = texts
    found: Array = names[coded.to_physical().to_numpy()]
    return found


def _values(series: pl.Series, factor: float) -> Array:
    """Numbers times a factor as float64 in one pass over the column; counts without gaps stay integers."""
    if series.null_count() or not series.dtype.is_numeric():
        return number_array(series.cast(pl.Float64)) * factor
    values: Array = series.to_numpy()
    if series.dtype.is_integer() or (factor == 1 and values.dtype == np.float64):
        return values
    return np.multiply(values, factor, dtype=np.float64)
