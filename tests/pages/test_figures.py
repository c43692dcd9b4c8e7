"""The figures of a measurement: the same axes and sources on the page and in print, and who may have them."""

import json
import re

import numpy as np
import pytest
from django.urls import reverse

from analysis_tasks.kernels.eis_arrhenius import arrhenius
from core.tables import Column, Table
from demo.simulate_eis import ImpedanceSpec, simulate_impedance
from pages.impedance_figures import activation
from tests import factories
from tests.measured_lab import cycling_file


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


def at_rates(currents: list[float]) -> bytes:
    """Cycles in Battery Data Format at these currents in mA; the capacity falls with the root of the current."""
    lines, seconds = ["Test Time / s,Voltage / V,Current / A"], 0.0
    for current in currents:
        lasts = 3600.0 / current**1.5
        for sign, start, end in ((1, 3.0, 4.3), (-1, 4.2, 2.8)):
            for step in range(41):
                lines.append(f"{seconds:.3f},{start + (end - start) * step / 40:.4f},{sign * current / 1000}")
                seconds += lasts / 40
            lines.append(f"{seconds:.3f},{end:.4f},0")
            seconds += 60.0
    return "\n".join(lines).encode()


def test_rate_capability_tells_the_return_to_a_slow_rate_apart(lab, receive, get):
    cell = factories.cell(lab.project, active_mass="2.00 mg")
    content = at_rates([0.1] * 3 + [0.4] * 3 + [0.1] * 2)
    measurement = receive(lab.owner, cell, "rates.csv", content).measurement
    chart = json.loads(get(measurement, kind="rates", format="json").content)
    assert (chart["x"]["label"], chart["left"]) == ("C-rate / 1/h", "Discharge capacity / mAh/g")
    first, again = chart["series"]
    assert first["values"] == pytest.approx([500 * 0.1**-0.5, 500 * 0.4**-0.5], rel=0.02)
    assert again["values"] == pytest.approx([500 * 0.1**-0.5], rel=0.02)
    assert re.fullmatch(r"Means of the cycles 1 to 3 at \S+; 4 to 6 at \S+; 7 to 8 at \S+ 1/h\.", chart["notes"][0])
    assert get(measurement, kind="rates", format="pdf").content.startswith(b"%PDF-")


def test_a_voltammogram_is_drawn_by_cycle_and_keeps_its_peaks(lab, receive, get):
    potential = [0.001 * n for n in range(600)] + [0.001 * n for n in range(600, 0, -1)]
    current = [1e-3 * 2.0 ** (-(((e - 0.3) / 0.03) ** 2)) * (1 if n < 600 else -1) for n, e in enumerate(potential)]
    rows = [f"{n},{e:.4f},{i:.9f}" for n, (e, i) in enumerate(zip(potential * 2, current * 2, strict=True))]
    content = "\n".join(["# technique: cv", "Test Time / s,Voltage / V,Current / A", *rows]).encode()
    cell = factories.cell(lab.project, electrode_area="0.5 cm^2")
    measurement = receive(lab.owner, cell, "cv.csv", content).measurement
    chart = json.loads(get(measurement, kind="voltammogram", format="json").content)
    assert (chart["x"]["label"], chart["left"]) == ("Potential / V", "Current density / mA/cm²")
    assert [series["label"] for series in chart["series"]] == ["Cycle 1", "Cycle 2"]
    assert max(chart["series"][0]["values"]) == pytest.approx(2.0, rel=1e-6)
    assert get(measurement, kind="voltammogram", format="svg").content.startswith(b"<?xml")


def test_the_activation_figure_draws_the_line_that_the_kernel_fitted():
    """0.35 eV from ln(sigma T); points and line agree, and the axis says what is drawn."""
    kelvin = np.array([298.15, 313.15, 333.15, 353.15])
    sigma = 0.1 / kelvin * np.exp(-0.35 / 8.617333262e-5 * (1.0 / kelvin - 1.0 / 298.15))
    table = Table(
        "arrhenius",
        (
            Column("temperature", kelvin - 273.15, "degC", ""),
            Column("inverse_temperature", 1000.0 / kelvin, "1/kK", ""),
            Column("resistance", 0.05 / sigma, "ohm", ""),
            Column("conductivity", sigma, "S/cm", ""),
            Column("used", np.ones(4, dtype=bool), "", ""),
        ),
    )
    fitted = [arrhenius(kelvin, sigma, None, form) for form in ("ln(sigma T)", "ln(sigma)")]
    lines = Table(
        "activation",
        tuple(
            Column(name, np.array([getattr(one, field) for one in fitted]), "", "")
            for name, field in (
                ("form", "form"),
                ("activation_energy", "energy"),
                ("half_width", "half_width"),
                ("intercept", "intercept"),
            )
        ),
    )
    figure = activation(table, lines)
    assert (figure.x, figure.left) == ("1000 K / T", "ln[σT / (S·K/cm)]")
    measured, line = figure.series
    assert np.interp(measured.x[1:3], line.x, line.y) == pytest.approx(measured.y[1:3], abs=1e-6)
    assert figure.notes[0].startswith("0.3500 ± ")
    assert figure.notes[0].endswith("from ln(σ T)")
    assert figure.notes[2] == "Measured at 25; 40; 60; 80 °C; the line is that of the weighted fit."
