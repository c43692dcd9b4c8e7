"""A plug-in that misbehaves as a file tells it to: the reader and the kernel that the tests of faults run.

It is installed beside the site by `lab.py`, through the same entry points that any stranger's plug-in uses. A file
reads `FAULT`, a line feed and a JSON object: `marks` is a folder in which each start leaves a line, `read` and `kernel`
say what to do there, `numbers` how many random numbers to give back.
"""

import json
import os
import time
from pathlib import Path

import numpy as np

from analysis_tasks.kernels.base import Kernel, Output, Value
from core.tables import table
from measurements.readers.base import NO_MATCH, Match, Reader, Reading

SIGN = b"FAULT\n"
LONGEST_WAIT = 90.0


def behave(stage, order):
    """Leaves a line with this process and the one it was forked from, then does what the file says."""
    marks = Path(order["marks"])
    with (marks / f"{stage}.starts").open("a") as starts:
        starts.write(f"{os.getpid()} {os.getppid()}\n")
    act = order.get(stage, "pass")
    if act == "wait":
        deadline = time.monotonic() + LONGEST_WAIT
        while not (marks / f"{stage}.go").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
    elif act == "loop":
        while True:
            pass
    elif act == "hog":
        hoard = []
        while True:
            hoard.append(np.ones(1 << 21))  # 16 MiB, touched
            time.sleep(0.002)
    elif act == "crash":
        os.abort()
    elif act == "raise":
        raise ZeroDivisionError("a mistake in the plug-in")


def numbers(order):
    count = int(order.get("numbers", 10))
    return np.random.default_rng(7).random(count)


def score(source):
    return Match(1.0, "begins with FAULT") if source.head.startswith(SIGN) else NO_MATCH


def read(source, options):
    order = json.loads(source.path.read_bytes().removeprefix(SIGN).split(b"\n")[0])
    behave("read", order)
    records = table("records", {"test_time_second": np.arange(3.0), "voltage_volt": np.ones(3)})
    return Reading((records,), "ocv", {"order": order})


def run(inputs, parameters):
    order = inputs[0].metadata["order"]
    behave("kernel", order)
    return Output((Value("cycle_count", 3.0),), (table("cycles", {"noise": numbers(order)}),))


READER = Reader("faulty", "1", "faulty", "Faulty", (".fault",), ("ocv",), score, read)
KERNEL = Kernel("faulty.count", "1", "Faulty", "Misbehaves.", ("ocv",), ("records",), (), ("cycle_count",), run)
