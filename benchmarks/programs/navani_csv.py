"""Reads the same text file with navani and makes its per-cycle table; prints CPU seconds and a capacity."""

import json
import sys
import time
import warnings
from typing import Any

import navani.echem as ec

warnings.simplefilter("ignore")


def work(path: str) -> Any:
    return ec.cycle_summary(ec.echem_file_loader(path))


work(sys.argv[2])
began = time.process_time()
summary = work(sys.argv[1])
cpu = time.process_time() - began
answer = {"cycles": len(summary), "first": float(summary["Discharge Capacity"].iloc[0])}
print(json.dumps({"cpu": cpu, "answer": answer}))
