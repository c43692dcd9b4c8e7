"""pyimpspec's tr-rbf relaxation times of spectra in memory, by its own settings; prints CPU seconds and gamma."""

import json
import sys
import time
import warnings

import numpy as np
from pyimpspec import DataSet
from pyimpspec.analysis.drt import calculate_drt_tr_rbf

warnings.simplefilter("ignore")
arrays = np.load(sys.argv[1])
tau, gammas, cpu = [], [], 0.0
for impedance in arrays["impedance"]:
    data = DataSet(arrays["frequency"], impedance)
    began = time.process_time()
    result = calculate_drt_tr_rbf(data, num_procs=1)
    cpu += time.process_time() - began
    order = np.argsort(result.time_constants)
    tau = result.time_constants[order].tolist()
    gammas.append(result.gammas[order].tolist())
print(json.dumps({"cpu": cpu, "answer": {"tau": tau, "gamma": gammas}}))
