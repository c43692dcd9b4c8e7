"""Battery Data Format as Parquet: the same columns as the text form, typed and compressed.

Also reads back the datasets this platform stores, since those are Parquet in the same columns.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.tables import Array
from measurements.readers.base import NO_MATCH, Match, Reader, Reading, Source, UnreadableFile
from measurements.readers.bdf_terms import Meaning, conversion, require, understand
from measurements.readers.records import RAW, in_unit, records, technique_of, unique_names
from measurements.readers.spectra import spectrum_of

# 64-bit values a file may unpack to: 4 GiB, some 67 million rows of eight columns.
MAX_VALUES = 512 * 1024**2

_MAGIC = b"PAR1"


def score(source: Source) -> Match:
    """Parquet's signature, then column names of the format."""
    if not source.head.startswith(_MAGIC):
        return NO_MATCH
    try:
        names = pq.read_schema(source.path).names
        understand(names)
    except UnreadableFile as error:
        return Match(0.5, f"a Parquet file, but not in the Battery Data Format: {error}")
    except (pa.ArrowException, OSError, ValueError) as error:
        return Match(0.5, f"begins as a Parquet file, but its footer cannot be read: {error}")
    return Match(1.0, "a Parquet file with the required columns of the Battery Data Format")


def read(source: Source, options: Mapping[str, str]) -> Reading:
    """Reads Parquet with Battery Data Format columns.

    A `unit` in a field's metadata is honoured where it differs from the name's own. Columns the format does
    not know are kept as `raw__<name>`; nested ones are left out with a warning.

    Raises:
        UnreadableFile: No sound Parquet, too large, or a required column is missing.
    """
    del options
    try:
        with pq.ParquetFile(source.path) as file:
            _limit(file.metadata)
            arrow = file.read()
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, UnreadableFile):
            raise
        raise UnreadableFile(f"the Parquet file is damaged or cut off: {error}") from error
    meanings, warnings = understand(arrow.column_names)
    columns: dict[str, Array] = {}
    raw: dict[str, Array] = {}
    raw_names = unique_names([field.name.removeprefix(RAW) for field in arrow.schema])
    for position, field in enumerate(arrow.schema):
        values = _values(arrow.column(position))
        meant = meanings.get(field.name)
        if values is None:
            warnings.append(f"column {field.name!r} holds {field.type}, which is no plain column; it is left out")
        elif meant is None:
            raw[raw_names[position]] = values
        elif meant.term.kind == "text":
            columns[meant.term.name] = values.astype(str)
        else:
            columns[meant.term.name] = in_unit(_numbers(values, meant, field.name), *_conversion(field, meant))
    require(columns, ", ".join(arrow.column_names))
    metadata = _metadata(arrow.schema)
    table, notes = records(columns, raw)
    return Reading(
        (table, *spectrum_of(table)),
        technique_of(columns, metadata.get("technique")),
        metadata,
        tuple(warnings + notes),
    )


def _limit(metadata: pq.FileMetaData) -> None:
    values = metadata.num_rows * metadata.num_columns
    if values > MAX_VALUES:
        raise UnreadableFile(f"the file declares {values} values; the limit is {MAX_VALUES}")


def _values(column: pa.ChunkedArray) -> Array | None:
    """Values as NumPy: numbers, flags or texts; None for anything nested or binary."""
    column = _plain(column)
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        exact: Array = column.to_numpy()
        return exact
    if pa.types.is_floating(kind):
        numbers: Array = column.cast(pa.float64()).to_numpy().astype(np.float64, copy=False)
        return numbers
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind):
        return np.array([text or "" for text in column.to_pylist()], dtype=str)
    return None


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Dictionaries unpacked, dates as seconds, decimals and incomplete integers as float64."""
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_timestamp(kind):
        ticks = column.cast(pa.timestamp("us", kind.tz)).cast(pa.int64()).cast(pa.float64())
        return pc.divide(ticks, 1e6)
    incomplete = column.null_count and (pa.types.is_integer(kind) or pa.types.is_boolean(kind))
    return column.cast(pa.float64()) if incomplete or pa.types.is_decimal(kind) else column


def _numbers(values: Array, meant: Meaning, name: str) -> Array:
    if values.dtype.kind == "U":
        raise UnreadableFile(f"column {name!r} holds texts, where numbers are meant ({meant.term.label})")
    return values if meant.term.kind == "count" else values.astype(np.float64)


def _conversion(field: pa.Field, meant: Meaning) -> tuple[float, float]:
    """Factor and offset: from the unit in the field's metadata where there is one, else from the name."""
    stated = (field.metadata or {}).get(b"unit", b"").decode(errors="replace")
    return conversion(meant.term, stated, field.name) if stated else (meant.factor, meant.offset)


def _metadata(schema: pa.Schema) -> dict[str, object]:
    """Key-value pairs of the file, without what writers leave there: copies of the schema, the table's name."""
    pairs = schema.metadata or {}
    texts = {key.decode(errors="replace"): value.decode(errors="replace") for key, value in pairs.items()}
    return {
        key: value
        for key, value in texts.items()
        if len(value) < 2_000 and key != "table" and not key.startswith(("ARROW:", "pandas"))
    }


READER = Reader(
    name="bdf_parquet",
    version="1",
    format="bdf-parquet",
    label="Battery Data Format, Parquet (.parquet)",
    extensions=(".bdf.parquet", ".parquet"),
    techniques=("cycling", "eis", "ocv", "cv", "ca", "cp", "lsv", "mixed"),
    score=score,
    read=read,
)
