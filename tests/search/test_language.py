"""The parser alone: what is understood, how it is written back, and where a fault is shown."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.declared import fields
from search.language import And, Catalogue, Level, Or, QueryError, Relation, Words, canonical, parse, reading
from search.language.parser import DEEPEST, LONGEST, MOST_TERMS

CATALOGUE = Catalogue(fields())
SAMPLES = frozenset({Level.SAMPLE, Level.MEASUREMENT, Level.RESULT})
EXAMPLE = (
    "material:LLZTO and ancestor(process:co-sintering).temperature between 650 degC and 750 degC"
    " and initial_discharge_capacity > 120 mAh/g and origin:run"
)


def read(text):
    return parse(text, CATALOGUE, SAMPLES)


def test_the_query_of_the_reference_is_understood_and_written_back_as_it_is():
    node = read(EXAMPLE)
    assert canonical(node) == EXAMPLE
    relation = node.children[1]
    assert isinstance(relation, Relation)
    assert (relation.name, relation.about) == ("ancestor", "process")
    assert [value.value for value in relation.tail.values] == [650.0, 750.0]
    assert reading(node).endswith("numbers computed from a measured file")


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("temperature > 973.15 K", "temperature", 700.0),
        ("initial_discharge_capacity > 0.12 Ah/g", "initial_discharge_capacity", 120.0),
        ("initial_discharge_capacity>120mAh/g", "initial_discharge_capacity", 120.0),
        ("active_mass >= 0,0021 g", "active_mass", 2.1),
        ("ionic_conductivity > 6.4e-4 S/cm", "ionic_conductivity", 6.4e-4),
        ("areal_current_density < 5 µA/cm²", "areal_current_density", 0.005),
        ("thickness > -1 um", "thickness", -1.0),
        ("THICKNESS ≥ 25 µm", "thickness", 25.0),
        ("electrode-area < 78.5 mm^2", "electrode_area", 0.785),
    ],
)
def test_units_are_converted(text, field, value):
    node = read(text)
    assert node.field.key == field
    assert node.values[0].value == pytest.approx(value, rel=1e-12)


def test_a_bound_without_a_unit_has_that_of_the_other():
    for text in ("0.1 and 0.2 Ah/g", "0.1 Ah/g and 0.2"):
        node = read(f"initial_discharge_capacity between {text}")
        assert [value.value for value in node.values] == pytest.approx([100.0, 200.0])


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("active_mass = 2.1 mg", 2.05, 2.15),
        ("active_mass = 2.10 mg", 2.095, 2.105),
        ("active_mass = 0.0021 g", 2.05, 2.15),
        ("active_mass = 2.1 ± 0.2 mg", 1.7, 2.5),
        ("active_mass = 2.1 mg ± 0.2", None, None),
        ("temperature = 700 degC", 699.5, 700.5),
        ("temperature = 973 K", 699.35, 700.35),
        ("ionic_conductivity = 6.4e-4 S/cm", 6.35e-4, 6.45e-4),
    ],
)
def test_a_number_is_equal_as_far_as_its_digits_or_its_uncertainty_go(text, low, high):
    if low is None:
        with pytest.raises(QueryError):
            read(text)
        return
    value = read(text).values[0]
    assert (value.low, value.high) == pytest.approx((low, high), rel=1e-9)


def test_and_binds_closer_than_or_and_brackets_bind_closest():
    assert canonical(read("a or b c and not (d or e)")) == "a or (b and c and not (d or e))"
    node = read("a b or c")
    assert isinstance(node, Or)
    assert isinstance(node.children[0], And)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('note:"gamma ray"', 'note:"gamma ray"'),
        ("kind:'x'", None),
        ('kind:"composite cathode"', "kind:composite_cathode"),
        ("43:35:22", '"43:35:22"'),
        ("ratio_text:43:35:22", None),
        ("cell_type:cathode|Li", "cell_type:cathode|Li"),
        ("temperature:RT", "temperature:RT"),
        ("code:SIM-* not code:*", "code:SIM-* and not code:*"),
        ("origin:reported", "origin:publication"),
        ("simulated:false", "simulated:no"),
        ('"say ""no"""', '"say ""no"""'),
        ("measured > 2026-03", "measured > 2026-03"),
        ("descendant(kind:cell)", "descendant(kind:cell)"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_one_spelling(text, written):
    if written is None:
        with pytest.raises(QueryError):
            read(text)
    else:
        assert canonical(read(text)) == written


@pytest.mark.parametrize(
    ("text", "marked", "said"),
    [
        ("materal:LLZTO", "materal", "did you mean material"),
        ("kind:powdr", "powdr", "did you mean powder?"),
        ("kind > 3", ">", "kind is no number"),
        ("a and", "", "something is missing here"),
        ("or b", "o", "begins with a field"),
        ("(a or b", "(", "not closed"),
        ("a) or b", ")", "closes nothing"),
        ('code:"x', '"', "not closed"),
        ("> 3", ">", "the name of a field is missing"),
        ("active_mass > 3 degC", "3 degC", "a mass such as"),
        ("active_mass > heavy", "heavy", "is not a number with a unit"),
        ("active_mass > 3 LLZTO", "3 LLZTO", "not a known unit"),
        ("active_mass >", "", "a value of active_mass is missing"),
        ("active_mass between 1 mg", "", "between two values stands and"),
        ("active_mass between 3 mg and 1 mg", "3 mg and 1 mg", "the smaller of the two values comes first"),
        ("dwell_time_of > 1 h", "dwell_time_of", "did you mean dwell_time"),
        ("crucible:MgO", "crucible", "ask for ancestor(crucible...)"),
        ("origin:file", "file", "there are manual, publication, run, simulated"),
        ("parent(kind:cell)", "parent", "there are ancestor(...) and descendant(...)"),
        ("measured:yesterday", "yesterday", "write it as 2026"),
        ("measured:2026-02-30", "2026-02-30", "is no date"),
        ("simulated:maybe", "maybe", "is yes or no"),
        ("ancestor(process:mixing).x > 3", "x", "is not a field"),
    ],
)
def test_a_fault_has_its_place_and_says_what_would_be_right(text, marked, said):
    with pytest.raises(QueryError) as caught:
        read(text)
    assert said in caught.value.message
    assert text[caught.value.start : caught.value.end] == marked or not marked
    assert caught.value.caret().index("^") == caught.value.start


def test_long_and_deep_queries_are_refused_and_do_not_exhaust_anything():
    for text in ("a" * (LONGEST + 1), "(" * (DEEPEST + 1) + "a" + ")" * (DEEPEST + 1), "a " * (MOST_TERMS + 1)):
        with pytest.raises(QueryError):
            read(text)
    with pytest.raises(QueryError):
        read("not " * 500 + "a")


WORDS = st.text("abc-*:=<>()\"' .,±µ°%0123456789|/\\&", min_size=1, max_size=8)
PIECES = st.sampled_from(
    ["and", "or", "not", "(", ")", "material:", "active_mass", ">", "=", "between", "2 mg", "ancestor(", "origin:run"]
)


@settings(max_examples=300, deadline=None, database=None)
@given(st.lists(st.one_of(WORDS, PIECES), max_size=12).map(" ".join))
def test_any_text_is_understood_or_has_a_fault_in_its_place(text):
    fault = None
    try:
        node = read(text)
    except QueryError as error:
        fault = error
    if fault is not None:
        assert 0 <= fault.start < fault.end
        assert fault.start <= len(text)
        return
    written = canonical(node)
    assert parse(written, CATALOGUE, SAMPLES) == node
    assert canonical(parse(written, CATALOGUE, SAMPLES)) == written
    assert node is None or reading(node)


def test_words_stand_for_themselves():
    assert read('LLZTO "a b"') == And((Words("LLZTO"), Words("a b")))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", key) for key in CATALOGUE)
