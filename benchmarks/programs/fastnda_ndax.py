"""Reads an .ndax with fastnda alone; prints CPU seconds, the number of records and the mean voltage."""

import json
import sys
import time

import fastnda

fastnda.read(sys.argv[2])
began = time.process_time()
frame = fastnda.read(sys.argv[1])
cpu = time.process_time() - began
voltage = frame["voltage_V"] if "voltage_V" in frame.columns else frame[next(c for c in frame.columns if "oltage" in c)]
print(json.dumps({"cpu": cpu, "answer": {"records": len(frame), "voltage": float(voltage.mean())}}))
