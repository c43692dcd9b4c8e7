"""Reads an .ndax with the project's reader; prints CPU seconds, the number of records and the mean voltage."""

import json
import sys
import time
from pathlib import Path

from measurements import readers
from measurements.readers.base import Source

readers.read(Source.at(Path(sys.argv[2])))
began = time.process_time()
_, reading = readers.read(Source.at(Path(sys.argv[1])))
cpu = time.process_time() - began
records = reading.table("records")
answer = {"records": len(records), "voltage": float(records["voltage_volt"].mean())}
print(json.dumps({"cpu": cpu, "answer": answer}))
