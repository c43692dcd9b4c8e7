"""cellpy's step table and summary on the same arrays, with the columns it needs made before; prints CPU seconds.

Its capacities are the cycler's own counters, which are made here; it integrates nothing itself.
"""

import json
import logging
import sys
import time
import warnings

import numpy as np
import pandas as pd

logging.disable(logging.CRITICAL)
from cellpy.readers.cellreader import CellpyCell  # noqa: E402 (it speaks while it is imported)

warnings.simplefilter("ignore")
arrays = np.load(sys.argv[1])
seconds, current, cycle = arrays["time"], arrays["current"], arrays["cycle"]
first = np.flatnonzero(np.diff(cycle, prepend=cycle[0] - 1))
passed = np.abs(current) * np.diff(seconds, prepend=seconds[0]) / 3600.0


def counter(flows: np.ndarray) -> np.ndarray:
    """Charge in Ah in one direction, from 0 in every cycle."""
    total = np.cumsum(passed * flows)
    before = total[first] - (passed * flows)[first]
    reset: np.ndarray = total - np.repeat(before, np.diff(first, append=len(total)))
    return reset


charged, discharged = counter(current > 0), counter(current < 0)
cell = CellpyCell.vacant()
cell.data.raw = pd.DataFrame(
    {
        "datapoint_num": np.arange(1, len(seconds) + 1),
        "epoch_time_utc": (1.7e18 + seconds * 1e9).astype(np.int64),
        "test_time": seconds,
        "step_time": seconds,
        "test_id": np.zeros(len(seconds), dtype=np.int64),
        "step_num": np.where(current > 0, 1, 2),
        "cycle_num": cycle.astype(np.int64),
        "potential": arrays["voltage"],
        "current": current,
        "cumulative_charge_capacity": charged,
        "cumulative_discharge_capacity": discharged,
        "cumulative_charge_energy": charged * 3.9,
        "cumulative_discharge_energy": discharged * 3.5,
        "internal_resistance": np.zeros(len(seconds)),
    }
)
cell.cycle_mode = "cathode"
cell.mass = 1.0
began = time.process_time()
cell.make_step_table()
cell.make_summary()
cpu = time.process_time() - began
summary = cell.data.summary
answer = {"cycles": len(summary), "first": 1000.0 * float(summary["discharge_capacity"].iloc[0])}
print(json.dumps({"cpu": cpu, "answer": answer}))
