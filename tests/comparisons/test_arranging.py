"""Ways of looking at a table: what is chosen, ordered, grouped, aggregated, held against a row, folded and turned."""

from uuid import UUID

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from comparisons.arranging import arranged, transposed
from comparisons.column_text import read_column, write_column
from comparisons.state import NAMES, TableState
from comparisons.table import ColumnSpec, ComparisonTable, Origin, TableCell, TableRow

COLUMNS = (ColumnSpec("t", "Temperature", "degC"), ColumnSpec("q", "Capacity", "mAh/g"), ColumnSpec("w", "Window", "V"))


def row(code, temperature, capacity, *, simulated=False, origin="run"):
    def cell(value, unit):
        if value is None:
            return TableCell(unit=unit)
        source = Origin(origin, "analysis_tasks.analysisrun", UUID(int=int(value * 10)), code, simulated)
        return TableCell(f"{value:g}", value, unit, source, results=(UUID(int=int(value * 10)),))

    cells = {"t": cell(temperature, "degC"), "q": cell(capacity, "mAh/g"), "w": TableCell("2.8-4.3", None, "V")}
    return TableRow(UUID(int=1), UUID(int=1), code, cells, simulated=simulated, key=code, behind=(UUID(int=1),))


def table(*rows):
    return ComparisonTable("Mine", "Cells.", COLUMNS, rows)


FOUR = table(row("A", 25, 100), row("B", 80, 140), row("C", 80, 150), row("S", 80, 200, simulated=True))


def codes(shown):
    return [one.code for one in shown.rows]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({}, "A B C S"),
        ({"sort": "-q"}, "C B A S"),
        ({"sort": "-q", "simulated": True}, "S C B A"),
        ({"sort": "q"}, "A B C S"),
        ({"rows": ("C", "A")}, "A C"),
        ({"pin": ("C",)}, "C A B S"),
        ({"sort": "-q", "group": "t"}, "C B S A"),
        ({"sort": "-q", "pin": ("A",)}, "A C B S"),
    ],
)
def test_rows_are_chosen_ordered_and_grouped(state, expected):
    assert codes(arranged(FOUR, TableState(**state))) == expected.split()


def test_what_is_unknown_stands_last_whichever_way():
    shown = table(row("N", 25, None), *FOUR.rows[:3])
    assert codes(arranged(shown, TableState(sort="q")))[-1] == "N"
    assert codes(arranged(shown, TableState(sort="-q")))[-1] == "N"


def test_replicates_become_one_row_with_mean_and_deviation_and_simulated_ones_stay_out():
    shown = arranged(FOUR, TableState(group="t", aggregate=True))
    assert codes(shown) == ["A", "80 (n = 2)", "S"]
    capacity = shown.rows[1].cells["q"]
    # mean of 140 and 150 is 145, their sample standard deviation 10/sqrt(2) = 7.07
    assert (capacity.text, capacity.value) == ("145.0 ± 7.1", 145)
    assert [part.label for part in capacity.parts] == ["B", "C"]
    assert shown.rows[1].members == ("B", "C")
    assert len(capacity.results) == 2
    assert any("simulated" in words for words in shown.warnings)
    asked = arranged(FOUR, TableState(group="t", aggregate=True, simulated=True))
    assert asked.rows[1].cells["q"].value == pytest.approx((140 + 150 + 200) / 3)
    assert asked.rows[1].simulated


@pytest.mark.parametrize(
    ("how", "text"), [("max", "150"), ("min", "140"), ("first", "140"), ("last", "150"), ("n", "2")]
)
def test_a_column_chooses_its_aggregate(how, text):
    shown = arranged(FOUR, TableState(group="t", aggregate=True), {"q": how})
    assert shown.rows[1].cells["q"].text == text


def test_reported_and_measured_numbers_in_one_group_are_warned_of():
    mixed = table(row("A", 25, 100), row("B", 25, 110, origin="publication"))
    shown = arranged(mixed, TableState(group="t", aggregate=True))
    assert any("reported and measured" in words for words in shown.warnings)


def test_rows_are_held_against_a_baseline_of_the_same_unit():
    shown = arranged(FOUR, TableState(baseline="A"))
    assert [one.cells["q"].deviation for one in shown.rows] == [None, 40, 50, None]
    assert (shown.baseline, shown.rows[0].is_baseline) == ("A", True)
    assert arranged(FOUR, TableState(baseline="A", simulated=True)).rows[3].cells["q"].deviation == 100
    refused = arranged(FOUR, TableState(baseline="S"))
    assert refused.baseline == ""
    assert "simulated" in refused.warnings[-1]


def test_only_what_differs_is_shown_and_the_rest_is_said_once():
    shown = arranged(FOUR, TableState(differs=True, rows=("B", "C")))
    assert [spec.key for spec in shown.columns] == ["cell", "q"]
    assert [one.cells["cell"].text for one in shown.rows] == ["B", "C"]
    assert shown.caption == "Cells. Same for all: Temperature 80; Window 2.8-4.3."
    assert arranged(FOUR, TableState(differs=True, rows=("A",))).columns[1:] == COLUMNS


def test_a_turned_table_has_the_same_cells_and_says_which_rows_are_simulated():
    shown = transposed(FOUR)
    assert [spec.label for spec in shown.columns] == ["", "A", "B", "C", "S (simulated)"]
    assert [one.cells["B"].text for one in shown.rows] == ["80", "140", "2.8-4.3"]


def test_names_that_are_not_there_are_said():
    shown = arranged(FOUR, TableState(rows=("A", "X"), sort="nothing", baseline="Y"))
    assert codes(shown) == ["A"]
    assert shown.warnings == (
        "There is no row X.",
        "There is no column nothing to order by.",
        "There is no row Y to hold the others against.",
    )


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8).filter(str.strip)
names = st.lists(words.map(str.strip), max_size=3, unique=True).map(tuple)
states = st.builds(
    TableState, columns=names, rows=names, pin=names, sort=words.map(str.strip), aggregate=st.booleans(),
    differs=st.booleans(), transpose=st.booleans(), per=st.sampled_from(["", "mass", "area"]),
)  # fmt: skip


@settings(max_examples=60)
@given(states)
def test_the_address_holds_the_whole_state(state):
    query = QueryDict(state.address()[1:])
    assert TableState.from_lists({name: query.getlist(name) for name in NAMES}) == state
    assert TableState.from_json(state.as_json()) == state


@pytest.mark.parametrize("given", [{"per": ["litre"]}, {"aggregate": ["perhaps"]}, {"figure": ["cake"]}])
def test_what_is_no_state_is_refused_in_words(given):
    (name,) = given
    with pytest.raises(ValueError, match=name):
        TableState.from_lists(given)


def test_texts_of_columns():
    read = read_column("ancestor(process:co-sintering).temperature;unit=K;digits=0;agg=best;label=T")
    assert (read.where, read.which, read.key) == ("process", "co-sintering", "temperature")
    assert (read.unit, read.digits, read.aggregate, read.label) == ("K", 0, "best", "T")
    assert write_column(read) == read.text
    assert read_column("measurement(eis).ionic_conductivity").which == "eis"
    for wrong in ("", "A b", "ancestor(co-sintering).x", "x;digits=99", "x;colour=red", "cell().x", "x" * 300):
        with pytest.raises(KeyError):
            read_column(wrong)
