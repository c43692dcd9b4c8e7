"""Measures the project's figures beside those of other programs, prints one table and writes results.json.

A peer that cannot be run, an answer that differs or a limit that is missed makes the whole run fail; what else can be
measured is measured and written all the same. `python -m benchmarks cycles spectra` runs these parts alone.
"""

from __future__ import annotations

import json
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks import data, lineage, lists, load, scale, spectra
from benchmarks.measure import Measured, measure
from benchmarks.peers import PeerMissing, peer_python

RESULTS = Path(__file__).resolve().parent / "results.json"
MPR_TIMES = 100
ROWS = 1_000_000
PIPELINE_ROWS, PIPELINE_CYCLES = 5_000_000, 500
EQUAL_ANSWER = 0.01


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        figure: What was done.
        peer: Beside which program; empty where the figure stands alone.
        unit: Of `ours` and `theirs`.
        ours: The project's number.
        theirs: The peer's number.
        ratio: Theirs over ours: how many times less the project uses; None where ours is 0.
        limit: What must hold, in words; empty for a figure without a limit.
        holds: Whether it does.
    """

    figure: str
    peer: str
    unit: str
    ours: float
    theirs: float | None = None
    limit: str = ""
    holds: bool = True

    @property
    def ratio(self) -> float | None:
        """Theirs over ours."""
        return None if self.theirs is None or self.ours == 0 else self.theirs / self.ours


def main(wanted: Sequence[str] = ()) -> int:
    """Runs the parts that are named, all by default; 0 where nothing failed and all limits hold."""
    unknown = sorted(set(wanted) - set(PARTS))
    if unknown:
        print(f"benchmarks: no part {', '.join(unknown)}; there are {', '.join(PARTS)}", file=sys.stderr)
        return 2
    chosen = [name for name in PARTS if not wanted or name in wanted]
    measured: dict[str, list[Figure]] = {}
    failures = []
    with tempfile.TemporaryDirectory(prefix="cosinter-bench-") as folder:
        for name in chosen:
            print(f"measuring {name}", file=sys.stderr)
            measured[name] = []
            try:
                measured[name].extend(PARTS[name](Path(folder)))
            except (PeerMissing, FileNotFoundError, RuntimeError) as error:
                failures.append(f"{name}: {error}")
    print(_table([figure for figures in measured.values() for figure in figures]))
    _write(measured)
    for figures in measured.values():
        failures += [f"{one.figure}: {one.limit} does not hold" for one in figures if not one.holds]
    for failure in failures:
        print(f"benchmarks: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _write(measured: dict[str, list[Figure]]) -> None:
    """The rows of these parts into the file, beside those that it has of others."""
    before = json.loads(RESULTS.read_text())["figures"] if RESULTS.is_file() else []
    rows = [row for row in before if row.get("part") in set(PARTS) - set(measured)]
    for name, figures in measured.items():
        rows += [{"part": name} | asdict(figure) | {"ratio": figure.ratio} for figure in figures]
    machine = {"python": platform.python_version(), "numpy": np.__version__, "machine": platform.machine()}
    RESULTS.write_text(json.dumps({"environment": machine, "figures": rows}, indent=2) + "\n")


def _mpr(folder: Path) -> Iterator[Figure]:
    """Reading a large .mpr."""
    path, small = folder / "large.mpr", data.real_mpr()
    records = data.large_mpr(path, MPR_TIMES)
    ours = measure("ours_mpr.py", path, small, repeat=3)
    name = f".mpr, {records / 1e6:.2f} M records"
    limit = measure("mapped_mpr.py", path, repeat=3)
    times = ours.cpu / limit.cpu
    yield Figure(f"{name}: over a memory map of six columns", "", "x", times, None, "at most 2 times", times <= 2.0)
    for peer in ("galvani", "navani"):
        theirs = measure(f"{peer}_mpr.py", path, small, python=peer_python(peer))
        _compare(name, ours, theirs)
        holds = ours.cpu <= theirs.cpu
        yield Figure(f"{name}: reading", peer, "CPU s", ours.cpu, theirs.cpu, f"at most that of {peer}", holds)
        yield Figure(f"{name}: peak memory", peer, "MiB", ours.peak, theirs.peak)


def _ndax(_: Path) -> Iterator[Figure]:
    """Reading a real .ndax; the decoder is fastnda's, the rest is ours."""
    path, small = data.real_file(data.NDAX), data.real_file(data.SMALL_NDAX)
    ours, theirs = (measure(f"{name}_ndax.py", path, small, repeat=6) for name in ("ours", "fastnda"))
    _compare(".ndax", ours, theirs)
    holds = ours.cpu <= 1.2 * theirs.cpu
    yield Figure(
        ".ndax, 0.70 M records: reading", "fastnda", "CPU s", ours.cpu, theirs.cpu, "at most 1.2 times fastnda", holds
    )


def _csv(folder: Path) -> Iterator[Figure]:
    """From text to stored results."""
    small = folder / "small.bdf.csv"
    data.write_csv(small, data.cycling(2_000, 2))
    measured = {}
    for cycles in (10, 1000):
        path = folder / f"{cycles}.bdf.csv"
        data.write_csv(path, data.cycling(ROWS, cycles))
        measured[cycles] = measure("ours_csv.py", path, small, repeat=3)
    few, many = measured[10].cpu, measured[1000].cpu
    name = "CSV, 1 M rows, 1000 cycles"
    theirs = measure("navani_csv.py", folder / "1000.bdf.csv", small, python=peer_python("navani"))
    _compare(name, measured[1000], theirs)
    yield Figure(f"{name}: file to stored results", "navani", "CPU s", many, theirs.cpu, "at most 2 CPU s", many <= 2.0)
    yield Figure(f"{name}: peak memory", "navani", "MiB", measured[1000].peak, theirs.peak)
    growth = many / few
    yield Figure("CSV, 1 M rows: 1000 over 10 cycles", "", "x", growth, None, "at most 1.25 times", growth <= 1.25)


