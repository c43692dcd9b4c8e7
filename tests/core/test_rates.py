"""Currents as Table S1 and people state them, and what they are per mass and per area."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rates import areal_current, format_rate, parse_rate, specific_current
from core.units import QuantityError

POSITIVE = st.floats(min_value=1e-6, max_value=1e6)


@pytest.mark.parametrize(
    ("text", "kind", "value", "one_c"),
    [
        ("0.05 C (1C=115mA/g)", "c_rate", 0.05, 115.0),
        ("0.05 C (1C=180mA/g)", "c_rate", 0.05, 180.0),
        ("0.05C (1C = 180 mA/g)", "c_rate", 0.05, 180.0),
        ("C/20 (1C=180 mA/g)", "c_rate", 0.05, 180.0),
        ("1/20 C, 1 C = 180 mAh g⁻¹", "c_rate", 0.05, 180.0),
        ("0,05C [1C = 0.18 A/g]", "c_rate", 0.05, 180.0),
        ("0.1 C", "c_rate", 0.1, None),
        ("2C", "c_rate", 2.0, None),
        ("5 µA/cm²", "areal", 0.005, None),
        ("5 μA cm-2", "areal", 0.005, None),
        ("0.12 mA", "absolute", 0.12, None),
        ("120 µA", "absolute", 0.12, None),
        ("9 mA/g", "specific", 9.0, None),
        ("9 A/kg", "specific", 9.0, None),
    ],
)
def test_reads_rates(text, kind, value, one_c):
    rate = parse_rate(text)
    assert (rate.kind, rate.text) == (kind, text)
    assert rate.value == pytest.approx(value, rel=1e-14)
    assert rate.one_c == one_c or rate.one_c == pytest.approx(one_c)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("5", "is not a current; write it as 0.05 C (1C = 180 mA/g)"),
        ("", "is not a current"),
        ("5 V", "is not a current"),
        ("5 $\\mu$ A/cm <sup>2</sup>", "is not a current"),
        ("1C = 180 mA/g", "is not a current"),
        ("0.1 C (1C = 2 mA)", '1C: "2 mA" in "0.1 C (1C = 2 mA)" is not a current per mass'),
        ("0.1 C (1C = 180)", '1C: "180"'),
        ("0.1 C (1C = 0 mA/g)", "is not above zero"),
        ("0 C", "is not above zero"),
        ("C/0", "is not above zero"),
        ("-1 mA", "is not above zero"),
        ("1,000 mA", "can be read in two ways"),
        ("1.2.3 C", "is not a number"),
    ],
)
def test_refusals(text, message):
    with pytest.raises(QuantityError) as refused:
        parse_rate(text)
    assert message in str(refused.value)


@pytest.mark.parametrize(("text", "expected"), [
    ("0.05 C (1C=180mA/g)", 9.0), ("0.05 C (1C=115mA/g)", 5.75), ("C/20 (1C=180 mA/g)", 9.0), ("9 mA/g", 9.0),
])  # fmt: skip
def test_table_s1_in_mA_per_g(text, expected):  # noqa: N802
    assert specific_current(parse_rate(text)).value == expected


def test_current_per_area_has_no_value_per_mass_without_a_loading():
    rate = parse_rate("5 µA/cm²")
    blank = specific_current(rate)
    assert blank.value is None
    assert blank.reason == "5 µA/cm² has no value in mA/g: the active loading is not known"
    assert "active mass is not known" in specific_current(rate, area_cm2=0.785).reason
    assert "electrode area is not known" in specific_current(rate, active_mass_mg=2.0).reason
    # 5 µA/cm² x 0.785 cm² = 3.925 µA on 2 mg
    assert specific_current(rate, active_mass_mg=2.0, area_cm2=0.785).value == pytest.approx(1.9625)


def test_no_convention_no_current():
    assert specific_current(parse_rate("0.1 C"), 2.0, 1.0).reason.endswith("what 1C means is not stated")
    assert areal_current(parse_rate("0.1 C"), 2.0, 1.0).value is None


@pytest.mark.parametrize("mass", [0.0, -1.0, float("nan")])
def test_masses_that_cannot_be(mass):
    blank = specific_current(parse_rate("1 mA"), active_mass_mg=mass)
    assert blank.value is None
    assert "which cannot be" in blank.reason


def test_absolute_current():
    rate = parse_rate("0.12 mA")
    assert specific_current(rate, active_mass_mg=10.0).value == pytest.approx(12.0)
    assert areal_current(rate, area_cm2=0.5).value == pytest.approx(0.24)
    assert areal_current(rate).value is None


@given(value=POSITIVE, one_c=st.none() | POSITIVE)
def test_c_rates_can_be_written_and_read(value, one_c):
    convention = "" if one_c is None else f" (1C = {one_c!r} mA/g)"
    rate = parse_rate(f"{value!r} C{convention}")
    assert (rate.value, rate.one_c) == (value, one_c)
    again = parse_rate(format_rate(rate))
    assert (again.kind, again.value, again.one_c) == ("c_rate", value, one_c)


@given(value=POSITIVE, unit=st.sampled_from(["mA", "mA/g", "mA/cm^2"]))
def test_currents_can_be_written_and_read(value, unit):
    rate = parse_rate(f"{value!r} {unit}")
    again = parse_rate(format_rate(rate))
    assert (again.kind, again.value) == (rate.kind, value)


@given(value=POSITIVE, mass=POSITIVE, area=POSITIVE)
def test_per_mass_and_per_area_agree(value, mass, area):
    specific = specific_current(parse_rate(f"{value!r} mA"), mass, area).value
    areal = areal_current(parse_rate(f"{specific!r} mA/g"), mass, area).value
    assert areal == pytest.approx(value / area)
    assert specific_current(parse_rate(f"{areal!r} mA/cm^2"), mass, area).value == pytest.approx(specific)


@given(st.text(max_size=30) | st.from_regex(r"[0-9./C]{1,6} ?\(?(1C ?= ?)?[0-9mA/gch²µ^]{0,9}\)?", fullmatch=True))
def test_no_text_breaks_it(text):
    try:
        rate = parse_rate(text)
    except QuantityError:
        return
    assert rate.value > 0
