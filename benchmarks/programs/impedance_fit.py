"""impedance.py's fit of spectra in memory, each from its start; prints CPU seconds and weighted sums of squares."""

import json
import sys
import time
import warnings

import numpy as np
from impedance.models.circuits import CustomCircuit

warnings.simplefilter("ignore")
arrays = np.load(sys.argv[1])
frequency, squares, cpu = arrays["frequency"], [], 0.0
for impedance, start in zip(arrays["impedance"], arrays["start"], strict=True):
    circuit = CustomCircuit("R0-p(R1,CPE1)-p(R2,CPE2)-W0", initial_guess=list(start))
    began = time.process_time()
    circuit.fit(frequency, impedance, weight_by_modulus=True)
    cpu += time.process_time() - began
    squares.append(float((np.abs(circuit.predict(frequency) / impedance - 1.0) ** 2).sum()))
print(json.dumps({"cpu": cpu, "answer": {"squares": squares}}))
