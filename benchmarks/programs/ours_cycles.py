"""The capacity kernel alone on arrays in memory; prints CPU seconds and a capacity."""

import json
import sys
import time

import numpy as np

from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import KernelInput
from analysis_tasks.kernels.parameters import freeze
from core.tables import table

arrays = np.load(sys.argv[1])
kernel = KERNELS["cycling.capacity"]
records = table(
    "records",
    {
        "test_time_second": arrays["time"],
        "voltage_volt": arrays["voltage"],
        "current_ampere": arrays["current"],
    },
)
parameters = freeze(kernel, {})
began = time.process_time()
output = kernel.run((KernelInput({"records": records}),), parameters)
cpu = time.process_time() - began
cycles = output.tables[0]
answer = {"cycles": len(cycles), "first": float(cycles["discharge_capacity_total"][0])}
print(json.dumps({"cpu": cpu, "answer": answer}))
