"""The figures of a measurement: the same axes and sources on the page and in print, and who may have them."""

import json
import re

import pytest
from django.urls import reverse

from demo.simulate_eis import ImpedanceSpec, simulate_impedance
from tests import factories
from tests.pages.conftest import cycling_file


def address(measurement, **query):
    return reverse("figure", args=[measurement.pk]) + "?" + "&".join(f"{key}={value}" for key, value in query.items())


@pytest.fixture
def get(lab, sign_in):
    client = sign_in(lab.viewer)
    return lambda measurement=lab.measurement, **query: client.get(address(measurement, **query))


def test_curves_are_chosen_by_cycle_with_units(get):
    chart = json.loads(get(kind="curves", format="json").content)
    assert (chart["x"]["label"], chart["left"]) == ("Capacity / mAh/g", "Voltage / V")
    assert chart["choice"] == {"label": "Cycle", "values": [1, 2], "shown": [1, 2]}
    assert [series["label"] for series in chart["series"]] == [
        "Cycle 1, charge",
        "Cycle 1, discharge",
        "Cycle 2, charge",
        "Cycle 2, discharge",
    ]
    assert max(chart["series"][1]["x"]) == pytest.approx(0.03 * 10 / 2.1 * 1000, rel=0.02)


def test_dq_dv_of_discharge_points_downwards(get):
    chart = json.loads(get(kind="differential", format="json").content)
    assert chart["left"] == "dQ/dV / mAh/g/V"
    for series in chart["series"]:
        values = [value for value in series["values"] if value]
        assert all((value < 0) == ("discharge" in series["label"]) for value in values)


@pytest.mark.parametrize("kind", ["curves", "cycles", "differential"])
def test_a_printed_figure_keeps_its_text_and_source(lab, get, kind):
    answer = get(kind=kind, format="svg", width="single")
    page = answer.content.decode()
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert lab.cell.code in answer.headers["Content-Disposition"]
    assert re.search(r'width="240\.\d+pt"', page), "85 mm"
    chart = json.loads(get(kind=kind, format="json").content)
    for label in (chart["x"]["label"], chart["left"]):
        assert f">{label}<" in page
    assert "Source: " in page
    assert "cell-1.csv" in page
    assert page == get(kind=kind, format="svg", width="single").content.decode(), "equal data, equal file"


@pytest.mark.parametrize(("form", "head"), [("pdf", b"%PDF-"), ("png", b"\x89PNG")])
def test_other_forms_and_two_columns(get, form, head):
    assert get(kind="curves", format=form, width="double", cycles="2").content.startswith(head)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"kind": "pie"}, "curves, cycles"),
        ({"kind": "curves", "format": "gif"}, "svg, pdf, png"),
        ({"kind": "curves", "width": "huge"}, "single, double"),
        ({"kind": "curves", "cycles": "first"}, "1,2,50"),
    ],
)
def test_a_wrong_wish_is_answered_with_what_there_is(get, query, words):
    answer = get(**query)
    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_figures_are_closed_to_strangers_and_missing_ones_are_missing(lab, sign_in, get):
    assert sign_in(lab.stranger).get(address(lab.measurement, kind="curves")).status_code == 404
    assert get(kind="nyquist").status_code == 404


def test_the_page_shows_each_figure_with_its_source_and_files(lab, sign_in):
    page = sign_in(lab.viewer).get(lab.measurement.get_absolute_url()).content.decode()
    for kind in ("curves", "differential"):
        assert f"kind={kind}&amp;format=json" in page
    assert "kind=cycles&amp;format=pdf&amp;width=double" in page


def test_an_impedance_has_nyquist_bode_residuals_and_relaxation_times(lab, receive, get):
    content, _ = simulate_impedance(ImpedanceSpec(per_decade=5))
    cell = factories.cell(lab.project)
    measurement = receive(lab.owner, cell, "fresh.csv", content, technique="eis").measurement
    for kind, x, left in (
        ("nyquist", "Re Z / Ω", "−Im Z / Ω"),
        ("bode", "Frequency / Hz", "lg(|Z| / Ω)"),
        ("residuals", "Frequency / Hz", "Residual over |Z| / %"),
        ("drt", "Relaxation time / s", "γ(ln τ) / Ω"),
    ):
        chart = json.loads(get(measurement, kind=kind, format="json").content)
        assert (chart["x"]["label"], chart["left"]) == (x, left)
        assert get(measurement, kind=kind, format="svg").content.startswith(b"<?xml")


def test_without_a_mass_capacities_are_in_mah(lab, receive, get):
    cell = factories.cell(lab.project, active_mass=None)
    measurement = receive(lab.owner, cell, "light.csv", cycling_file()).measurement
    assert json.loads(get(measurement, kind="curves", format="json").content)["x"]["label"] == "Capacity / mAh"
