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


# What stands below some figures: how the circuit was found, where peaks lie, whether the spectrum is valid.
NOTES = {
    "nyquist": r"Circuit (L0-)?R0-.*, the simplest of \d+ within 6 of the lowest corrected Akaike criterion.*\.",
    "drt": r"Peaks: \S+ Ω at .* s.*\.",
    "validity": r"The spectrum passes: residuals of .* Hz\. \d+ RC elements, mu 0\.\d\d\.",
}


@pytest.fixture
def get(lab, sign_in):
    client = sign_in(lab.viewer)

    def answer(measurement=lab.measurement, **query):
        return client.get(address(measurement, **query))

    answer.client = client
    return answer


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


@pytest.fixture
def faded(lab, receive):
    """A test of six cycles that lose 1 % of the first charge each."""
    cell = factories.cell(lab.project, active_mass="2.10 mg")
    return receive(lab.owner, cell, "faded.csv", cycling_file(6, loss=0.01)).measurement


def test_fade_is_drawn_with_its_law_and_dv_dq_without_its_ends(faded, get):
    chart = json.loads(get(faded, kind="fade", format="json").content)
    assert (chart["x"]["label"], chart["left"]) == ("Cycle", "Capacity over the first / %")
    measured = next(one for one in chart["series"] if one["label"] == "Discharge")
    assert measured["values"] == pytest.approx([100.0 - n for n in range(6)], abs=0.01)
    assert re.match(r"Linear, a - b x: the simplest of \d laws .* Mean loss 1 % per cycle", chart["notes"][0])
    chart = json.loads(get(faded, kind="dvdq", format="json").content)
    assert (chart["x"]["label"], chart["left"]) == ("Capacity / mAh/g", "dV/dQ / V·g/mAh")
    assert get(faded, kind="dvdq", format="svg").content.startswith(b"<?xml")
    page = get.client.get(faded.get_absolute_url()).content.decode()
    assert "<h3>Capacity fade</h3>" in page
    assert "Fade rate" in page


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
        ("validity", "Frequency / Hz", "Residual over |Z| / %"),
    ):
        chart = json.loads(get(measurement, kind=kind, format="json").content)
        assert (chart["x"]["label"], chart["left"]) == (x, left)
        said = NOTES.get(kind)
        assert bool(chart["notes"]) == (said is not None)
        assert all(re.fullmatch(said, note) for note in chart["notes"] if said)
        assert get(measurement, kind=kind, format="svg").content.startswith(b"<?xml")
    page = get.client.get(measurement.get_absolute_url()).content.decode()
    for label in ("Kramers-Kronig test", "Equivalent circuit", "Distribution of relaxation times"):
        assert f"<h3>{label}</h3>" in page
    assert "more, by arc" in page
    assert "Rate</dt>" not in page, "an impedance has no rate"


def test_without_a_mass_capacities_are_in_mah(lab, receive, get):
    cell = factories.cell(lab.project, active_mass=None)
    measurement = receive(lab.owner, cell, "light.csv", cycling_file()).measurement
    assert json.loads(get(measurement, kind="curves", format="json").content)["x"]["label"] == "Capacity / mAh"