def _pipeline(folder: Path) -> Iterator[Figure]:
    """All that the worker does with a large test, every planned kernel in a process of its own."""
    path = folder / "pipeline.bdf.csv"
    data.write_csv(path, data.cycling(PIPELINE_ROWS, PIPELINE_CYCLES))
    found = measure("ours_pipeline.py", path)
    name = f"CSV, {PIPELINE_ROWS // 1_000_000} M rows, {PIPELINE_CYCLES} cycles: file to preview and all results"
    yield Figure(name, "", "CPU s", found.cpu, None, "at most 8 CPU s", found.cpu <= 8.0)
    above = found.answer["above_idle"] * 1.048576
    yield Figure(f"{name}: above an idle worker", "", "MB", above, None, "at most 600 MB", above <= 600.0)
    for work, title in (("parse", "Polars parsing its numbers"), ("read", "reading its bytes")):
        limit = measure("limits.py", work, path, repeat=3)
        yield Figure(f"{name}: over {title} alone", "", "x", found.cpu / limit.cpu)


def _cycles(folder: Path) -> Iterator[Figure]:
    """The kernel alone on arrays in memory; beside other programs, the limit and itself with more cycles."""
    spent = {}
    for cycles in (100, 1000):
        path = folder / f"{cycles}.npz"
        data.write_arrays(path, data.cycling(ROWS, cycles))
        ours = measure("ours_cycles.py", path, repeat=5)
        spent[cycles] = ours.cpu
        name = f"per-cycle kernel alone, 1 M rows, {cycles} cycles"
        for peer in ("navani", "cellpy"):
            theirs = measure(f"{peer}_cycles.py", path, python=peer_python(peer))
            _compare(name, ours, theirs)
            limit = "at least 10 times less"
            yield Figure(name, peer, "CPU s", ours.cpu, theirs.cpu, limit, theirs.cpu >= 10 * ours.cpu)
    growth = spent[1000] / spent[100]
    name = "per-cycle kernel alone, 1 M rows: 1000 over 100 cycles"
    yield Figure(name, "", "x", growth, None, "at most 1.25 times", growth <= 1.25)
    once = measure("limits.py", "add", folder / "1000.npz", repeat=5)
    name = "per-cycle kernel alone, 1 M rows: over adding up its three columns"
    yield Figure(name, "", "x", ours.cpu / once.cpu)


def _lineage(folder: Path) -> Iterator[Figure]:
    for name, peer, ours, theirs, limit, holds in lineage.figures(folder):
        yield Figure(name, peer, "ms", ours, theirs, limit, holds)


def _lists(folder: Path) -> Iterator[Figure]:
    for name, peer, ours, theirs, limit, holds in lists.figures(folder):
        yield Figure(name, peer, "CPU ms", ours, theirs, limit, holds)


def _scale(folder: Path) -> Iterator[Figure]:
    for name, peer, ours, theirs, limit, holds in scale.figures(folder):
        yield Figure(name, peer, "CPU ms", ours, theirs, limit, holds)


def _spectra(folder: Path) -> Iterator[Figure]:
    for row in spectra.figures(folder):
        yield Figure(*row)


def _load(_: Path) -> Iterator[Figure]:
    """Pages while 50 people work."""
    found = load.measure()
    name = f"{load.PEOPLE} people, a page each every {load.EVERY:.0f} s"
    limit = f"at most {load.MOST:.0f} ms and no errors"
    yield Figure(
        f"{name}: 95 % of pages", "", "ms", found.p95, None, limit, found.p95 <= load.MOST and not found.errors
    )
    yield Figure(f"{name}: CPU of the whole site", "", "s a minute", found.site_cpu)


def _compare(figure: str, ours: Measured, theirs: Measured) -> None:
    """Two programs that did the same work find the same numbers.

    Raises:
        RuntimeError: They differ by more than 1 %.
    """
    for key, value in ours.answer.items():
        if abs(theirs.answer[key] - value) > EQUAL_ANSWER * abs(value):
            raise RuntimeError(f"{figure}: {key} is {value} here and {theirs.answer[key]} there")


def _table(figures: list[Figure]) -> str:
    heads = ["figure", "ours", "peer's", "ratio", "peer", "limit"]
    rows = [
        [
            figure.figure,
            f"{figure.ours:.3g} {figure.unit}",
            "" if figure.theirs is None else f"{figure.theirs:.3g} {figure.unit}",
            "" if figure.ratio is None else f"{figure.ratio:.1f}x",
            figure.peer,
            f"{figure.limit}: {'holds' if figure.holds else 'MISSED'}" if figure.limit else "",
        ]
        for figure in figures
    ]
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in [heads, *rows]]
    return "\n".join(line.rstrip() for line in lines)


PARTS: dict[str, Callable[[Path], Iterator[Figure]]] = {
    "mpr": _mpr,
    "ndax": _ndax,
    "csv": _csv,
    "pipeline": _pipeline,
    "cycles": _cycles,
    "spectra": _spectra,
    "lineage": _lineage,
    "lists": _lists,
    "scale": _scale,
    "load": _load,
}
