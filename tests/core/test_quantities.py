"""Numbers with units as people write them, and the registry of quantities."""

import logging
import math
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.quantities import (
    QUANTITIES,
    QuantityError,
    UnknownQuantity,
    convert,
    display_unit,
    fits,
    format_uncertain,
    format_value,
    parse,
    quantities_markdown,
    quantity,
    read_quantity,
)
from core.quantity_table import IRIS, LESS_IS_BETTER, TABLE

ROOT = Path(__file__).resolve().parents[2]
UNITS = sorted({entry.unit for entry in TABLE})
FINITE = st.floats(min_value=-1e12, max_value=1e12).filter(lambda x: x == 0 or abs(x) > 1e-12)

CONTRACT_KEYS = """
initial_discharge_capacity initial_discharge_capacity_total initial_discharge_capacity_areal
final_discharge_capacity final_discharge_capacity_total final_discharge_capacity_areal initial_charge_capacity
cycle_count capacity_retention coulombic_efficiency mean_charge_voltage mean_discharge_voltage
upper_cutoff_voltage lower_cutoff_voltage specific_current areal_current_density utilisation polarisation fade_rate
bulk_resistance bulk_resistance_areal grain_boundary_resistance grain_boundary_resistance_areal
interfacial_resistance interfacial_resistance_areal ionic_conductivity activation_energy d_spacing
lattice_parameter_a lattice_parameter_b lattice_parameter_c phase_fraction crystallite_size onset_temperature
linear_thermal_expansion particle_diameter_d50 porosity crack_density diffusion_length pearson_correlation
"""


def _fresh_python(script: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT / "platform", check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("2.10 mg", "mg", 2.1),
        ("2.10mg", "mg", 2.1),
        ("0,5 mg", "mg", 0.5),
        ("1.2e-3 g", "mg", 1.2),
        ("1 h 30 min", "h", 1.5),
        ("1h30", "h", 1.5),
        ("1 h 30", "min", 90.0),
        ("2 d 12 h", "h", 60.0),
        ("5 min 30 s", "s", 330.0),
        ("6.366×10⁻⁴ S/cm", "S/cm", 6.366e-4),
        ("2.1", "mg", 2.1),
        (2.1, "mg", 2.1),
        ("700 °C", "degC", 700.0),
        ("700 ℃", "degC", 700.0),
        ("700 degC", "degC", 700.0),
        ("973 K", "degC", 699.85),
        ("973.15 K", "degC", 700.0),
        ("1292 degF", "degC", 700.0),
        ("−40 °C", "degC", -40.0),
        ("5 °C/min", "K/min", 5.0),
        ("300 K/h", "K/min", 5.0),
        ("9 degF/min", "K/min", 5.0),
        ("1 h", "h", 1.0),
        ("60 min", "h", 1.0),
        ("5 µA/cm²", "mA/cm^2", 0.005),
        ("5 μA/cm^2", "mA/cm^2", 0.005),
        ("5 uA cm-2", "mA/cm^2", 0.005),
        ("5 µA·cm⁻²", "mA/cm^2", 0.005),
        ("180 mAh g−1", "mAh/g", 180.0),
        ("5 Ω·cm²", "ohm*cm^2", 5.0),
        ("5 Ω cm2", "ohm*cm^2", 5.0),
        ("0.05 m2/g", "m^2/g", 0.05),
        ("3 kbar", "MPa", 300.0),
        ("50 sccm", "mL/min", 50.0),
        ("43 wt%", "1", 0.43),
        ("0.43 1", "1", 0.43),
        ("1.2e-5 /K", "1/K", 1.2e-5),
        ("1.2e-5 1/K", "1/K", 1.2e-5),
        ("0.1 %/cycle", "%/cycle", 0.1),
        ("3.6 C", "mAh", 1.0),
    ],
)
def test_reads_what_people_write(text, unit, value):
    measured = parse(text, unit)
    assert measured.value == pytest.approx(value, rel=1e-13)
    assert measured.unit == unit
    assert measured.text == str(text)
    assert measured.uncertainty is None


