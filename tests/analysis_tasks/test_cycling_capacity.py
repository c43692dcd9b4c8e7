"""The cycling kernel against exactly known tests, against real files, and against laws that any record obeys."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis_tasks.kernels import KERNELS
from analysis_tasks.kernels.base import KernelInput, NotApplicable, Output
from analysis_tasks.kernels.parameters import ParameterError, freeze
from core.quantities import QUANTITIES
from core.tables import Table, table
from measurements import readers
from measurements.readers.base import Source

KERNEL = KERNELS["cycling.capacity"]
UNITS = {"test_time_second": "s", "voltage_volt": "V", "current_ampere": "A"}
JDB = "electrochemistry/be-smith+navani/jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.mpr"
NEWARE = "electrochemistry/EmpaEconversion+fastnda"


def run(*records: Table, **parameters) -> Output:
    inputs = tuple(KernelInput({"records": one}) for one in records)
    return KERNEL.run(inputs, freeze(KERNEL, parameters))


def values(output: Output) -> dict[tuple[Any, ...], float]:
    return {(v.quantity, *sorted(v.index.items())): v.value for v in output.values}


def read(path) -> Table:
    return readers.read(Source.at(path))[1].table("records")


def record(*steps, interval=10.0) -> Table:
    """A record from steps `(current in A, seconds, first V, last V)`, sampled evenly and at the end of each step."""
    time, voltage, current, at = [], [], [], 0.0
    for amperes, seconds, first, last in steps:
        own = np.append(np.arange(0.0, seconds, interval), seconds)
        time.append(own + at)
        voltage.append(first + (last - first) * own / seconds)
        current.append(np.full(len(own), amperes))
        at += seconds
    columns = {
        "test_time_second": np.concatenate(time),
        "voltage_volt": np.concatenate(voltage),
        "current_ampere": np.concatenate(current),
    }
    return table("records", columns, UNITS)


def without_rows(records: Table, rows) -> Table:
    return table(records.name, {c.name: np.delete(c.values, rows) for c in records}, UNITS)


# Charge 1 mA for 2 h, discharge 1 mA for 1.8 h: 2 mAh and 1.8 mAh; then 1.9 h and 1.7 h.
REST = (0.0, 600.0, 3.5, 3.5)
CHARGE_1, DISCHARGE_1 = (1e-3, 7200.0, 3.6, 4.3), (-1e-3, 6480.0, 4.2, 2.8)
CHARGE_2, DISCHARGE_2 = (1e-3, 6840.0, 3.6, 4.3), (-1e-3, 6120.0, 4.2, 2.8)
TWO_CYCLES = (REST, CHARGE_1, REST, DISCHARGE_1, REST, CHARGE_2, REST, DISCHARGE_2, REST)


def test_two_known_cycles_give_their_numbers():
    found = values(run(record(*TWO_CYCLES), active_mass=10.0, electrode_area=0.5, convention="cathode|Li"))
    expected = {
        ("initial_discharge_capacity_total",): 1.8,
        ("initial_discharge_capacity",): 180.0,
        ("initial_discharge_capacity_areal",): 3.6,
        ("final_discharge_capacity",): 170.0,
        ("initial_charge_capacity",): 200.0,
        ("final_charge_capacity_total",): 1.9,
        ("initial_discharge_energy_total",): 1.8 * 3.5,
        ("initial_discharge_energy",): 180.0 * 3.5,
        ("initial_discharge_energy_areal",): 3.6 * 3.5,
        ("final_discharge_energy",): 170.0 * 3.5,
        ("initial_charge_energy",): 200.0 * 3.95,
        ("final_charge_energy_total",): 1.9 * 3.95,
        ("cycle_count",): 2,
        ("capacity_retention",): 100 * 1.7 / 1.8,
        ("coulombic_efficiency", ("cycle", 1)): 90.0,
        ("coulombic_efficiency", ("cycle", 2)): 100 * 1.7 / 1.9,
        ("mean_charge_voltage", ("cycle", 1)): 3.95,
        ("mean_discharge_voltage", ("cycle", 1)): 3.5,
        ("polarisation", ("cycle", 1)): 0.45,
        ("energy_efficiency", ("cycle", 1)): 100 * 1.8 * 3.5 / (2.0 * 3.95),
        ("upper_cutoff_voltage",): 4.3,
        ("lower_cutoff_voltage",): 2.8,
        ("specific_current",): 100.0,
        ("areal_current_density",): 2.0,
    }
    assert {key: found[key] for key in expected} == pytest.approx(expected, rel=1e-9)


def test_the_tables_hold_every_cycle_and_half_cycle_with_units():
    cycles, half = run(record(*TWO_CYCLES), active_mass=10.0, convention="full").tables
    assert (cycles.name, half.name) == ("cycles", "half_cycles")
    assert cycles["cycle"].tolist() == [1, 2]
    assert cycles["discharge_capacity"].tolist() == pytest.approx([180.0, 170.0])
    assert cycles.column("discharge_capacity").unit == "mAh/g"
    assert "discharge_capacity_areal" not in cycles
    assert cycles["discharge_energy"].tolist() == pytest.approx([1.8 * 3.5, 1.7 * 3.5])
    assert cycles["discharge_energy_specific"].tolist() == pytest.approx([630.0, 595.0])
    assert cycles.column("charge_energy_specific").unit == "Wh/kg"
    assert cycles["inter_cycle_efficiency"][0] == pytest.approx(100 * 1.9 / 1.8)
    assert cycles["complete"].tolist() == [True, True]
    assert half["direction"].tolist() == ["charge", "discharge", "charge", "discharge"]
    assert half["capacity_total"].tolist() == pytest.approx([2.0, 1.8, 1.9, 1.7])
    assert half["mean_current"].tolist() == pytest.approx([1.0] * 4)
    assert all(column.label for one in (cycles, half) for column in one)


def test_every_result_is_a_declared_quantity():
    output = run(record(*TWO_CYCLES), active_mass=10.0, electrode_area=1.0, one_c=180.0, theoretical_capacity=276.51)
    assert {value.quantity for value in output.values} == set(KERNEL.yields)
    assert set(KERNEL.yields) <= set(QUANTITIES)


def test_rest_does_not_enter_the_mean_voltage():
    """Integrating over rests gave -0.43 V for a 4.2 V cell elsewhere."""
    long_rest = (0.0, 360_000.0, 0.0, 0.0)
    found = values(run(record(REST, CHARGE_1, long_rest, DISCHARGE_1, long_rest)))
    assert found["mean_discharge_voltage", ("cycle", 1)] == pytest.approx(3.5)
    assert found["mean_charge_voltage", ("cycle", 1)] == pytest.approx(3.95)


def test_uncertainty_of_the_mass_reaches_what_is_divided_by_it():
    output = run(record(*TWO_CYCLES), active_mass=10.0, active_mass_uncertainty=0.2)
    spread = {value.quantity: value.uncertainty for value in output.values}
    assert spread["initial_discharge_capacity"] == pytest.approx(180.0 * 0.02)
    assert spread["specific_current"] == pytest.approx(100.0 * 0.02)
    assert spread["initial_discharge_capacity_total"] is None
    assert spread["capacity_retention"] is None


@pytest.mark.parametrize(
    ("convention", "efficiencies"),
    [
        ("cathode|Li", {1: 100 * 1.8 / 2.0, 2: 100 * 1.7 / 1.9}),
        ("full", {1: 100 * 1.8 / 2.0, 2: 100 * 1.7 / 1.9}),
        ("anode|Li", {1: 100 * 1.9 / 1.8}),
        ("Li|Cu", {1: 100 * 1.9 / 1.8}),
        ("symmetric", {}),
    ],
)
def test_the_kind_of_cell_decides_what_coulombic_efficiency_is(convention, efficiencies):
    output = run(record(*TWO_CYCLES), convention=convention)
    found = {v.index["cycle"]: v.value for v in output.values if v.quantity == "coulombic_efficiency"}
    assert found == pytest.approx(efficiencies)


def test_a_leading_discharge_is_cycle_0_without_efficiency():
    """Fixed pairing of a file that starts with a short discharge gave 478 % elsewhere."""
    output = run(record(REST, (-1e-3, 1500.0, 3.0, 2.8), *TWO_CYCLES), convention="cathode|Li")
    cycles = output.tables[0]
    assert cycles["cycle"].tolist() == [0, 1, 2]
    assert np.isnan(cycles["coulombic_efficiency"][0])
    assert values(output)["initial_discharge_capacity_total",] == pytest.approx(1.8)
    assert any("cycle 0" in text for text in output.warnings)


def test_a_discharge_that_is_still_running_never_counts():
    running = record(*TWO_CYCLES[:-2], (-1e-3, 3000.0, 4.2, 3.4))
    output = run(running, convention="full")
    found = values(output)
    assert found["final_discharge_capacity_total",] == pytest.approx(1.8)
    assert found["cycle_count",] == 1
    assert ("capacity_retention",) not in found
    assert np.isnan(output.tables[0]["coulombic_efficiency"][1])
    assert any("not reached its limit" in text for text in output.warnings)


def test_a_record_that_stops_at_the_limit_counts_as_complete():
    assert values(run(record(*TWO_CYCLES[:-1])))["final_discharge_capacity_total",] == pytest.approx(1.7)


def test_a_single_discharge_needs_the_window_to_be_known_complete():
    single = record(CHARGE_1, REST, DISCHARGE_1)
    without = run(single)
    assert ("initial_discharge_capacity_total",) not in values(without)
    assert any("state the voltage window" in text for text in without.warnings)
    stated = values(run(single, lower_cutoff_voltage=2.8, upper_cutoff_voltage=4.3))
    assert stated["initial_discharge_capacity_total",] == pytest.approx(1.8)


def test_a_discharge_that_misses_the_stated_limit_does_not_count():
    early = record(CHARGE_1, REST, DISCHARGE_1, REST, CHARGE_2, REST, (-1e-3, 3000.0, 4.2, 3.1), REST)
    found = values(run(early, lower_cutoff_voltage=2.8))
    assert found["cycle_count",] == 1
    assert found["final_discharge_capacity_total",] == pytest.approx(1.8)


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ({"upper_cutoff_voltage": 4.5}, "never the stated upper limit of 4.500 V"),
        ({"lower_cutoff_voltage": 2.5}, "never the stated lower limit of 2.500 V"),
        ({"upper_cutoff_voltage": 4.2}, "beyond the stated upper limit of 4.200 V"),
        ({"lower_cutoff_voltage": 3.0}, "beyond the stated lower limit of 3.000 V"),
    ],
)
def test_a_window_that_is_not_that_of_the_record_is_said(window, said):
    assert any(said in text for text in run(record(*TWO_CYCLES), **window).warnings)
    right = run(record(*TWO_CYCLES), upper_cutoff_voltage=4.3, lower_cutoff_voltage=2.8, convention="full")
    assert not any("limit" in text for text in right.warnings)


def test_time_limited_half_cycles_are_complete_when_they_last_as_long():
    plating = (REST, (-1e-3, 3600.0, -0.05, -0.02), (1e-3, 3500.0, 0.02, 1.0)) * 2
    found = values(run(record(*plating, (-1e-3, 3600.0, -0.05, -0.04)), convention="Li|Cu"))
    assert found["cycle_count",] == 3


def test_one_cycle_has_no_retention():
    assert ("capacity_retention",) not in values(run(record(REST, CHARGE_1, REST, DISCHARGE_1, REST)))


def test_no_retention_where_the_rate_changed():
    slow_then_fast = (REST, CHARGE_1, REST, DISCHARGE_1, REST, CHARGE_2, REST, (-4e-3, 1000.0, 4.2, 2.8), REST)
    output = run(record(*slow_then_fast))
    assert ("capacity_retention",) not in values(output)
    assert any("no retention" in text and "1 mA and 4 mA" in text for text in output.warnings)


def test_more_than_the_theory_allows_is_said():
    output = run(record(*TWO_CYCLES), active_mass=5.0, theoretical_capacity=276.51)
    assert any(
        text.startswith("exceeds theoretical capacity: check mass, area, current unit") for text in output.warnings
    )
    assert values(output)["utilisation",] == pytest.approx(100 * 360.0 / 276.51)


def test_the_rate_and_both_utilisations():
    found = values(run(record(*TWO_CYCLES), active_mass=10.0, one_c=200.0, theoretical_capacity=250.0))
    assert found["c_rate",] == pytest.approx(0.5)
    assert found["utilisation_of_one_c",] == pytest.approx(90.0)
    assert found["utilisation",] == pytest.approx(72.0)


@pytest.mark.parametrize(
    ("default", "missing"),
    [
        ({"active_mass": 1.0}, "initial_discharge_capacity"),
        ({"electrode_area": 0.001}, "initial_discharge_capacity_areal"),
    ],
)
def test_what_ec_lab_writes_for_nothing_is_not_used(default, missing):
    output = run(record(*TWO_CYCLES), **default)
    assert (missing,) not in values(output)
    assert any("EC-Lab" in text for text in output.warnings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"active_mass": -2.0},
        {"active_mass": 0.0},
        {"electrode_area": -1.0},
        {"active_mass_uncertainty": -0.1},
        {"upper_cutoff_voltage": 2.0, "lower_cutoff_voltage": 3.0},
        {"convention": "cathode"},
        {"mass": 3.0},
        {"cycle_offset": 1.5},
        {"active_mass": float("nan")},
    ],
)
def test_impossible_parameters_are_refused(wrong):
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        run(record(*TWO_CYCLES), **wrong)


def test_an_assumed_kind_of_cell_is_said():
    assert any("assumed" in text for text in run(record(*TWO_CYCLES)).warnings)
    assert not any("assumed" in text for text in run(record(*TWO_CYCLES), convention="full").warnings)


def test_a_continued_test_keeps_counting():
    found = run(record(*TWO_CYCLES), cycle_offset=50)
    assert found.tables[0]["cycle"].tolist() == [51, 52]
    assert values(found)["cycle_count",] == 52


def test_several_files_of_one_test_are_joined_where_they_were_cut():
    first, second = TWO_CYCLES[:4], TWO_CYCLES[4:]
    joined, whole = run(record(*first), record(*second)), run(record(*TWO_CYCLES))
    assert values(joined) == pytest.approx(values(whole))
    assert any("2 files" in text for text in joined.warnings)


@pytest.mark.parametrize("amperes", [0.0, 0.001])
def test_no_current_is_not_applicable(amperes):
    idle = record((0.0, 3600.0, 3.5, 3.4))
    with pytest.raises(NotApplicable, match="no current flows"):
        run(idle)
    tiny = table("records", {c.name: c.values + (amperes if c.name == "current_ampere" else 0) for c in idle}, UNITS)
    with pytest.raises(NotApplicable, match="no current flows"):
        run(tiny, current_resolution=2.0)


def test_records_without_a_current_column_are_not_applicable():
    bare = table("records", {"test_time_second": np.arange(5.0), "voltage_volt": np.ones(5)})
    with pytest.raises(NotApplicable, match="no current flows"):
        run(bare)


def test_rows_without_a_number_are_left_out_and_said():
    records = record(*TWO_CYCLES)
    spoilt = {c.name: c.values.copy() for c in records}
    spoilt["voltage_volt"][100] = np.nan
    spoilt["current_ampere"][200] = np.inf
    output = run(table("records", spoilt, UNITS))
    assert values(output)["initial_discharge_capacity_total",] == pytest.approx(1.8)
    assert any("2 of" in text for text in output.warnings)
    half, whole = output.tables[1], run(records).tables[1]
    assert half["first_row"].tolist() == whole["first_row"].tolist()


def test_a_gap_under_current_cuts_and_makes_incomplete():
    records = record(*TWO_CYCLES)
    inside = np.flatnonzero((records["test_time_second"] > 1500) & (records["test_time_second"] < 3500))
    output = run(without_rows(records, inside), convention="full")
    cycles, half = output.tables
    assert half["interrupted"].tolist() == [True, True, False, False, False]
    assert cycles["complete"].tolist() == [False, True]
    assert np.isnan(cycles["coulombic_efficiency"][0])
    assert any("break off" in text for text in output.warnings)


def test_the_cyclers_counter_bridges_a_gap():
    records = record(*TWO_CYCLES)
    seconds = np.diff(records["test_time_second"], prepend=0.0)
    counted = {c.name: c.values for c in records}
    counted["net_capacity_ah"] = np.cumsum(records["current_ampere"] * seconds) / 3600.0
    inside = np.flatnonzero((records["test_time_second"] > 1500) & (records["test_time_second"] < 3500))
    output = run(without_rows(table("records", counted, UNITS), inside))
    assert values(output)["initial_charge_capacity_total",] == pytest.approx(2.0)
    assert any("bridged" in text for text in output.warnings)
    assert output.tables[0]["complete"].all()


def test_a_clock_set_back_cuts_and_adds_no_charge():
    records = record(*TWO_CYCLES)
    time = records["test_time_second"].copy()
    time[300:] -= 500.0
    columns = {c.name: c.values for c in records} | {"test_time_second": time}
    output = run(table("records", columns, UNITS))
    assert output.tables[1]["interrupted"].tolist() == [True, True, False, False, False]
    assert values(output)["initial_discharge_capacity_total",] == pytest.approx(1.8)


@pytest.mark.parametrize(
    "counter",
    [
        lambda q, i, step: {"net_capacity_ah": np.cumsum(q)},
        lambda q, i, step: {
            "charging_capacity_ah": np.cumsum(np.maximum(q, 0)),
            "discharging_capacity_ah": np.cumsum(np.maximum(-q, 0)),
        },
        lambda q, i, step: {"step_cumulative_capacity_ah": np.abs(_per_step(q, step))},
        lambda q, i, step: {"step_net_capacity_ah": _per_step(q, step), "step_count": step},
    ],
)
def test_the_cyclers_counter_in_every_manner_is_compared(counter):
    records = record(*TWO_CYCLES)
    current, seconds = records["current_ampere"], np.diff(records["test_time_second"], prepend=0.0)
    charge, step = current * seconds / 3600.0, np.cumsum(seconds == 0.0)
    plain = {c.name: c.values for c in records}
    right = run(table("records", plain | counter(charge, current, step)))
    assert right.tables[1]["counted_capacity_total"].tolist() == pytest.approx([2.0, 1.8, 1.9, 1.7])
    assert not any("differs from the cycler" in text for text in right.warnings)
    wrong = run(table("records", plain | counter(charge * 1.05, current, step)))
    assert any("differs from the cycler" in text for text in wrong.warnings)


def _per_step(charge: np.ndarray, step: np.ndarray) -> np.ndarray:
    counted = np.cumsum(charge)
    starts = np.flatnonzero(np.diff(step, prepend=-1))
    return np.asarray(counted - np.repeat(counted[starts] - charge[starts], np.diff(starts, append=len(step))))


def test_a_wrong_sign_of_the_current_is_noticed():
    records = record(*TWO_CYCLES)
    columns = {c.name: c.values for c in records} | {"current_ampere": -records["current_ampere"]}
    assert any("sign" in text for text in run(table("records", columns)).warnings)
    assert not any("sign" in text for text in run(records).warnings)


def test_glitches_do_not_make_half_cycles():
    records = record(*TWO_CYCLES)
    current = records["current_ampere"].copy()
    current[200:202] = -1e-3
    columns = {c.name: c.values for c in records} | {"current_ampere": current}
    half = run(table("records", columns)).tables[1]
    assert len(half) == 4


# ---- real files: numbers of the makers' own software and of independent readers


def test_first_discharges_of_neware_files(shared_data):
    for name, expected, tolerance in (
        ("nw4-120-1-6-53.ndax", [0.323620, 0.232165, 0.171967], 1e-5),
        ("test_2.ndax", [0.1005857, 0.0609901, 0.0330897], 1e-3),
    ):
        half = run(read(shared_data / NEWARE / name)).tables[1]
        discharges = half["capacity_total"][half["direction"] == "discharge"][:3]
        assert discharges.tolist() == pytest.approx(expected, rel=tolerance), name


def test_first_discharges_of_a_long_neware_file_and_of_its_own_counter(shared_data):
    output = run(read(shared_data / NEWARE / "BTS85-36-6-5-110-20240424.ndax"))
    half = output.tables[1]
    discharges = half["direction"] == "discharge"
    assert half["capacity_total"][discharges][:3].tolist() == pytest.approx([1.02600, 1.03116, 1.03606], rel=1e-5)
    counted = half["counted_capacity_total"][discharges][:3]
    assert counted.tolist() == pytest.approx([1.026004, 1.031168, 1.036065], rel=1e-6)
    assert not any("differs from the cycler" in text for text in output.warnings)


@pytest.mark.parametrize(
    ("name", "half_cycle", "counted", "tolerance"),
    [
        # Neware's own export, a charge and a discharge: counters of the step.
        ("jepegit+cellpy/neware_uio.csv", 1, 1.73322, 1e-5),
        ("EmpaEconversion+fastnda/test_2.ndax", 1, 0.30897, 1e-4),
        # Counters of PEC and Arbin from the begin of the half cycle to its end.
        ("jepegit+cellpy/pec.csv", 1, 148_356.771, 5e-6),
        ("jepegit+cellpy/pec.csv", 2, 144_897.131, 5e-6),
        ("be-smith+navani/bs542_004_gr_li_50ua_50mv_1v_191020_Channel_11.xlsx", 2, 0.68701, 1e-4),
    ],
)
def test_energies_are_those_of_the_cyclers_own_counters(shared_data, name, half_cycle, counted, tolerance):
    """In mWh, of a half cycle counted from 0; counters are written with six digits or less."""
    half = run(read(shared_data / "electrochemistry" / name)).tables[1]
    assert half["energy"][half_cycle] == pytest.approx(counted, rel=tolerance)


def test_ec_lab_counts_energy_by_the_voltage_at_the_end_of_each_interval(shared_data):
    """So its counter is too low on a discharge, 1.4 % for a cell that falls from 1 V to 0; ours is the integral."""
    records = read(shared_data / "electrochemistry/dgbowl+yadg-GPL3-tests-only/gcpl.pr_182.1.mpr")
    half = run(records).tables[1]
    rows = slice(int(half["first_row"][0]), int(half["last_row"][0]) + 1)
    counted = 1e3 * records["raw__energy_discharge_wh"][rows]
    time, voltage, current = (records[name][rows] for name in ("test_time_second", "voltage_volt", "current_ampere"))
    steps = -current[1:] * np.diff(time) / 3.6
    assert counted[-1] - counted[0] == pytest.approx(float(voltage[1:] @ steps), rel=2e-3)
    assert half["energy"][0] == pytest.approx(float((voltage[1:] + voltage[:-1]) / 2 @ steps), rel=2e-3)
    assert half["energy"][0] / (counted[-1] - counted[0]) == pytest.approx(1.0143, abs=1e-3)


def test_a_cell_below_0_volts_gives_no_energy_back():
    below = ((1e-3, 3600.0, 0.1, 0.2), REST, (-1e-3, 3600.0, -0.1, -0.2), REST)
    found = values(run(record(*below, *below), convention="symmetric"))
    assert found[("initial_charge_energy_total",)] == pytest.approx(0.15)
    assert not any(key[0].startswith("initial_discharge_energy") for key in found)


def test_a_biologic_file_that_begins_with_a_short_discharge(shared_data):
    """The known means are over fixed pairs of half cycles and the rest before them, counted as a cycle."""
    records = read(shared_data / JDB)
    cycles, half = run(records).tables
    assert cycles["cycle"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    charge, discharge = half["direction"] == "charge", half["direction"] == "discharge"
    assert half["capacity_total"][discharge].mean() == pytest.approx(0.7778788, rel=1e-6)
    assert half["capacity_total"][charge].mean() == pytest.approx(0.9535533, rel=1e-6)
    before = records["voltage_volt"][: half["first_row"][0]]
    highest, lowest = half["highest_voltage"], half["lowest_voltage"]
    upper = [before.max(), *np.maximum.reduceat(highest, np.arange(0, 13, 2))]
    lower = [before.min(), *np.minimum.reduceat(lowest, np.arange(0, 13, 2))]
    assert np.mean(upper) == pytest.approx(3.638082, rel=1e-6)
    assert np.mean(lower) == pytest.approx(2.0633922, rel=1e-6)
    points = half["last_row"] - half["first_row"] + 1
    sums = np.add.reduceat(half["mean_current"] * points, np.arange(0, 13, 2))
    means = [0.0, *(sums / np.add.reduceat(points, np.arange(0, 13, 2)))]
    assert np.mean(means) == pytest.approx(0.07768606, rel=2e-4)
    assert cycles["coulombic_efficiency"][1] == pytest.approx(100 * 0.852855 / 0.986781, rel=1e-5)


def test_an_open_circuit_file_says_that_no_current_flows(shared_data):
    with pytest.raises(NotApplicable, match="no current flows"):
        run(read(shared_data / "electrochemistry/be-smith+navani/00_test_01_OCV_C01.mpr"))


# ---- laws


amperes = st.floats(1e-5, 1e-2)
half_cycle_steps = st.lists(st.tuples(amperes, st.integers(60, 20_000), st.integers(0, 600)), min_size=1, max_size=12)


def alternating(steps) -> Table:
    made = []
    for number, (current, seconds, pause) in enumerate(steps):
        direction = -1 if number % 2 else 1
        made.append((direction * current, float(seconds), 3.5 - 0.7 * direction, 3.5 + 0.7 * direction))
        made.append((0.0, float(pause + 30), 3.5, 3.5))
    return record(*made)


@settings(max_examples=60, deadline=None)
@given(half_cycle_steps)
def test_every_half_cycle_holds_the_charge_that_flowed(steps):
    expected = [current * seconds / 3.6 for current, seconds, _ in steps]
    currents = [current for current, *_ in steps]
    assume(max(expected) < 9e3 * min(expected))
    assume(max(currents) < 9e3 * min(currents))
    half = run(alternating(steps)).tables[1]
    assert half["capacity_total"].tolist() == pytest.approx(expected, rel=1e-9)
    assert half["mean_voltage"].tolist() == pytest.approx([3.5] * len(steps), rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(half_cycle_steps, st.floats(-1e6, 1e6))
def test_the_zero_of_time_does_not_matter(steps, shift):
    records = alternating(steps)
    moved = {c.name: c.values for c in records}
    moved["test_time_second"] = moved["test_time_second"] + shift
    assert values(run(table("records", moved))) == pytest.approx(values(run(records)), rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(half_cycle_steps)
def test_turning_the_current_round_swaps_charge_and_discharge(steps):
    records = alternating(steps)
    turned = {c.name: c.values for c in records}
    turned["current_ampere"] = -turned["current_ampere"]
    as_is, swapped = run(records).tables[1], run(table("records", turned)).tables[1]
    assert swapped["capacity_total"].tolist() == as_is["capacity_total"].tolist()
    assert (swapped["direction"] != as_is["direction"]).all()


@settings(max_examples=40, deadline=None)
@given(half_cycle_steps, st.integers(1, 5))
def test_more_records_of_the_same_course_give_the_same_numbers(steps, times):
    records = alternating(steps)
    time = records["test_time_second"]
    finer = np.unique(np.concatenate([time[:-1] + (time[1:] - time[:-1]) * k / (times + 1) for k in range(times + 1)]))
    keep = np.flatnonzero(np.diff(time, append=time[-1] + 1) > 0)
    steps_end = np.searchsorted(time[keep], finer, side="right") - 1
    columns = {
        "test_time_second": finer,
        "voltage_volt": np.interp(finer, time[keep], records["voltage_volt"][keep]),
        "current_ampere": records["current_ampere"][keep][steps_end],
    }
    half, whole = run(table("records", columns)).tables[1], run(records).tables[1]
    assert len(half) == len(whole)
    worst = 10.0 * max(current for current, *_ in steps) / 3.6
    assert np.abs(half["capacity_total"] - whole["capacity_total"]).max() <= worst


@settings(max_examples=40, deadline=None)
@given(half_cycle_steps, st.floats(0.01, 100.0))
def test_specific_capacity_goes_with_one_over_the_mass(steps, mass):
    records = alternating(steps)
    one, other = values(run(records, active_mass=3.0)), values(run(records, active_mass=3.0 * (1 + mass)))
    for key in [key for key in one if key[0] == "initial_discharge_capacity"]:
        assert other[key] * (1 + mass) == pytest.approx(one[key])
