"""Damages real files as a lost cable, a bad disk or an enemy would, and watches what the readers do.

`python -m benchmarks.mutations --each 10000` is the long run for a night; the tests do a short one. A reader may read
what is left or refuse in words; it must not raise anything else, run for long, or take more than 20 times the file's
size. Where no real file is at hand, real records are written in the format's layout and damaged; of a large text or
workbook, its beginning.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import numpy as np

from benchmarks.damages import damages_of, opening
from benchmarks.layouts import written
from measurements.readers import READERS, detect
from measurements.readers.base import Reader, Source, UnreadableFile

LONGEST = 20  # s for one file; a real hang is far beyond
MEMORY_FACTOR = 20
MEMORY_FLOOR = 256 << 20  # interpreter, decoders and their pools need some for the smallest file
SMALL = 400_000  # bytes: small files reach every branch and more of them fit into a night
LARGEST = 8 << 20  # of a format whose real files are all larger than that
SAMPLES = 3
# What a person would have answered, for the reader that asks.
ANSWERS: Mapping[str, Mapping[str, str]] = {
    "mapped_csv": {
        "columns": "test_time_second=test_time [s]; voltage_volt=voltage [V]; current_ampere=current [A]",
        "current_sign": "charge-positive",
    }
}


class _TooLongError(Exception):
    """A reader did not come back."""


@dataclass
class Outcome:
    """What became of the damaged copies of one reader's files.

    Attributes:
        reader: Name of the reader.
        counts: How many were read and how many refused.
        damages: How many copies were damaged in which way.
        faults: What went wrong, with what makes it happen again.
        seconds: How long it took.
    """

    reader: str
    counts: Counter[str] = field(default_factory=Counter)
    damages: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0


def real_files(folder: Path) -> dict[str, list[Path]]:
    """The smallest real files of each reader, told by content; one larger one where there is no small one."""
    found: dict[str, list[Path]] = {}
    paths = (path for path in folder.rglob("*") if path.is_file() and 0 < path.stat().st_size <= LARGEST)
    for path in sorted(paths, key=lambda path: (path.stat().st_size, path.name)):
        chosen = detect(Source.at(path)).chosen
        if chosen is None:
            continue
        known = found.setdefault(chosen.name, [])
        if len(known) < (SAMPLES if path.stat().st_size <= SMALL else 1):
            known.append(path)
    return found


def mutate(reader: Reader, paths: Sequence[Path], each: int, *, seed: int = 1) -> Outcome:
    """Reads damaged copies in this process.

    Args:
        reader: Which reader.
        paths: Real files of its format, damaged in turn.
        each: How many copies.
        seed: Of the damages; number `n` is made from `[seed, n]`.
    """
    outcome, started = Outcome(reader.name), time.monotonic()
    wholes = [(path.name, whole, tuple(damages_of(whole).items())) for path in paths for whole in [path.read_bytes()]]
    previous = signal.signal(signal.SIGALRM, _give_up)
    try:
        with tempfile.TemporaryDirectory(prefix="mutations-") as folder:
            for number in range(each):
                name, whole, damages = wholes[number % len(wholes)]
                kind, damage = damages[number // len(wholes) % len(damages)]
                copy = Path(folder) / name
                copy.write_bytes(damage(whole, np.random.default_rng([seed, number])))
                outcome.counts[_read(reader, copy, outcome, f"{name}, seed {seed}, number {number}")] += 1
                outcome.damages[kind] += 1
    finally:
        signal.signal(signal.SIGALRM, previous)
    outcome.seconds = time.monotonic() - started
    return outcome


def _read(reader: Reader, path: Path, outcome: Outcome, which: str) -> str:
    signal.alarm(LONGEST)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the highest use of memory so far
    before = _resident("VmRSS")
    try:
        source = Source.at(path)
        reader.score(source)
        reader.read(source, ANSWERS.get(reader.name, {}))
    except UnreadableFile:
        return "refused"
    except _TooLongError:
        outcome.faults.append(f"{which}: no answer within {LONGEST} s")
        return "fault"
    except BaseException as error:  # noqa: BLE001 (a decoder's panic is no Exception)
        outcome.faults.append(f"{which}: {type(error).__name__}: {str(error)[:200]}")
        return "fault"
    finally:
        signal.alarm(0)
    taken = _resident("VmHWM") - before
    if taken > max(MEMORY_FACTOR * path.stat().st_size, MEMORY_FLOOR):
        outcome.faults.append(f"{which}: took {taken >> 20} MiB for {path.stat().st_size} bytes")
        return "fault"
    return "read"


def _is_read(reader: Reader, path: Path) -> bool:
    try:
        reader.read(Source.at(path), ANSWERS.get(reader.name, {}))
    except UnreadableFile:
        return False
    return True


def _small(reader: Reader, path: Path, into: Path) -> Path:
    """The file, or its beginning where that is all the same to the reader and much smaller."""
    start = opening(path.read_bytes()) if path.stat().st_size > SMALL else None
    if start is None:
        return path
    small = into / path.name
    small.write_bytes(start)
    return small if _is_read(reader, small) else path


def _give_up(number: int, frame: FrameType | None) -> None:
    del number, frame
    raise _TooLongError


def _resident(key: str) -> int:
    """`VmRSS` or `VmHWM` (its highest value since it was last forgotten) of this process, in bytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition(f"{key}:")[2].split()[0]) << 10


def _outcomes(folder: Path, names: Sequence[str], each: int, seed: int) -> Iterator[Outcome]:
    with tempfile.TemporaryDirectory(prefix="layouts-") as into:
        files = real_files(folder)
        for name, paths in written(folder, Path(into)).items():
            # What is refused whole, such as a Parquet file of another kind, teaches nothing when it is damaged.
            files[name] = [path for path in files.get(name, []) if _is_read(READERS[name], path)] + paths
        for name, paths in sorted(files.items()):
            if not names or name in names:
                yield mutate(
                    READERS[name], [_small(READERS[name], path, Path(into)) for path in paths], each, seed=seed
                )


def main() -> int:
    """Runs it and prints a line for each reader; 1 where something went wrong."""
    parser = argparse.ArgumentParser(description="Reads damaged copies of real files.")
    parser.add_argument("readers", nargs="*", help="names of readers; all that have real files where none is given")
    parser.add_argument("--folder", type=Path, default=Path(os.environ.get("COSINTER_SHARED_DATA", "../shared/data")))
    parser.add_argument("--each", type=int, default=10_000, help="damaged copies for each reader")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    failed = False
    for outcome in _outcomes(asked.folder, asked.readers, asked.each, asked.seed):
        done, bad = outcome.counts, outcome.faults
        print(
            f"{outcome.reader:20} {done['read']:6} read {done['refused']:6} refused {len(bad):4} faults "
            f"{outcome.seconds:7.1f} s ({', '.join(f'{count} {kind}' for kind, count in outcome.damages.items())})",
            *(f"    {fault}" for fault in bad[:10]),
            sep="\n",
            flush=True,
        )
        failed |= bool(bad)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
