"""Chemical formulas, molar masses and theoretical capacities."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples.composition import ATOMIC_WEIGHTS, FormulaError, parse_formula, theoretical_capacity


@pytest.mark.parametrize(("formula", "capacity"), [
    ("LiNi0.6Co0.2Mn0.2O2", 276.51), ("LiNi0.5Co0.2Mn0.3O2", 277.58), ("LiCoO2", 273.84),
])  # fmt: skip
def test_theoretical_capacities(formula, capacity):
    assert theoretical_capacity(formula) == pytest.approx(capacity, abs=0.005)
    assert theoretical_capacity(parse_formula(formula), electrons=0.5) == pytest.approx(capacity / 2, abs=0.005)


def test_utilisation_of_the_paper():
    assert 100 * 138.8 / theoretical_capacity("LiNi0.6Co0.2Mn0.2O2") == pytest.approx(50.20, abs=0.005)


@pytest.mark.parametrize(("formula", "amounts"), [
    ("Li6.4La3Zr1.4Ta0.6O12", {"Li": "6.4", "La": "3", "Zr": "1.4", "Ta": "0.6", "O": "12"}),
    ("Li₃BO₃", {"Li": "3", "B": "1", "O": "3"}),
    ("Ca(OH)2", {"Ca": "1", "O": "2", "H": "2"}),
    ("[Fe(CN)6]2", {"Fe": "2", "C": "12", "N": "12"}),
    ("CuSO4·5H2O", {"Cu": "1", "S": "1", "O": "9", "H": "10"}),
    ("Ni(NO3)2 · 6 H2O", {"Ni": "1", "N": "2", "O": "12", "H": "12"}),
    ("Li2.3C0.7B0.3O3", {"Li": "2.3", "C": "0.7", "B": "0.3", "O": "3"}),
    ("In2O3", {"In": "2", "O": "3"}),
    ("CO", {"C": "1", "O": "1"}),
    ("Co", {"Co": "1"}),
])  # fmt: skip
def test_reads_formulas(formula, amounts):
    composition = parse_formula(formula)
    assert dict(composition.amounts) == {element: Fraction(amount) for element, amount in amounts.items()}
    assert composition.elements == tuple(amounts)
    assert composition.formula == formula


@pytest.mark.parametrize(("formula", "molar_mass"), [
    ("H2O", 18.015), ("Li2CO3", 73.888), ("La2O3", 325.817), ("CuSO4·5H2O", 249.677), ("NaCl", 58.44),
])  # fmt: skip
def test_molar_masses(formula, molar_mass):
    assert parse_formula(formula).molar_mass == pytest.approx(molar_mass, abs=0.001)


@pytest.mark.parametrize(("formula", "reduced", "typeset"), [
    ("Li2(BO2)2", "LiBO2", "LiBO₂"), ("LiCoO2", "LiCoO2", "LiCoO₂"),
    ("LiNi0.60Co0.20Mn0.20O2", "LiNi0.6Co0.2Mn0.2O2", "LiNi₀.₆Co₀.₂Mn₀.₂O₂"), ("O2", "O", "O"),
])  # fmt: skip
def test_reduced_formula(formula, reduced, typeset):
    assert parse_formula(formula).reduced_formula == reduced
    assert parse_formula(formula).typeset == typeset


def test_weight_fraction():
    lithium_oxide = parse_formula("Li2O")
    assert lithium_oxide.weight_fraction("Li") == pytest.approx(13.88 / 29.879)
    assert lithium_oxide.weight_fraction("Ni") == 0.0


@pytest.mark.parametrize(
    ("formula", "position", "message"),
    [
        ("", 1, "nothing was entered; write a formula such as LiCoO2"),
        ("LixO", 3, '"x" is not an element'),
        ("LiXy2", 3, '"Xy" is not an element'),
        ("li2O", 1, '"li" is not an element'),
        ("(LiO", 1, '"(" is never closed'),
        ("LiO)", 4, '")" does not belong here'),
        ("Li(O]2", 5, '")" is missing'),
        ("Li()2", 4, "an element is missing"),
        ("Li0O", 3, "an amount of zero"),
        ("Li1.2.3O", 3, '"1.2.3" is not a number'),
        ("Li+", 3, '"+" is not an element'),
        ("2LiO", 1, '"2" is not an element'),
        ("CuSO4·", 7, "an element is missing"),
        ("LiTc", 3, '"Tc" is not an element'),
        ("O2" * 200, 200, "at most 200 characters"),
    ],
)
def test_errors_point_at_the_position(formula, position, message):
    with pytest.raises(FormulaError) as refused:
        parse_formula(formula)
    assert refused.value.position == position
    assert message in str(refused.value)
    assert f"position {position}" in str(refused.value)


def test_electrons_must_be_positive():
    with pytest.raises(ValueError, match="must be above zero"):
        theoretical_capacity("LiCoO2", electrons=0)


AMOUNTS = st.dictionaries(
    st.sampled_from(sorted(ATOMIC_WEIGHTS)), st.decimals("0.01", "99", places=2), min_size=1, max_size=8
)


@given(AMOUNTS)
def test_formula_round_trip(amounts):
    text = "".join(f"{element}{amount}" for element, amount in amounts.items())
    composition = parse_formula(text)
    assert dict(composition.amounts) == {element: Fraction(amount) for element, amount in amounts.items()}
    again = parse_formula(composition.reduced_formula)
    assert again.reduced_formula == composition.reduced_formula
    for element in amounts:
        assert again.weight_fraction(element) == pytest.approx(composition.weight_fraction(element))
    assert sum(composition.weight_fraction(element) for element in amounts) == pytest.approx(1.0)


@given(st.text(alphabet="LiNCoO()[]·0123456789. ₂x", max_size=25) | st.text(max_size=15))
def test_no_text_breaks_it(text):
    try:
        composition = parse_formula(text)
    except FormulaError as error:
        position = error.position
    else:
        position = 1
        assert composition.molar_mass > 0
    assert 1 <= position <= len(text) + 1
