"""The limit for reading an .mpr: its records mapped into memory and six columns copied to float64."""

import json
import sys
import time
from pathlib import Path

import numpy as np

from measurements.readers.biologic_modules import DATA, modules

COLUMNS = 6
path = sys.argv[1]
began = time.process_time()
(data,) = [module for module in modules(Path(path)) if module.name == DATA]
count = int(np.fromfile(path, "<u4", 1, offset=data.start)[0])
size = data.length // count
raw = np.memmap(path, np.uint8, "r", offset=data.start + data.length - count * size, shape=(count, size))
columns = [np.ascontiguousarray(raw[:, 4 * n : 4 * n + 4]).view("<u4").ravel().astype(float) for n in range(COLUMNS)]
cpu = time.process_time() - began
print(json.dumps({"cpu": cpu, "answer": {"records": len(columns[0])}}))
