"""Simulated instrument files with stored truth: what the demo lab shows and what kernels are tested against.

A simulated file says so in its header, and the truth that it was made from is returned beside it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measurements.readers.bdf_csv import text_of

Floats = NDArray[np.float64]

# Open-circuit voltage of a layered oxide over the fraction of its usable charge that is taken out: a sloping
# plateau, a knee where the host is full of lithium, and a rise at the end of charge. Coefficients in V.
_OCV_START, _OCV_SLOPE, _OCV_KNEE, _OCV_RISE = 3.62, 0.48, 0.16, 0.07
_KNEE_WIDTH, _RISE_ORDER = 0.02, 8
# Power of the progress with which failing transport takes the voltage to its limit: the last few per cent.
_TRANSPORT_ORDER = 60


@dataclass(frozen=True)
class CyclingSpec:
    """A galvanostatic test to simulate.

    Attributes:
        active_mass: In mg.
        first_capacity: Discharge capacity of cycle 1 in mAh/g.
        last_capacity: Discharge capacity of the last cycle in mAh/g; the fade in between is exponential.
        cycles: Number of cycles.
        specific_current: In mA/g.
        lower, upper: Voltage window in V.
        polarisation: Charge less discharge voltage of cycle 1 in V, half of it on each branch.
        polarisation_growth: Share by which it has grown at the last cycle.
        first_efficiency, efficiency: Coulombic efficiency of cycle 1 and of the others, 0 to 1.
        interval: Time between records in s; the end of a step is always recorded.
        rest: Rest before the first and after each half cycle in s.
        noise: Standard deviation of the voltage noise in V.
        seed: Of the noise.
        started_at: ISO 8601, for the header.
    """

    active_mass: float = 2.10
    first_capacity: float = 138.8
    last_capacity: float = 120.0
    cycles: int = 10
    specific_current: float = 9.0
    lower: float = 2.8
    upper: float = 4.3
    polarisation: float = 0.12
    polarisation_growth: float = 0.5
    first_efficiency: float = 0.86
    efficiency: float = 0.995
    interval: float = 60.0
    rest: float = 600.0
    noise: float = 2e-4
    seed: int = 622
    started_at: str = "2025-03-03T09:00:00Z"

    def __post_init__(self) -> None:
        largest = 0.5 * self.polarisation * (1.0 + self.polarisation_growth)
        for name in ("active_mass", "first_capacity", "last_capacity", "specific_current", "interval"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}: {getattr(self, name)} is not above 0")
        if self.cycles < 1:
            raise ValueError(f"cycles: {self.cycles} is below 1")
        if self.upper <= _open_circuit(np.array([1.0]))[0] + largest:
            raise ValueError(f"upper: the cell passes {self.upper} V before its charge is complete")
        if self.lower >= _open_circuit(np.array([0.0]))[0] - largest:
            raise ValueError(f"lower: the cell falls below {self.lower} V before its discharge is complete")


def simulate_cycling(spec: CyclingSpec) -> tuple[bytes, dict[str, Any]]:
    """A Battery Data Format text file of a cathode half cell under constant current, and its truth.

    Each half cycle moves exactly the charge that the truth says: the terminal voltage is the open-circuit
    voltage plus (charge) or less (discharge) half the polarisation, and failing transport takes it to the limit
    as the last of that charge flows.

    Returns:
        The file, and `{"simulated": True, "spec": {...}, "cycles": [{"cycle", "charge_capacity_total",
        "discharge_capacity_total" (mAh), "charge_capacity", "discharge_capacity" (mAh/g), "coulombic_efficiency"
        (%), "mean_charge_voltage", "mean_discharge_voltage" (V)}, ...]}`.
    """
    current = spec.specific_current * spec.active_mass * 1e-6
    steps = [_rest(spec, at=_open_circuit(np.array([0.0]))[0])]
    truth = []
    for number, (charge, discharge, overpotential) in enumerate(_plan(spec), start=1):
        row: dict[str, float] = {"cycle": number}
        for name, direction, capacity in (("charge", 1, charge), ("discharge", -1, discharge)):
            seconds = capacity * 3.6 / current
            steps += [_half_cycle(spec, seconds, direction, overpotential, current)]
            steps += [_rest(spec, at=float(steps[-1]["voltage_volt"][-1]) - direction * overpotential)]
            row |= {
                f"{name}_capacity_total": capacity,
                f"{name}_capacity": capacity * 1000.0 / spec.active_mass,
                f"mean_{name}_voltage": _mean_voltage(spec, direction, overpotential),
            }
        truth.append(row | {"coulombic_efficiency": 100.0 * discharge / charge})
    columns = _joined(steps, np.random.default_rng(spec.seed), spec.noise)
    header = {
        "simulated": "true",
        "generator": "demo.simulate.simulate_cycling",
        "started_at": spec.started_at,
        "technique": "cycling",
        "seed": str(spec.seed),
    }
    return text_of(columns, header).encode(), {"simulated": True, "spec": asdict(spec), "cycles": truth}


def _plan(spec: CyclingSpec) -> list[tuple[float, float, float]]:
    """Charge and discharge capacity in mAh and overpotential of one branch in V, for each cycle."""
    progress = np.linspace(0.0, 1.0, spec.cycles) if spec.cycles > 1 else np.zeros(1)
    fade = (spec.last_capacity / spec.first_capacity) ** progress
    discharge = spec.first_capacity * fade * spec.active_mass / 1000.0
    efficiency = np.where(np.arange(spec.cycles) == 0, spec.first_efficiency, spec.efficiency)
    overpotential = 0.5 * spec.polarisation * (1.0 + spec.polarisation_growth * progress)
    return list(zip((discharge / efficiency).tolist(), discharge.tolist(), overpotential.tolist(), strict=True))


def _open_circuit(delithiation: Floats) -> Floats:
    """Open-circuit voltage in V at a fraction (0 to 1) of the usable charge taken out."""
    knee = _OCV_KNEE * np.exp(-delithiation / _KNEE_WIDTH)
    rise = _OCV_RISE * delithiation**_RISE_ORDER
    voltage: Floats = _OCV_START + _OCV_SLOPE * delithiation - knee + rise
    return voltage


def _terminal(spec: CyclingSpec, progress: Floats, direction: int, overpotential: float) -> Floats:
    """Voltage in V over the progress (0 to 1) of a half cycle; it ends at the limit."""
    delithiation = progress if direction > 0 else 1.0 - progress
    limit = spec.upper if direction > 0 else spec.lower
    before_limit = _open_circuit(np.array([1.0 if direction > 0 else 0.0]))[0] + direction * overpotential
    transport = (limit - before_limit) * progress**_TRANSPORT_ORDER
    voltage: Floats = _open_circuit(delithiation) + direction * overpotential + transport
    return voltage


def _mean_voltage(spec: CyclingSpec, direction: int, overpotential: float) -> float:
    """Mean of the voltage over the charge, on a grid so fine that its error is below 1e-7 V."""
    progress = np.linspace(0.0, 1.0, 200_001)
    return float(np.trapezoid(_terminal(spec, progress, direction, overpotential), progress))


def _half_cycle(
    spec: CyclingSpec, seconds: float, direction: int, overpotential: float, current: float
) -> dict[str, Floats]:
    time = np.append(np.arange(0.0, seconds, spec.interval), seconds)
    return {
        "test_time_second": time,
        "voltage_volt": _terminal(spec, time / seconds, direction, overpotential),
        "current_ampere": np.full(len(time), direction * current),
    }


def _rest(spec: CyclingSpec, at: float) -> dict[str, Floats]:
    """A rest at one voltage: relaxation is not modelled."""
    time = np.append(np.arange(0.0, spec.rest, spec.interval), spec.rest)
    return {
        "test_time_second": time,
        "voltage_volt": np.full(len(time), at),
        "current_ampere": np.zeros(len(time)),
    }


def _joined(steps: list[dict[str, Floats]], noise: np.random.Generator, deviation: float) -> dict[str, Any]:
    """The steps one after the other as Battery Data Format columns, rounded as a cycler writes them."""
    ends = np.cumsum([step["test_time_second"][-1] for step in steps])
    starts = np.append(0.0, ends[:-1])
    time = np.concatenate([step["test_time_second"] + start for step, start in zip(steps, starts, strict=True)])
    voltage = np.concatenate([step["voltage_volt"] for step in steps])
    return {
        "test_time_second": np.round(time, 4),
        "voltage_volt": np.round(voltage + noise.normal(0.0, deviation, len(voltage)), 6),
        "current_ampere": np.concatenate([step["current_ampere"] for step in steps]),
        "step_count": np.repeat(np.arange(1, len(steps) + 1), [len(step["voltage_volt"]) for step in steps]),
    }