@pytest.mark.parametrize("text", ["60 min", "2.1 g", "5 µA/cm²", "0.9 C"])
def test_decimal_conversions_leave_no_binary_dust(text):
    expected = {"60 min": ("h", 1.0), "2.1 g": ("mg", 2100.0), "5 µA/cm²": ("mA/cm^2", 0.005), "0.9 C": ("mAh", 0.25)}
    unit, value = expected[text]
    assert parse(text, unit).value == value


@pytest.mark.parametrize(
    ("text", "unit", "value", "uncertainty"),
    [
        ("10 ± 0.2 mg", "mg", 10.0, 0.2),
        ("(10 +/- 0.2) g", "mg", 10_000.0, 200.0),
        ("293.15 ± 1 K", "degC", 20.0, 1.0),  # a difference: no offset
        ("20 ± 1,8 degF", "degC", -6.6666666666667, 1.0),
    ],
)
def test_uncertainty_is_a_difference(text, unit, value, uncertainty):
    measured = parse(text, unit)
    assert measured.value == pytest.approx(value)
    assert measured.uncertainty == pytest.approx(uncertainty)


@pytest.mark.parametrize(
    ("text", "unit", "message"),
    [
        ("700 kg", "degC", 'temperature: "700 kg" is a mass; a temperature such as 700 degC or 973 K is needed'),
        ("3 K", "1/K", 'temperature: "3 K" is a temperature; an expansion coefficient such as 1 1/K is needed'),
        ("3 parsnip", "mg", '"parsnip" is not a known unit; a mass such as 2.10 mg or 0.0021 g is needed'),
        ("", "mg", "nothing was entered; a mass such as"),
        ("   ", "mg", "nothing was entered"),
        ("nan", "mg", '"nan" is not a number with a unit'),
        ("inf mg", "mg", '"inf mg" is not a number with a unit'),
        (math.nan, "mg", '"nan" is not a number'),
        (math.inf, "mg", '"inf" is not a number'),
        ("1e999 mg", "mg", "is not a finite number"),
        ("1e308 g", "mg", "is not a finite number"),
        ("1,000 mg", "mg", "can be read in two ways; write 1.000 or 1000"),
        ("2 2 mg", "mg", "is not a number with a unit"),
        ("2.10.3 mg", "mg", "is not a number with a unit"),
        ("5 mg)", "mg", "is not a known unit"),
        ("1" * 200, "mg", "is not a number with a unit"),
        ("0.05 C", "mA", "C alone is the coulomb; a C-rate needs its convention, such as 0.05 C (1C = 180 mA/g)"),
        ("0.05 C", "mA/g", "a C-rate needs its convention"),
        ("C/20", "mA", "a C-rate needs its convention"),
        ("700 C", "degC", "for degrees Celsius write degC or °C"),
        ("700 deg", "degC", "deg alone is an angle; for degrees Celsius write degC or °C"),
        ("1292 F", "degC", "F alone is the farad; for degrees Fahrenheit write degF or °F"),
        ("2 gr", "mg", "gr is the grain, 0.0648 g; for grams write g"),
        ("1:30", "h", "a time such as 1 h, 90 min or 1 h 30 min is needed"),
        ("1 h 90 min", "h", "is not a known unit"),
        ("1 d 12", "h", "is not a known unit"),
        ("1 h 30 min", "mg", "is not a known unit"),
        ("5 °C", "K/min", "is a temperature; a heating rate such as 5 K/min"),
    ],
)
def test_refusals_say_what_was_found_and_what_would_be_right(text, unit, message):
    with pytest.raises(QuantityError) as refused:
        parse(text, unit, what="temperature")
    assert message in str(refused.value)
    assert str(refused.value).startswith("temperature: ")


def test_a_cycle_is_not_two_pi():
    assert convert(50.0, "%/cycle", "1/cycle") == 0.5
    assert not fits("%/cycle", "%")
    assert not fits("parsnip", "%")


def test_a_temperature_difference_is_no_temperature():
    assert not fits("delta_degC", "degC")
    with pytest.raises(QuantityError):
        parse("5 delta_degC", "degC")


