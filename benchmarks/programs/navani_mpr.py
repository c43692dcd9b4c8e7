"""Reads an .mpr with navani; prints CPU seconds and the number of records."""

import json
import sys
import time
import warnings

import navani.echem as ec

warnings.simplefilter("ignore")
ec.echem_file_loader(sys.argv[2])
began = time.process_time()
frame = ec.echem_file_loader(sys.argv[1])
cpu = time.process_time() - began
answer = {"records": len(frame), "voltage": float(frame["Voltage"].to_numpy().mean(dtype=float))}
print(json.dumps({"cpu": cpu, "answer": answer}))
