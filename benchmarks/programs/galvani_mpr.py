"""Reads an .mpr with galvani; prints CPU seconds and the number of records."""

import json
import sys
import time

from galvani.BioLogic import MPRfile

MPRfile(sys.argv[2])
began = time.process_time()
data = MPRfile(sys.argv[1]).data
cpu = time.process_time() - began
print(json.dumps({"cpu": cpu, "answer": {"records": len(data), "voltage": float(data["Ewe/V"].mean(dtype=float))}}))
