"""The thinned charge and discharge curves, and the basics of voltammograms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels.base import NotApplicable
from analysis_tasks.kernels.cycling_curves import thinned
from analysis_tasks.kernels.half_cycle_curves import Curve
from core.tables import table
from tests.analysis_tasks.cycling_records import fading, read, run, values


def test_curves_are_records_with_every_unit():
    records = fading([1.0, 0.8], points=500)
    (curves,) = run("cycling.curves", records, active_mass=10.0, electrode_area=0.5).tables
    last = (curves["cycle"] == 2) & (curves["branch"] == "discharge")
    assert curves["capacity_total"][last][[0, -1]] == pytest.approx([0.0, 0.8])
    assert curves["capacity"][last][-1] == pytest.approx(80.0)
    assert curves["capacity_areal"][last][-1] == pytest.approx(1.6)
    assert [column.unit for column in curves][2:] == ["V", "mAh", "mAh/g", "mAh/cm^2"]
    assert np.isin(curves["voltage"], records["voltage_volt"]).all(), "no point is invented"
    assert np.count_nonzero(last) <= 160


def test_sixty_cycles_are_spread_over_a_long_test():
    (curves,) = run("cycling.curves", fading([1.0] * 200, points=30)).tables
    shown = np.unique(curves["cycle"])
    assert {1, 2, 200} <= set(shown.tolist())
    assert 60 <= len(shown) <= 61


def test_the_end_of_a_real_curve_is_its_capacity(shared_data):
    records = read(shared_data / "electrochemistry/EmpaEconversion+fastnda/nw4-120-1-6-53.ndax")
    (curves,) = run("cycling.curves", records).tables
    for cycle, capacity in ((1, 0.323620), (2, 0.232165)):
        own = (curves["cycle"] == cycle) & (curves["branch"] == "discharge")
        assert curves["capacity_total"][own].max() == pytest.approx(capacity, rel=2e-3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(2, 4)), min_size=1, max_size=500), st.integers(10, 60))
def test_thinning_keeps_both_ends_and_the_order(points, most):
    charge = np.cumsum([step for step, _ in points])
    voltage = np.array([volt for _, volt in points])
    kept = thinned(Curve(charge, voltage, np.ones(len(charge))), most)
    assert kept[0] == 0
    assert charge[kept[-1]] == charge[-1]
    assert (np.diff(kept) > 0).all()
    assert len(kept) <= most


def voltammogram(cycles=3, rate=0.01, noise=0.0):
    """Anodic peak of 2 mA at 0.30 V, cathodic one of -1.5 mA at 0.22 V, swept between 0 and 0.5 V."""
    up = np.linspace(0.0, 0.5, 1001)
    anodic = 2e-3 * np.exp(-0.5 * ((up - 0.30) / 0.02) ** 2)
    cathodic = -1.5e-3 * np.exp(-0.5 * ((up - 0.22) / 0.02) ** 2)
    potential = np.concatenate([np.concatenate([up[:-1], up[:0:-1]])] * cycles)
    current = np.concatenate([np.concatenate([anodic[:-1], cathodic[:0:-1]])] * cycles)
    potential = potential + np.random.default_rng(1).normal(0.0, noise, len(potential))
    time = np.arange(len(potential)) * 0.0005 / rate
    return table(
        "records",
        {"test_time_second": time, "voltage_volt": potential, "current_ampere": current},
        {"voltage_volt": "V"},
    )


@pytest.mark.parametrize("noise", [0.0, 2e-4])
def test_peaks_separation_and_charge_of_a_voltammogram(noise):
    found = values(run("cv.basics", voltammogram(noise=noise)))
    charge = 2e-3 * 0.02 * np.sqrt(2 * np.pi) / 0.01 / 3.6 * 1000 / 1000  # mA V / (V/s) in mAs, to mAh
    for cycle in (1, 2, 3):
        at = ("cycle", cycle)
        assert found["peak_potential", ("branch", "anodic"), at] == pytest.approx(0.30, abs=1.5e-3)
        assert found["peak_current", ("branch", "cathodic"), at] == pytest.approx(-1.5, rel=1e-3)
        assert found["peak_separation", at] == pytest.approx(0.08, abs=2e-3)
        assert found["half_wave_potential", at] == pytest.approx(0.26, abs=2e-3)
        assert found["anodic_charge", at] == pytest.approx(charge, rel=1e-3)
        assert found["cathodic_charge", at] == pytest.approx(0.75 * charge, rel=1e-3)


def test_a_peak_on_a_sloping_charging_current_keeps_its_height():
    """0.3 mA of charging current and 2 mA/V of leakage are below the wave, and are not the wave."""
    records = voltammogram()
    slope = 3e-4 * np.sign(np.gradient(records["voltage_volt"])) + 2e-3 * records["voltage_volt"]
    columns = {column.name: column.values for column in records}
    found = values(run("cv.basics", table("records", columns | {"current_ampere": records["current_ampere"] + slope})))
    for cycle in (1, 2, 3):
        at = ("cycle", cycle)
        assert found["peak_current", ("branch", "anodic"), at] > 2.5
        assert found["peak_height", ("branch", "anodic"), at] == pytest.approx(2.0, rel=0.01)
        assert found["peak_height", ("branch", "cathodic"), at] == pytest.approx(-1.5, rel=0.01)


def test_a_resistor_has_no_peaks():
    potential = np.concatenate([np.linspace(-0.1, 0.1, 500), np.linspace(0.1, -0.1, 500)])
    records = table("records", {"voltage_volt": potential, "current_ampere": potential / 100.0})
    output = run("cv.basics", records)
    assert output.values == ()
    assert output.tables[0]["sweep"].tolist() == ["anodic", "cathodic"]


def test_the_scan_rate_of_a_real_voltammogram(shared_data):
    (path,) = (shared_data / "electrochemistry").rglob("cv.issue_149.mpr")
    records = read(path)
    sweeps, curve = run("cv.basics", records).tables
    assert len(sweeps) == 7
    assert len(curve) <= len(records) + len(sweeps) - 1, "a record at which the potential turns belongs to both sweeps"
    assert curve["current"].max() == 1e3 * records["current_ampere"].max(), "thinned, but never its peaks"
    assert set(curve["cycle"].tolist()) == set(sweeps["cycle"].tolist())
    assert sweeps["scan_rate"] == pytest.approx(sweeps["scan_rate"][1], rel=0.01)


def test_a_constant_potential_is_not_swept():
    with pytest.raises(NotApplicable, match="not swept"):
        run("cv.basics", table("records", {"voltage_volt": np.full(50, 1.0), "current_ampere": np.ones(50)}))
