"""Analyses files without a database: recognise, read, choose kernels, run them, and say what came out.

`manage.py analyse` prints what this returns; the shape is part of the project's contract with scripts.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis_tasks.fingerprint import fingerprint
from analysis_tasks.kernels import plan
from analysis_tasks.kernels.base import Kernel, KernelInput, NotApplicable, Output, Parameter, ParameterValue
from analysis_tasks.kernels.parameters import ParameterError, freeze
from core.quantities import QUANTITIES
from core.tables import Table
from core.units import QuantityError, parse
from measurements import readers
from measurements.readers.base import Reader, Reading, Source, UnreadableFile
from measurements.tables import describe


class CannotAnalyse(ValueError):
    """A file or a parameter that cannot be used; the message names it and says why, in one line."""


@dataclass(frozen=True)
class _ReadFile:
    path: Path
    reader: Reader
    reading: Reading


def analyse(
    paths: Sequence[Path], technique: str | None = None, parameters: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Analyses the files of one measurement.

    Args:
        paths: One file, or several of one technique that form a series.
        technique: Takes the place of the technique that the readers found.
        parameters: Texts by key; a number may carry a unit (`2.10 mg`) and an uncertainty (`2.10 ± 0.05 mg`).

    Returns:
        Plain JSON values: files, technique, metadata, datasets, runs, warnings.

    Raises:
        CannotAnalyse: A file cannot be read, the files are of different techniques, or a parameter is wrong.
    """
    files = [_read(path) for path in paths]
    found = technique or _common_technique(files)
    inputs = tuple(KernelInput({t.name: t for t in f.reading.tables}, f.reading.metadata) for f in files)
    kernels = plan(found, set.intersection(*(set(one.tables) for one in inputs)), len(inputs))
    runs, warnings = [], [f"{f.path.name}: {text}" for f in files for text in f.reading.warnings]
    for kernel, frozen in zip(kernels, _frozen(kernels, parameters or {}), strict=True):
        try:
            runs.append(_run(kernel, inputs, frozen))
        except NotApplicable as error:
            warnings.append(f"{kernel.name}: {error}")
    if not kernels:
        warnings.append(f"no kernel is installed for technique {found}")
    return {
        "files": [_file(f) for f in files],
        "technique": found,
        "metadata": _plain(dict(files[0].reading.metadata)),
        "datasets": _datasets(files),
        "runs": runs,
        "warnings": warnings,
    }


def read_parameter(parameter: Parameter, text: str) -> tuple[ParameterValue, float | None]:
    """A parameter's value from text, and its uncertainty where the text has one.

    Raises:
        CannotAnalyse: Not a value of this parameter.
    """
    if parameter.choices:
        return text, None
    whole = isinstance(parameter.default, int) and not isinstance(parameter.default, bool)
    if not parameter.unit and not whole:
        return text, None
    try:
        measured = parse(text, parameter.unit or "1", what=parameter.key)
    except QuantityError as error:
        raise CannotAnalyse(f"parameter {error}") from None
    if whole and measured.value != round(measured.value):
        raise CannotAnalyse(f'parameter {parameter.key}: expected a whole number, found "{text}"')
    return (int(measured.value) if whole else measured.value), measured.uncertainty


def _read(path: Path) -> _ReadFile:
    if not path.is_file():
        raise CannotAnalyse(f"{path}: there is no such file")
    try:
        reader, reading = readers.read(Source.at(path))
    except UnreadableFile as error:
        raise CannotAnalyse(" ".join(str(error).split())) from error
    return _ReadFile(path, reader, reading)


def _common_technique(files: Sequence[_ReadFile]) -> str:
    techniques = {f.reading.technique: f.path.name for f in files}
    if len(techniques) > 1:
        each = ", ".join(f"{name} is {technique}" for technique, name in techniques.items())
        raise CannotAnalyse(f"the files are not of one technique: {each}; give them one by one or --technique")
    return next(iter(techniques))


def _frozen(kernels: Sequence[Kernel], texts: Mapping[str, str]) -> list[dict[str, ParameterValue]]:
    """Parameters for each kernel: each key must belong to one of them at least."""
    given: list[dict[str, ParameterValue]] = []
    unused = set(texts)
    for kernel in kernels:
        values: dict[str, ParameterValue] = {}
        own = {parameter.key: parameter for parameter in kernel.parameters}
        for key in texts.keys() & own.keys():
            values[key], uncertainty = read_parameter(own[key], texts[key])
            if uncertainty is not None and f"{key}_uncertainty" in own:
                values.setdefault(f"{key}_uncertainty", uncertainty)
            unused.discard(key)
        given.append(values)
    if unused:
        known = sorted({parameter.key for kernel in kernels for parameter in kernel.parameters})
        can = f"they take {', '.join(known)}" if known else "no kernel runs on these files"
        raise CannotAnalyse(f"parameter {min(unused)} is not known to the kernels that run here; {can}")
    try:
        return [freeze(kernel, values) for kernel, values in zip(kernels, given, strict=True)]
    except ParameterError as error:
        raise CannotAnalyse(f"parameter {error}") from error


def _run(kernel: Kernel, inputs: tuple[KernelInput, ...], parameters: Mapping[str, ParameterValue]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        output = kernel.run(inputs, parameters)
    except ParameterError as error:
        raise CannotAnalyse(f"parameter {error}") from error
    seconds = time.perf_counter() - started
    return {
        "kernel": kernel.name,
        "version": kernel.version,
        "fingerprint": fingerprint(kernel),
        "parameters": dict(parameters),
        "results": _results(output),
        "tables": [_table(table) for table in output.tables],
        "warnings": list(output.warnings),
        "seconds": round(seconds, 6),
    }


def _results(output: Output) -> list[dict[str, Any]]:
    return [
        {
            "quantity": value.quantity,
            "value": value.value,
            "uncertainty": value.uncertainty,
            "unit": QUANTITIES[value.quantity].unit,
            "index": dict(value.index),
        }
        for value in output.values
    ]


def _file(one: _ReadFile) -> dict[str, Any]:
    with one.path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {
        "name": one.path.name,
        "sha256": digest,
        "size": one.path.stat().st_size,
        "format": one.reader.format,
        "reader": one.reader.name,
        "reader_version": one.reader.version,
    }


def _datasets(files: Sequence[_ReadFile]) -> list[dict[str, Any]]:
    """Each table with the extent of its columns; where there are several files, with its file's name."""
    return [
        {"name": table.name, "rows": len(table), "columns": describe(table)}
        | ({"file": one.path.name} if len(files) > 1 else {})
        for one in files
        for table in one.reading.tables
    ]


def _table(table: Table) -> dict[str, Any]:
    columns = [[_plain(value) for value in column.values.tolist()] for column in table]
    return {
        "name": table.name,
        "columns": [{key: column[key] for key in ("name", "label", "unit", "dtype")} for column in describe(table)],
        "rows": [list(row) for row in zip(*columns, strict=True)],
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it: NumPy scalars as Python's, what is not finite as null."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
