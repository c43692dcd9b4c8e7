"""dQ/dV against a curve with known peaks, its invariances, and the charge that it must keep."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import find_peaks
from scipy.special import erf

from analysis_tasks.kernels.differential_capacity import differential, prominent
from analysis_tasks.kernels.parameters import ParameterError
from tests.analysis_tasks.cycling_records import fading, read, record, run, values

PEAKS = ((3.65, 0.030, 0.55), (4.02, 0.025, 0.30))  # V, V, mAh
GRID = np.linspace(3.0, 4.3, 60_001)


def passed(voltage):
    """Charge in mAh up to a voltage: two Gaussian peaks of dQ/dV on a flat ground of 0.1 mAh/V."""
    total = 0.1 * (voltage - 3.0)
    for centre, width, area in PEAKS:
        total = total + 0.5 * area * (1.0 + erf((voltage - centre) / (width * np.sqrt(2.0))))
    return total


def two_peaks(*, interval=5.0, noise=0.0, current=1e-3, hold=False):
    """A charge and a discharge at 1 mA along the known curve, with 600 s at constant voltage if wanted."""
    charge = passed(GRID) - passed(3.0)
    time = np.arange(0.0, charge[-1] * 3.6 / current, interval)
    voltage = np.interp(time * current / 3.6, charge, GRID)
    held = np.arange(interval, 600.0, interval)
    steps = [(time, voltage, current)]
    if hold:
        steps.append((held, voltage[-1], current * np.exp(-held / 150.0)))
    rest = (np.array([0.0, 30.0, 60.0]), 4.2, 0.0)
    return record(*steps, rest, (time, voltage[::-1], -current), noise=noise)


def test_peaks_stand_where_they_are():
    found = values(run("cycling.differential", two_peaks(noise=2e-4), active_mass=10.0))
    smoothing = 0.005
    for branch in ("charge", "discharge"):
        for number, (centre, width, area) in enumerate(PEAKS, start=1):
            index = (("branch", branch), ("cycle", 1), ("peak", number))
            assert found["peak_voltage", *index] == pytest.approx(centre, abs=1.5e-3)
            height = area / (np.sqrt(2 * np.pi) * np.hypot(width, smoothing)) + 0.1
            assert found["differential_capacity", *index] == pytest.approx(height * 100.0, rel=0.01)
    assert len([key for key in found if key[0] == "peak_voltage"]) == 4, "no peak is invented"


def test_the_band_covers_the_error():
    table = run("cycling.differential", two_peaks(noise=5e-4)).tables[0]
    charge = table["branch"] == "charge"
    voltage, band = table["voltage"][charge], table["deviation_total"][charge]
    truth = 0.1 + sum(
        area
        / (np.sqrt(2 * np.pi) * np.hypot(width, 0.005))
        * np.exp(-0.5 * ((voltage - c) / np.hypot(width, 0.005)) ** 2)
        for c, width, area in PEAKS
    )
    inner = (voltage > 3.1) & (voltage < 4.2)
    error = np.abs(table["differential_capacity_total"][charge] - truth)[inner]
    assert np.mean(error < 3.0 * band[inner] + 0.02 * truth[inner]) > 0.95


@pytest.mark.parametrize("hold", [False, True])
def test_the_integral_is_the_charge_at_constant_current(hold):
    table = run("cycling.differential", two_peaks(hold=hold, noise=2e-4)).tables[0]
    for branch in ("charge", "discharge"):
        own = table["branch"] == branch
        voltage, density = table["voltage"][own], table["differential_capacity_total"][own]
        integral = density.sum() * (voltage[1] - voltage[0])
        assert integral == pytest.approx(passed(GRID[-1]) - passed(3.0), rel=0.005)


def test_dv_dq_is_the_inverse_at_the_same_charge():
    table = run("cycling.differential", two_peaks()).tables[0]
    known = np.isfinite(table["differential_voltage_total"])
    product = table["differential_voltage_total"][known] * table["differential_capacity_total"][known]
    assert product == pytest.approx(1.0)


def test_neither_the_sampling_nor_the_unit_moves_the_peaks():
    """Elsewhere, ampere-hours in place of milliampere-hours moved a peak by 808 mV."""
    base = values(run("cycling.differential", two_peaks(interval=5.0)))
    for other in (two_peaks(interval=15.0), two_peaks(interval=0.005, current=1.0)):
        found = values(run("cycling.differential", other))
        assert set(found) == set(base)
        assert [found[key] for key in base] == pytest.approx(list(base.values()), abs=2e-3)


def test_two_runs_give_the_same_bits():
    one, two = (run("cycling.differential", two_peaks(noise=3e-4)).tables[0] for _ in range(2))
    assert one.sha256 == two.sha256


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("first, second, last", [1, 2, 6]), ("3,5", [3, 5]), ("all", [1, 2, 3, 4, 5, 6]), ("99", []), ("last", [6])],
)
def test_cycles_are_chosen_by_number_and_word(wanted, expected):
    table = run("cycling.differential", fading([1.0] * 6), cycles=wanted).tables[0]
    assert sorted(set(table["cycle"].tolist())) == expected


@pytest.mark.parametrize("wanted", ["one", "-1", "1;2", " "])
def test_a_wrong_choice_says_what_would_be_right(wanted):
    with pytest.raises(ParameterError, match="cycles: .*first, second, last"):
        run("cycling.differential", fading([1.0] * 3), cycles=wanted)


def test_a_real_graphite_like_file_keeps_its_charge(shared_data):
    records = read(shared_data / "electrochemistry/be-smith+navani/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr")
    table = run("cycling.differential", records, cycles="2").tables[0]
    cycles = run("cycling.capacity", records).tables[0]
    own = table["branch"] == "discharge"
    voltage, density = table["voltage"][own], table["differential_capacity_total"][own]
    truth = cycles["discharge_capacity_total"][cycles["cycle"] == 2][0]
    assert density.sum() * (voltage[1] - voltage[0]) == pytest.approx(truth, rel=0.005)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-0.01, 0.02), min_size=10, max_size=200),
    st.sampled_from([1, -1]),
    st.floats(0.001, 0.02),
)
def test_any_record_keeps_its_charge_and_never_falls_below_zero(moves, direction, sigma):
    voltage = 3.5 + direction * np.cumsum(moves)
    charge = np.arange(float(len(moves)))
    found = differential(charge, voltage, direction, sigma)
    if found is not None:
        curve, _ = found
        assert (np.diff(curve.voltage) > 0).all()
        assert curve.capacity.min() >= -1e-9 * curve.capacity.max()
        assert curve.capacity.sum() * curve.cell == pytest.approx(charge[-1], rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=80, unique=True))
def test_peaks_and_their_prominence_agree_with_another_program(heights):
    row = np.array(heights)
    places, found = find_peaks(np.concatenate(([0.0], row, [0.0])), prominence=0.05)
    ours = prominent(row, 0.05)
    assert [place for place, _ in ours] == (places - 1).tolist()
    assert [prominence for _, prominence in ours] == pytest.approx(found["prominences"].tolist())
