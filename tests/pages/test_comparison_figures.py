"""Figures of a comparison: columns against each other, bars and curves over the rows, each cell by its own mass."""

import json

import pytest
from django.test import TestCase
from django.urls import reverse

from comparisons.selectors.curves import CURVES
from comparisons.services import add_row, freeze, share
from comparisons.state import TableState
from pages.figures import KINDS
from samples.services import change_cell
from tests import factories
from tests.measured_lab import cycling_file


@pytest.fixture
def draw(lab, receive, sign_in):
    """Draws with a second cell of twice the mass, whose file is the same."""
    heavy = factories.cell(lab.project, active_mass="4.20 mg")
    receive(lab.owner, heavy, "heavy.csv", cycling_file())
    add_row(lab.comparison, actor=lab.owner, cell=heavy)
    client = sign_in(lab.viewer)
    return lambda **state: client.get(reverse("comparison-figure", args=["my-cells"]), state)


def test_curves_of_all_rows_each_by_its_own_mass(lab, draw):
    chart = json.loads(draw(figure="curves", colour="configuration", dash="initial_discharge_capacity").content)
    assert (chart["x"]["label"], chart["left"], chart["notes"]) == ("Capacity / mAh/g", "Voltage / V", [])
    light, heavy = chart["series"][1], chart["series"][3]
    assert light["label"] == f"{lab.cell.code}, Cycle 1, discharge"
    assert max(light["x"]) == pytest.approx(2 * max(heavy["x"]), rel=1e-6)
    assert [(one["colour"], one["dash"]) for one in (light, heavy)] == [(1, 0), (1, 1)]


def test_other_curves_and_what_is_not_there_yet(lab, draw):
    for kind, left in (("cycles", "Capacity / mAh/g"), ("differential", "dQ/dV / mAh/g/V")):
        assert json.loads(draw(figure=kind).content)["left"] == left
    lacking = draw(figure="nyquist")
    assert lacking.status_code == 400
    add_row(lab.comparison, actor=lab.owner, cell=factories.cell(lab.project))
    assert json.loads(draw(figure="cycles").content)["notes"][0].endswith("yet.")


def test_two_columns_and_bars(lab, draw):
    columns = ["active_mass", "initial_discharge_capacity"]
    chart = json.loads(draw(figure="scatter", columns=columns, x=columns[0], y=columns[1]).content)
    assert [one["x"] for one in chart["series"]] == [[2.1], [4.2]]
    bars = json.loads(draw(figure="bars", columns=columns, y=columns[0]).content)
    assert [(one["kind"], one["values"]) for one in bars["series"]] == [("bar", [2.1]), ("bar", [4.2])]
    assert bars["x"]["names"][0] == lab.cell.code
    for form, start in (("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")):
        assert draw(figure="bars", columns=columns, y=columns[0], format=form).content.startswith(start)
    for wrong in ({"figure": "bars"}, {"figure": "cake"}, {"figure": "bars", "y": "configuration"}, {}):
        assert draw(**wrong).status_code == 400


def test_cycles_are_chosen_and_panels_divide_the_figure(lab, draw):
    def chart(**state):
        return json.loads(draw(columns=["active_mass", "cell_type"], figure="curves", **state).content)

    both = chart(cycles="first, last, 9")
    assert [one["label"].partition(", ")[2] for one in both["series"][:4]] == [
        "Cycle 1, charge", "Cycle 1, discharge", "Cycle 2, charge", "Cycle 2, discharge",
    ]  # fmt: skip
    assert [one["dash"] for one in both["series"][:4]] == [0, 0, 1, 1]
    assert both["notes"] == [
        f"{code} has no cycle 9." for code in (lab.cell.code, lab.comparison.rows.last().subject.code)
    ]
    for cycles in ("best", "last"):
        assert all("Cycle" in one["label"] for one in chart(cycles=cycles)["series"])
    halves = [chart(facet="active_mass", panel=str(panel)) for panel in (0, 1)]
    assert [len(half["series"]) for half in halves] == [2, 2]
    assert [half["series"][0]["colour"] for half in halves] == [1, 2]
    assert draw(columns="active_mass", figure="curves", facet="active_mass", panel="2").status_code == 400
    printed = draw(columns="active_mass", figure="curves", facet="active_mass", form="svg", width="double").content
    for heading in (b"2.10 mg", b"4.20 mg"):
        assert printed.count(b">%s</text>" % heading) == 1, printed
    assert draw(figure="curves", cycles="often").status_code == 400


def test_a_frozen_figure_keeps_its_curves_and_a_share_shows_them(lab, draw, sign_in):
    state = TableState(columns=("active_mass", "initial_discharge_capacity"), figure="curves")
    frozen = freeze(lab.comparison, actor=lab.owner, state=state)
    address = reverse("frozen-figure", args=["my-cells", frozen.number])
    then = json.loads(sign_in(lab.viewer).get(address).content)
    with TestCase.captureOnCommitCallbacks(execute=True):
        change_cell(lab.cell, actor=lab.owner, active_mass="1.05 mg")
    assert json.loads(sign_in(lab.viewer).get(address).content) == then
    today = json.loads(draw(figure="curves", columns=["active_mass"]).content)
    assert max(today["series"][1]["x"]) == pytest.approx(2 * max(then["series"][1]["x"]), rel=1e-6)
    for of, shown in ((frozen, then), (None, today)):
        token = share(lab.comparison, actor=lab.owner, frozen=of, state=state)[1]
        page = sign_in().get(reverse("shared", args=[token])).content.decode()
        assert f'data-source="/shared/{token}/figure/?&amp;panel=0"' in page
        assert json.loads(sign_in().get(reverse("shared-figure", args=[token])).content)["series"] == shown["series"]
    assert sign_in(lab.stranger).get(address).status_code == 404


def test_kernels_of_curves_are_those_that_figures_are_drawn_from():
    assert {key: (KINDS[key].kernel, KINDS[key].table) for key in CURVES} == CURVES


def test_the_page_draws_it_and_strangers_get_none(lab, draw, sign_in):
    page = sign_in(lab.viewer).get(lab.comparison.get_absolute_url(), {"figure": "cycles"}).content.decode()
    assert 'data-source="/comparisons/my-cells/figure/?figure=cycles&amp;panel=0"' in page
    address = reverse("comparison-figure", args=["my-cells"]) + "?figure=cycles"
    assert sign_in(lab.stranger).get(address).status_code == 404
    assert sign_in().get(address).status_code == 302
