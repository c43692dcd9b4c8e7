"""Cell configurations as text and as layers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samples.configuration import (
    ConfigurationError,
    Layer,
    UnknownMaterial,
    check_name,
    parse_configuration,
    write_configuration,
)

KNOWN = ("NCM622", "NCM523", "LCO", "LLZTO", "LBO", "LCBO", "ITO", "Gel", "Li")

TABLE_S1 = [
    "NCM523+LBO+ITO/LLZTO/Li",
    "NCM622+LBO+LLZTO/LLZTO/Gel/Li",
    "LCO+LLZTO+LCBO/LLZTO/Li",
    "LCO+LBO+ITO/LLZTO/Li",
    "NCM622+LBO+LLZTO/LLZTO/Li",
]


@pytest.mark.parametrize("text", TABLE_S1)
def test_configurations_of_table_s1(text):
    configuration = parse_configuration(text, KNOWN)
    assert str(configuration) == text
    roles = [layer.role for layer in configuration.layers]
    assert roles[0] == "cathode"
    assert roles[1] == "electrolyte"
    assert roles[-1] == "anode"


def test_layers_and_roles():
    configuration = parse_configuration(TABLE_S1[1], KNOWN)
    assert configuration.layers == (
        Layer("cathode", ("NCM622", "LBO", "LLZTO")),
        Layer("electrolyte", ("LLZTO",)),
        Layer("interlayer", ("Gel",)),
        Layer("anode", ("Li",)),
    )
    assert configuration.materials == ("NCM622", "LBO", "LLZTO", "Gel", "Li")


def test_an_interlayer_may_stand_on_either_side_of_the_electrolyte():
    configuration = parse_configuration("NCM622/Gel/LLZTO/Gel/Li", KNOWN, electrolytes={"LLZTO"})
    assert [layer.role for layer in configuration.layers] == [
        "cathode", "interlayer", "electrolyte", "interlayer", "anode",
    ]  # fmt: skip


def test_two_layers_are_a_cell_without_separate_electrolyte():
    assert [layer.role for layer in parse_configuration("LCO/Li", KNOWN).layers] == ["cathode", "anode"]


def test_case_and_blanks_are_forgiven_and_synonyms_followed():
    assert str(parse_configuration(" ncm622 + lbo / Llzto/LI ", KNOWN)) == "NCM622+LBO/LLZTO/Li"
    synonyms = {"NCM622": "NCM622", "NMC622": "NCM622", "LLZTO": "LLZTO", "Li": "Li", "lithium": "Li"}
    assert str(parse_configuration("nmc622/LLZTO/Lithium", synonyms)) == "NCM622/LLZTO/Li"


def test_unknown_material_is_never_invented():
    with pytest.raises(UnknownMaterial) as unknown:
        parse_configuration("NCM622+LLZO/LLZTO/Li", KNOWN)
    assert str(unknown.value) == "LLZO is not a known material; did you mean LLZTO? Create it first."
    assert (unknown.value.name, unknown.value.position, unknown.value.near) == ("LLZO", 8, ("LLZTO",))


def test_unknown_material_without_neighbours():
    with pytest.raises(UnknownMaterial) as unknown:
        parse_configuration("LCO/ Sulfide/Li", KNOWN)
    assert str(unknown.value) == "Sulfide is not a known material. Create it first."
    assert unknown.value.position == 6


def test_names_that_differ_by_case_only_are_not_guessed():
    with pytest.raises(UnknownMaterial, match="did you mean LBO or Lbo"):
        parse_configuration("lbo/Li", ("LBO", "Lbo", "Li"))
    assert str(parse_configuration("Lbo/Li", ("LBO", "Lbo", "Li"))) == "Lbo/Li"


@pytest.mark.parametrize(("text", "message"), [
    ("", "position 1: a material is missing"), ("NCM622", "has one layer"),
    ("NCM622//Li", "position 8: a material is missing"), ("LCO+/Li", "position 5: a material is missing"),
    ("LCO/Li/", "position 8: a material is missing"), ("LCO/" * 300, "at most 500 characters"),
])  # fmt: skip
def test_refusals(text, message):
    with pytest.raises(ConfigurationError) as refused:
        parse_configuration(text, KNOWN)
    assert message in str(refused.value)


@pytest.mark.parametrize("name", ["", "A/B", "A+B", " A", "A "])
def test_names_that_no_text_could_hold(name):
    with pytest.raises(ConfigurationError):
        check_name(name)
    with pytest.raises(ConfigurationError):
        write_configuration([Layer("cathode", (name,)), Layer("anode", ("Li",))])


def test_a_layer_needs_a_material():
    with pytest.raises(ConfigurationError, match="the cathode has no material"):
        write_configuration([Layer("cathode", ()), Layer("anode", ("Li",))])


NAMES = st.from_regex(r"[A-Z][A-Za-z0-9().-]{0,9}", fullmatch=True)


@given(st.lists(st.lists(NAMES, min_size=1, max_size=4), min_size=2, max_size=6))
def test_layers_survive_the_text(stack):
    known = {name for layer in stack for name in layer}
    text = write_configuration(Layer("interlayer", tuple(layer)) for layer in stack)
    configuration = parse_configuration(text, known)
    assert [list(layer.materials) for layer in configuration.layers] == stack
    assert write_configuration(configuration.layers) == text
    assert parse_configuration(write_configuration(configuration.layers), known) == configuration


@given(st.text(alphabet="NCM62LBOLi+/ ", max_size=25))
def test_no_text_breaks_it(text):
    try:
        configuration = parse_configuration(text, KNOWN)
    except ConfigurationError:
        return
    assert set(configuration.materials) <= set(KNOWN)
