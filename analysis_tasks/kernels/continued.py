"""Joins the records of a test that a cycler wrote into several files into one run of columns.

A continuation file is not a new test: its half cycles go on where the file before stopped.
"""

from __future__ import annotations

import numpy as np

from analysis_tasks.kernels.base import KernelInput, NotApplicable
from core.tables import Table, table

TIME, VOLTAGE, CURRENT = "test_time_second", "voltage_volt", "current_ampere"


def continued_records(inputs: tuple[KernelInput, ...]) -> Table:
    """Records of one file as they are, or those of several one after the other.

    Several files are ordered by when they were started, or as given where one does not say; each begins when
    the file before ends. Only time, voltage and current are kept then, for counters start again with each
    file.

    Raises:
        NotApplicable: A file has no time, voltage or current.
    """
    if not inputs:
        raise NotApplicable("there is no file to analyse")
    parts = [_checked(one.tables["records"]) for one in _in_order(inputs)]
    if len(parts) == 1:
        return parts[0]
    times, end = [], 0.0
    for part in parts:
        time = part[TIME].astype(np.float64, copy=False)
        times.append(time - (time[0] - end) if len(time) else time)
        end = float(times[-1][-1]) if len(time) else end
    joined = {TIME: np.concatenate(times)}
    joined |= {name: np.concatenate([part[name] for part in parts]) for name in (VOLTAGE, CURRENT)}
    return table("records", joined, {TIME: "s", VOLTAGE: "V", CURRENT: "A"})


def _in_order(inputs: tuple[KernelInput, ...]) -> list[KernelInput]:
    if all(one.metadata.get("started_at") for one in inputs):
        return sorted(inputs, key=lambda one: str(one.metadata["started_at"]))
    return list(inputs)


def _checked(records: Table) -> Table:
    missing = [name for name in (TIME, VOLTAGE) if name not in records]
    if missing:
        raise NotApplicable(f"the records have no column {' and no column '.join(missing)}")
    if CURRENT not in records:
        raise NotApplicable("no current flows: the records have neither a current nor a charge column")
    return records
