"""How often 95 % intervals of circuit fits hold the truth: 1,000 seeded spectra of random circuits, per parameter.

`python -m benchmarks.eis_coverage [fits]` from the project's folder; about 20 CPU-s with one thread
(`OPENBLAS_NUM_THREADS=1`, as workers have it). Exit status 1 outside 93-97 %.
"""

import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
CIRCUIT = "R0-p(R1,CPE1)-p(R2,CPE2)-W0"
FREQUENCY = np.logspace(6, -2, 71)
NOISE = 0.005
LEAST, MOST = 0.93, 0.97


def random_truth(generator: np.random.Generator) -> np.ndarray:
    """Two arcs inside the window, a decade and a half apart at least, and a diffusion tail."""
    series = 10 ** generator.uniform(1.0, 2.0)
    resistances = 10 ** generator.uniform(1.8, 3.0, 2)
    first = 10 ** generator.uniform(-5.5, -3.5)
    taus = first, first * 10 ** generator.uniform(1.5, 2.5)
    exponents = generator.uniform(0.75, 0.95, 2)
    amounts = [tau**n / r for tau, n, r in zip(taus, exponents, resistances, strict=True)]
    warburg = 10 ** generator.uniform(1.3, 2.3)
    arcs = np.column_stack([resistances, amounts, exponents]).ravel()
    return np.concatenate([[series], arcs, [warburg]])


def coverage(fits: int) -> tuple[dict[str, float], int, float]:
    """Part of the intervals that hold the truth, fits that missed the optimum, and CPU seconds."""
    sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
    from analysis_tasks.kernels.circuit_fitting import fit_circuit
    from analysis_tasks.kernels.circuits import parse
    from analysis_tasks.kernels.impedance_spectra import Spectrum

    circuit = parse(CIRCUIT)
    held = np.zeros(len(circuit.names))
    missed = 0
    started = time.process_time()
    for seed in range(fits):
        generator = np.random.default_rng(seed)
        truth = random_truth(generator)
        clean = circuit.impedance(truth, FREQUENCY)
        spread = generator.standard_normal((2, len(FREQUENCY)))
        measured = clean * (1.0 + NOISE * (spread[0] + 1j * spread[1]))
        fit = fit_circuit(circuit, Spectrum(1, 1, FREQUENCY, measured))
        lower, upper = fit.interval()
        held += (lower <= truth) & (truth <= upper)
        # The truth itself is a set of parameters: an optimum above it was not found.
        missed += fit.squares > float((np.abs(clean / measured - 1.0) ** 2).sum())
    return dict(zip(circuit.names, (held / fits).tolist(), strict=True)), missed, time.process_time() - started


def main() -> int:
    fits = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    found, missed, seconds = coverage(fits)
    for name, part in found.items():
        print(f"{name:8} {100 * part:5.1f} %{'' if LEAST <= part <= MOST else '   outside 93-97 %'}")
    print(f"{fits} fits without a guess, {missed} missed the optimum, {1000 * seconds / fits:.1f} CPU-ms each")
    return int(missed > 0 or not all(LEAST <= part <= MOST for part in found.values()))


if __name__ == "__main__":
    raise SystemExit(main())