@pytest.mark.parametrize(("unit", "printed"), [
    ("mAh/g", "mAh/g"), ("degC", "°C"), ("uA/cm^2", "µA/cm²"), ("ohm*cm^2", "Ω·cm²"), ("um", "µm"), ("1", ""),
    ("angstrom", "Å"), ("mm/mm^2", "mm/mm²"), ("cm^-2", "cm⁻²"), ("%/cycle", "%/cycle"), ("uohm", "µΩ"),
    ("ohm/s^0.5", "Ω/s^0.5"),
])  # fmt: skip
def test_units_in_print(unit, printed):
    assert display_unit(unit) == printed


@pytest.mark.parametrize(("value", "unit", "digits", "text"), [
    (138.8, "mAh/g", None, "138.8 mAh/g"), (62.12, "%", 2, "62.12 %"), (70.0, "%", 2, "70.00 %"),
    (80.0, "degC", None, "80 °C"), (6.3662e-4, "S/cm", None, "6.366×10⁻⁴ S/cm"), (46102, "1", None, "46102"),
    (-0.0, "V", None, "0 V"), (0.05, "1/h", None, "0.05 1/h"), (1e9, "ohm", None, "1×10⁹ ohm".replace("ohm", "Ω")),
])  # fmt: skip
def test_values_in_print(value, unit, digits, text):
    assert format_value(value, unit, digits) == text


@pytest.mark.parametrize(("value", "uncertainty", "text"), [
    (611.9, 0.6794, "611.90 ± 0.68"), (849.6, 12.3, "850 ± 12"), (12345.0, 678.0, "12340 ± 680"),
    (3.8e-6, 1e-7, "(3.80 ± 0.10)×10⁻⁶"), (0.84026, 8.035e-9, "0.8403 ± 8×10⁻⁹"), (138.8, 0.0, "138.8 ± 0"),
    (0.0, 0.25, "0.00 ± 0.25"), (2.1e7, 3.2e5, "(2.100 ± 0.032)×10⁷"),
])  # fmt: skip
def test_an_uncertainty_has_two_digits_and_the_value_as_many_places(value, uncertainty, text):
    assert format_uncertain(value, uncertainty) == text


@given(value=FINITE, unit=st.sampled_from(UNITS))
def test_what_is_shown_can_be_entered_again(value, unit):
    again = parse(format_value(value, unit), unit)
    assert again.value == pytest.approx(value, rel=6e-4)
    assert parse(f"{value!r} {unit}", unit).value == value
    assert parse(value, unit).value == value


@given(value=FINITE, pair=st.sampled_from([
    ("mg", "g"), ("degC", "K"), ("degC", "degF"), ("h", "s"), ("uA/cm^2", "mA/cm^2"), ("nm", "angstrom"),
    ("eV", "kJ"), ("mAh/g", "C/kg"), ("S/cm", "mS/m"), ("K/min", "degF/h"),
]))  # fmt: skip
def test_conversion_there_and_back(value, pair):
    there = convert(value, *pair)
    assert convert(there, *reversed(pair)) == pytest.approx(value, rel=1e-12, abs=1e-10)


@given(text=st.text(max_size=40) | st.from_regex(r"[0-9.,]{1,4} ?[A-Za-zµΩ°%^*/()0-9-]{0,12}", fullmatch=True))
@example("1 mg^0")
@example("1 delta_degC")
@example("1 mg**")
@example("1 (((")
@example("1 m^9999999999")
def test_no_text_breaks_it(text):
    for unit in ("mg", "degC", "1"):
        try:
            measured = parse(text, unit)
        except QuantityError:
            continue
        assert math.isfinite(measured.value)


@pytest.mark.parametrize("unit", ["h", "1"])
def test_a_text_of_any_length_is_refused_in_words(unit):
    with pytest.raises(QuantityError):
        parse("9" * 5000 + " h 30 min", unit)


