"""Records of galvanostatic tests whose truth is known, and how kernels are run on them."""

import numpy as np

from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import KernelInput, Output
from analysis_tasks.kernels.parameters import freeze
from core.tables import Table, table
from measurements import readers
from measurements.readers.base import Source

UNITS = {"test_time_second": "s", "voltage_volt": "V", "current_ampere": "A"}


def run(kernel: str, records: Table, **parameters) -> Output:
    found = KERNELS[kernel]
    return found.run((KernelInput({"records": records}),), freeze(found, parameters))


def values(output: Output) -> dict[tuple, float]:
    return {(v.quantity, *sorted(v.index.items())): v.value for v in output.values}


def read(path) -> Table:
    return readers.read(Source.at(path))[1].table("records")


def record(*steps, noise=0.0, seed=1) -> Table:
    """A record from steps `(times in s from the start of the step, volts, amperes)`, one after the other."""
    times, volts, amperes, at = [], [], [], 0.0
    for since, voltage, current in steps:
        time = np.asarray(since, dtype=float)
        times.append(time + at)
        volts.append(np.broadcast_to(np.asarray(voltage, dtype=float), time.shape))
        amperes.append(np.broadcast_to(np.asarray(current, dtype=float), time.shape))
        at += time[-1]
    voltage = np.concatenate(volts)
    if noise:
        voltage = voltage + np.random.default_rng(seed).normal(0.0, noise, len(voltage))
    columns = {
        "test_time_second": np.concatenate(times),
        "voltage_volt": voltage,
        "current_ampere": np.concatenate(amperes),
    }
    return table("records", columns, UNITS)


def fading(fractions, *, current=1e-3, seconds=3600.0, points=60) -> Table:
    """Cycles between 3.0 and 4.2 V whose discharges have these fractions of `seconds` at one current."""
    steps = []
    for fraction in fractions:
        time = np.linspace(0.0, seconds * fraction, points)
        rise = np.linspace(3.0, 4.2, points)
        steps += [(time, rise, current), ([0.0, 60.0, 120.0], 4.1, 0.0)]
        steps += [(time, rise[::-1], -current), ([0.0, 60.0, 120.0], 3.1, 0.0)]
    return record(*steps)
