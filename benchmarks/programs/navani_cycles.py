"""navani's cycle_summary alone on the same arrays, with the columns it needs made before; prints CPU seconds."""

import json
import sys
import time
import warnings

import navani.echem as ec
import numpy as np
import pandas as pd
from navani.bdf import bdf_processing

warnings.simplefilter("ignore")
arrays = np.load(sys.argv[1])
frame = bdf_processing(
    pd.DataFrame(
        {
            "Test Time / s": arrays["time"],
            "Voltage / V": arrays["voltage"],
            "Current / A": arrays["current"],
        }
    )
)
began = time.process_time()
summary = ec.cycle_summary(frame)
cpu = time.process_time() - began
answer = {"cycles": len(summary), "first": float(summary["Discharge Capacity"].iloc[0])}
print(json.dumps({"cpu": cpu, "answer": answer}))