def test_unit_registry_is_ours_alone_and_built_on_first_use():
    script = (
        "import sys; from core.quantities import parse; assert 'pint' not in sys.modules; parse('1 mg', 'mg'); "
        "import pint; print(pint.get_application_registry().Unit('cycle').dimensionless)"
    )
    assert _fresh_python(script) == "True"  # a full turn, as pint has it


def test_first_use_from_many_threads():
    script = (
        "import threading; from concurrent.futures import ThreadPoolExecutor; from core import units\n"
        "gate = threading.Barrier(8)\n"
        "def registry(_): gate.wait(); return id(units._units())\n"
        "with ThreadPoolExecutor(8) as pool: print(len(set(pool.map(registry, range(8)))))"
    )
    assert _fresh_python(script) == "1"
    with ThreadPoolExecutor(8) as pool:
        texts = [f"{n} {unit}" for n in range(50) for unit in ("mg", "ug", "kg", "g")]
        values = list(pool.map(lambda text: parse(text, "mg").value, texts))
    assert values[-4:] == [49.0, 0.049, 49e6, 49e3]


def test_unit_definitions_do_not_complain(caplog):
    with caplog.at_level(logging.WARNING):
        parse("1 cycle", "cycle")
    assert not caplog.records


def test_every_quantity_is_declared_once_with_a_unit_that_is_known():
    assert len(QUANTITIES) == len(TABLE)
    assert set(IRIS) <= set(QUANTITIES)
    assert set(QUANTITIES) >= LESS_IS_BETTER
    assert len(set(IRIS.values())) == len(IRIS)
    assert quantity("coulombic_efficiency").iri == IRIS["coulombic_efficiency"]
    for entry in TABLE:
        assert fits(entry.unit, entry.unit), entry
        assert entry.unit.isascii()
        assert entry.label
        assert entry.description.endswith(".")
        assert entry.minimum is None or entry.maximum is None or entry.minimum < entry.maximum


@pytest.mark.parametrize("key", CONTRACT_KEYS.split())
def test_contract_keys_are_declared(key):
    assert quantity(key).key == key


@pytest.mark.parametrize(("key", "unit"), [
    ("initial_discharge_capacity", "mAh/g"), ("initial_discharge_capacity_total", "mAh"),
    ("initial_discharge_capacity_areal", "mAh/cm^2"), ("fade_rate", "%/cycle"), ("bulk_resistance_areal", "ohm*cm^2"),
    ("ionic_conductivity", "S/cm"), ("activation_energy", "eV"), ("d_spacing", "nm"), ("onset_temperature", "degC"),
    ("lattice_parameter_a", "angstrom"), ("linear_thermal_expansion", "1/K"), ("crack_density", "mm/mm^2"),
    ("active_mass", "mg"), ("mass", "g"), ("dwell_time", "h"), ("ramp_rate", "K/min"), ("pressure", "MPa"),
])  # fmt: skip
def test_contract_units(key, unit):
    assert quantity(key).unit == unit


def test_unknown_quantity_names_its_neighbours():
    with pytest.raises(UnknownQuantity, match=r"did you mean .*active_mass") as missing:
        quantity("activ_mass")
    assert isinstance(missing.value, KeyError)


@pytest.mark.parametrize(("key", "text", "message"), [
    ("active_mass", "-2 mg", 'active mass: "-2 mg" is below 0 mg, which cannot be'),
    ("n_p_ratio", "-1", 'N/P ratio: "-1" is below 0, which cannot be'),
    ("temperature", "-300 °C", 'temperature: "-300 °C" is below -273.15 °C'),
    ("weight_fraction", "43", 'weight fraction: "43" is above 1, which cannot be'),
])  # fmt: skip
def test_values_out_of_range(key, text, message):
    with pytest.raises(QuantityError) as refused:
        read_quantity(key, text)
    assert message in str(refused.value)
    assert read_quantity("weight_fraction", "43 %").value == 0.43


def test_reference_page_is_up_to_date():
    page = ROOT / "docs" / "reference" / "quantities.md"
    assert page.read_text(encoding="utf-8") == quantities_markdown(), (
        "regenerate it: PYTHONPATH=platform python -m core.quantities > docs/reference/quantities.md"
    )
