"""The data of the benchmarks, made anew in each run: a large `.mpr` from a real one, and cycling records."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import polars as pl

from measurements.readers.biologic_modules import DATA, modules

ROOT = Path(__file__).resolve().parents[1]
MPR = "electrochemistry/be-smith+navani/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr"
NDAX = "electrochemistry/EmpaEconversion+fastnda/BTS85-36-6-5-110-20240424.ndax"
SMALL_NDAX = "electrochemistry/EmpaEconversion+fastnda/21_10_7_85.ndax"
# From the start of the data module: number of records (4 bytes), number of columns (1 byte) and their ids; the
# records fill the end of the module.
_COUNT = struct.Struct("<I")
_LENGTH_AT = 57 - 41


def real_mpr() -> Path:
    """The real file, from the folder of real instrument files.

    Raises:
        FileNotFoundError: It is not there.
    """
    return real_file(MPR)


def real_file(name: str) -> Path:
    """A file of the folder of real instrument files.

    Raises:
        FileNotFoundError: It is not there.
    """
    folder = Path(os.environ.get("COSINTER_SHARED_DATA", ROOT.parent / "shared" / "data"))
    path = folder / name
    if not path.is_file():
        raise FileNotFoundError(f"{path} is needed; COSINTER_SHARED_DATA names the folder of real instrument files")
    return path


def large_mpr(target: Path, times: int) -> int:
    """Writes the real file with its records repeated; returns their number."""
    source = real_mpr()
    (data,) = [module for module in modules(source) if module.name == DATA]
    content = source.read_bytes()
    body = content[data.start : data.start + data.length]
    (count,) = _COUNT.unpack_from(body)
    size = len(body) // count  # the header before the records is far shorter than one byte per record
    records = body[len(body) - count * size :]
    head = body[: len(body) - len(records)]
    length_at = data.start - _LENGTH_AT
    with target.open("wb") as file:
        file.write(content[:length_at] + _COUNT.pack(len(head) + times * len(records)))
        file.write(content[length_at + 4 : data.start] + _COUNT.pack(count * times) + head[4:])
        for _ in range(times):
            file.write(records)
        file.write(content[data.start + data.length :])
    return int(count) * times


def cycling(rows: int, cycles: int) -> dict[str, np.ndarray]:
    """Square-wave cycling between 2.8 and 4.3 V at 1 mA, one record per second, discharge 1 % shorter in charge."""
    half = rows // (2 * cycles)
    position = np.tile(np.arange(half), 2 * cycles)[: 2 * cycles * half]
    direction = np.repeat(np.tile([1, -1], cycles), half)
    progress = position / (half - 1)
    wave = np.where(direction > 0, 3.6 + 0.7 * progress, 4.2 - 1.4 * progress)
    return {
        "time": np.arange(len(position), dtype=float),
        "voltage": np.round(wave + 2e-4 * np.sin(np.arange(len(position)) * 0.37), 6),
        "current": np.where(direction > 0, 1e-3, -0.99e-3),
        "cycle": np.repeat(np.arange(1, cycles + 1), 2 * half),
    }


def write_csv(target: Path, columns: dict[str, np.ndarray]) -> None:
    """The records as Battery Data Format text."""
    pl.DataFrame(
        {
            "Test Time / s": columns["time"],
            "Voltage / V": columns["voltage"],
            "Current / A": columns["current"],
            "Cycle Count / 1": columns["cycle"],
        }
    ).write_csv(target)


def write_arrays(target: Path, columns: dict[str, np.ndarray]) -> None:
    """The records as NumPy arrays, for programs that start from memory."""
    with target.open("wb") as file:
        np.savez(file, allow_pickle=False, **columns)
