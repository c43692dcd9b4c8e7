"""impedance.py's linear Kramers-Kronig test of spectra in memory; prints CPU seconds and residuals.

`alike` fits real and imaginary part with a capacitor in series, as ours does here; `default` is what it does by itself.
"""

import contextlib
import io
import json
import sys
import time
import warnings

import numpy as np
from impedance.validation import linKK

warnings.simplefilter("ignore")
settings = {"alike": {"fit_type": "complex", "add_cap": True}, "default": {}}[sys.argv[1]]
arrays = np.load(sys.argv[2])
rms, cpu = [], 0.0
for impedance in arrays["impedance"]:
    with contextlib.redirect_stdout(io.StringIO()):
        began = time.process_time()
        _, _, _, real, imaginary = linKK(arrays["frequency"], impedance, **settings)
        cpu += time.process_time() - began
    rms.append(float(np.sqrt(np.mean(real**2 + imaginary**2))))
print(json.dumps({"cpu": cpu, "answer": {"rms": rms}}))
