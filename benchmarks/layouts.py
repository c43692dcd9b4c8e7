"""Real records and a real spectrum in the layouts of programs of which no real file is at hand.

For the readers' damages only: the layouts are those that the tests of these readers hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from core.tables import Array, Table
from measurements.readers import bdf_csv, read
from measurements.readers.base import Source

RECORDS, SPECTRUM = "be-smith+navani/test.nda", "vyrjana+pyimpspec-GPL3-tests-only/data.z"
_ROWS = 120
_LANDT = "Index\tTestTime\tStepTime\tVoltage/V\tCurrent/mA\tCapacity/mAh\tSysTime\tState\n"
_DIGATRON = (
    "Battery,cell\n\nTime Stamp,Step,Status,Prog Time,Step Time,Cycle,Cycle Level,Procedure,Voltage,Current,AhAccu\n"
    ",,,,,,,,[V],[A],[Ah]\n"
)
_BASYTEC = (
    "~Resultfile from BaSyTec Battery Test System\n~Name of Test: cell\n~Start of Test: 05.05.2025 14:36:06\n~\n"
    "~Time[h]\tDataSet\tt-Step[h]\tLine\tCommand\tU[V]\tI[A]\tAh[Ah]\n"
)
_VERSASTUDIO = (
    "<Application>\nVersion=2.66\n</Application>\n<Segment1>\nType=2\n"
    "Definition=Segment #, Point #, E(V), I(A), Frequency(Hz), E Real, E Imag, I Real, I Imag, Z Real, Z Imag\n"
)
_PALMSENS = (
    "Date and time:,2024-11-05 10:20:30\n\nfreq / Hz,neg. Phase / °,Idc / uA,Z / Ohm,Z' / Ohm,-Z'' / Ohm,Cs / F\n"
)
_NOVA = "Index\tFrequency (Hz)\tZ' (Ω)\t-Z'' (Ω)\tZ (Ω)\t-Phase (°)\tTime (s)\n"
_ZAHNER = "Number   Frequency/Hz   Impedance/Ohm   Phase/deg   Significance   Time/s\n\n"


def written(folder: Path, into: Path) -> dict[str, list[Path]]:
    """Writes the files; the name of each reader and what was written for it.

    Args:
        folder: The real files.
        into: Where they are written.
    """
    records = read(Source.at(folder / RECORDS))[1].table("records")
    spectrum = read(Source.at(folder / SPECTRUM))[1].table("spectrum")
    made: dict[str, list[Path]] = {}
    for reader, (name, write) in _WRITERS.items():
        path = into / name
        path.write_bytes(write(records, spectrum))
        made[reader] = [path]
    parquet = into / "cell.bdf.parquet"
    records.write_parquet(parquet)
    return made | {"bdf_parquet": [parquet]}


def _columns(records: Table) -> tuple[Array, Array, Array]:
    """Time in s, voltage in V and current in A."""
    time, voltage, current = (records[name][:_ROWS] for name in ("test_time_second", "voltage_volt", "current_ampere"))
    return time, voltage, current


def _lines(heading: str, rows: Iterable[Sequence[object]], delimiter: str) -> str:
    return heading + "".join(delimiter.join(map(str, cells)) + "\n" for cells in rows)


def _clock(second: float) -> str:
    return f"{int(second) // 3600:02d}:{int(second) // 60 % 60:02d}:{second % 60:06.3f}"


def _landt(records: Table, spectrum: Table) -> bytes:
    del spectrum
    rows = (
        (n + 1, _clock(t)[:8], _clock(t)[:8], v, abs(i) * 1e3, 0.1, "2025-01-15 10:00:00", "C_CC" if i > 0 else "D_CC")
        for n, (t, v, i) in enumerate(zip(*_columns(records), strict=True))
    )
    return _lines(_LANDT, rows, "\t").encode()


def _digatron(records: Table, spectrum: Table) -> bytes:
    del spectrum
    rows = (
        ("10/27/2018 1:37:00 PM", 23, "CHA", _clock(t), _clock(t), 1, 0, "P1", v, i, 0.1)
        for t, v, i in zip(*_columns(records), strict=True)
    )
    return _lines(_DIGATRON, rows, ",").encode("latin-1")


def _basytec(records: Table, spectrum: Table) -> bytes:
    del spectrum
    rows = (
        (t / 3600, n + 1, t / 3600, 2, "Charge", v, i, 0.1)
        for n, (t, v, i) in enumerate(zip(*_columns(records), strict=True))
    )
    return _lines(_BASYTEC, rows, "\t").encode("latin-1")


def _ivium_text(records: Table, spectrum: Table) -> bytes:
    del spectrum
    return _lines("time /s\tE /V\tI /A\n", zip(*_columns(records), strict=True), "\t").encode()


def _ivium_file(records: Table, spectrum: Table) -> bytes:
    del spectrum
    time, voltage, current = _columns(records)
    told = "Method=MixedMode\r\nTitle=cell\r\nMconfig=0\r\n"
    rows = "".join(f"{t:.5E} {i:.5E}\t{v:.5E} \r\n" for t, i, v in zip(time, current, voltage, strict=True))
    block = f"primary_data    \r\n3         \r\n{len(time)}         \r\n{rows}"
    return bytes(16) + b"\xfb\0\0\0\r\0Version=11\r\n" + told.encode() + b"\x8d\x10\0\0\r\n" + block.encode()


def _session(records: Table, spectrum: Table) -> bytes:
    del records
    kinds = ((5, "Frequency", "Hertz", "Hz"), (7, "Z'", "ZRe", "Ω"), (8, "-Z''", "ZIm", "Ω"))
    arrays = [
        {
            "type": "PalmSens.Data.DataArray",
            "arraytype": number,
            "description": name,
            "unit": {"type": f"PalmSens.Units.{unit}", "s": symbol, "q": name},
            "datavalues": [{"v": value} for value in values.tolist()],
        }
        for (number, name, unit, symbol), values in zip(kinds, _impedances(spectrum), strict=True)
    ]
    measurement = {"title": "cell", "method": "METHOD_ID=eis\r\n", "eisdatalist": [{"dataset": {"values": arrays}}]}
    whole = {"type": "PalmSens.DataFiles.SessionFile", "coreversion": "5.9", "measurements": [measurement]}
    return ("\ufeff" + json.dumps(whole, ensure_ascii=False)).encode("utf-16-le")


def _impedances(spectrum: Table) -> tuple[Array, Array, Array]:
    """Frequency in Hz, real part and negative imaginary part in ohm."""
    return spectrum["frequency_hertz"], spectrum["real_impedance_ohm"], -spectrum["imaginary_impedance_ohm"]


def _nova(records: Table, spectrum: Table) -> bytes:
    del records
    rows = ((n, f, re, im, abs(complex(re, im)), 14.6, n) for n, (f, re, im) in _points(spectrum))
    return _lines(_NOVA, rows, "\t").replace(".", ",").encode("utf-16")


def _palmsens(records: Table, spectrum: Table) -> bytes:
    del records
    rows = ((f, 10, 0.1, abs(complex(re, im)), re, im, 1e-6) for _, (f, re, im) in _points(spectrum))
    return _lines(_PALMSENS, rows, ",").encode("utf-16")


def _zahner(records: Table, spectrum: Table) -> bytes:
    del records
    rows = (
        (n, f, abs(complex(re, im)), np.rad2deg(np.arctan2(-im, re)), 0.999, n) for n, (f, re, im) in _points(spectrum)
    )
    return _lines(_ZAHNER, rows, "   ").encode()


def _versastudio(records: Table, spectrum: Table) -> bytes:
    del records
    rows = ((0, n, 3.3, 0, f, 0.01, 0, 0.001, 0, re, -im) for n, (f, re, im) in _points(spectrum))
    return (_lines(_VERSASTUDIO, rows, ",") + "</Segment1>\n").encode()


def _points(spectrum: Table) -> Iterable[tuple[int, tuple[float, float, float]]]:
    return enumerate(zip(*(values.tolist() for values in _impedances(spectrum)), strict=True), start=1)


def _bdf(records: Table, spectrum: Table) -> bytes:
    del spectrum
    names = ("test_time_second", "voltage_volt", "current_ampere", "cycle_count")
    return bdf_csv.text_of({name: records[name][:_ROWS] for name in names}, {"simulated": "true"}).encode()


_WRITERS: Mapping[str, tuple[str, Callable[[Table, Table], bytes]]] = {
    "landt_export": ("landt.txt", _landt),
    "digatron_csv": ("digatron.csv", _digatron),
    "basytec_text": ("basytec.txt", _basytec),
    "ivium_text": ("ivium.txt", _ivium_text),
    "ivium_ids": ("cell.idf", _ivium_file),
    "palmsens_session": ("cell.pssession", _session),
    "palmsens_csv": ("palmsens.csv", _palmsens),
    "autolab_nova": ("nova.txt", _nova),
    "zahner_txt": ("zahner.txt", _zahner),
    "versastudio_par": ("versastudio.par", _versastudio),
    "bdf_csv": ("cell.bdf.csv", _bdf),
}
