"""The demo lab: facts of the paper as printed, simulated twins analysed by the real pipeline."""

import io
import json

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import TestCase

from analysis_tasks.models import AnalysisRun
from comparisons.models import Comparison
from comparisons.selectors import comparison_table
from core.audit import seal_audit
from demo import lab
from demo.simulated import TESTS
from measurements.models import RawFile
from measurements.store import open_blob
from samples.models import Cell, Sample
from samples.selectors import composition_of

pytestmark = pytest.mark.django_db

PAPER = [
    ["NCM523+LBO+ITO/LLZTO/Li", "agglomerates", "80 °C", "5 μA/cm²", "3.0-4.6", "123.3", "5", "76.6", "[45]"],
    [
        "NCM622+LBO+LLZTO/LLZTO/Gel/Li",
        "agglomerates",
        "RT",
        "0.05 C (1C=115mA/g)",
        "3.0-4.2",
        "106",
        "30",
        "74.2",
        "[46]",
    ],
    [
        "LCO+LLZTO+LCBO/LLZTO/Li",
        "micro-sized particles",
        "100°C",
        "0.05 C (1C=115mA/g)",
        "3.0-4.05",
        "106",
        "40",
        "67",
        "[47]",
    ],
    ["LCO+LBO+ITO/LLZTO/Li", "micro-sized particles", "80°C", "5 μA/cm²", "2.8-4.3", "69.6", "1", "69.6", "[59]"],
    ["NCM622+LBO+LLZTO/LLZTO/Li", "MCG", "80°C", "0.05 C (1C=180mA/g)", "2.8-4.3", "138.8", "50", "79", "This work"],
]


@pytest.fixture(scope="module")
def admin(lasting_db):
    return get_user_model().objects.create_superuser("admin", "", "password")


@pytest.fixture(scope="module")
def demo(admin):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return lab.load()


def _truths(cell, technique):
    files = RawFile.objects.filter(measurement__sample=cell, measurement__technique=technique)
    found = []
    for file in files.filter(name__endswith=".truth.json"):
        with open_blob(file.blob) as stored:
            found.append(json.load(stored))
    return found


def test_table_s1_reads_as_the_paper_does(demo, admin):
    table = comparison_table(Comparison.objects.get(slug="table-s1"), admin)
    assert [[row.cells[column.key].text for column in table.columns] for row in table.rows] == PAPER
    assert {cell.origin.kind for row in table.rows for cell in row.cells.values()} == {"record", "publication"}
    assert not any(row.simulated for row in table.rows)


def test_current_is_normalised_only_where_the_paper_allows_it(demo, admin):
    table = comparison_table(Comparison.objects.get(slug="table-s1"), admin)
    assert [row.cells["current_density"].value for row in table.rows] == [None, 5.75, 5.75, None, 9.0]
    assert [row.cells["temperature"].value for row in table.rows] == [80, None, 100, 80, 80]


def test_simulated_twins_are_analysed_to_the_truth_of_their_model(demo, admin):
    table = comparison_table(Comparison.objects.get(slug="simulated-cells"), admin)
    for row, test in zip(table.rows, TESTS, strict=True):
        assert row.simulated
        first, last = row.cells["initial_discharge_capacity"], row.cells["final_discharge_capacity"]
        assert first.origin.kind == last.origin.kind == "run"
        assert first.origin.simulated
        assert first.value == pytest.approx(test.spec.first_capacity, rel=1e-4)
        assert last.value == pytest.approx(test.spec.last_capacity, rel=1e-4)
        assert row.cells["cycle_count"].value == test.spec.cycles


def test_every_run_is_computed_again_bit_for_bit(demo):
    seal_audit()
    output = io.StringIO()
    call_command("verify", "--all", "--json", stdout=output)
    outcomes = [json.loads(line) for line in output.getvalue().splitlines()]
    runs = [outcome for outcome in outcomes if outcome["subject"].startswith("run")]
    assert len(runs) == AnalysisRun.objects.filter(state="succeeded").count() >= 2 * len(TESTS)
    assert [outcome for outcome in outcomes if outcome["verdict"] != "identical"] == []
    assert {"lineage", "audit trail"} <= {outcome["subject"] for outcome in outcomes}


def test_spectra_before_and_after_cycling_grow_as_their_model_does(demo):
    """Fig. S9a: the interface grows to four times its resistance; bulk and grain boundary stay."""
    cell = Cell.objects.get(code="SIM-solid-433522")
    later = cell.measurements.get(technique="eis", celltest__cycle_offset=50)
    run = AnalysisRun.objects.get(measurement=later, release__name="eis.before_after")
    assert run.state == "succeeded", run.error
    assert [entry.dataset.file.name for entry in run.inputs.all()] == [
        "SIM-solid-433522-cycle-0.eis.csv",
        "SIM-solid-433522-cycle-50.eis.csv",
    ]
    truth = _truths(cell, "eis")
    before, after = sorted(truth, key=lambda one: one["cycle"])
    ratios = {result.index["part"]: result for result in run.results.filter(quantity="resistance_ratio")}
    total = ratios["total"]
    assert abs(total.value - after["total_resistance"] / before["total_resistance"]) < 3 * total.uncertainty
    grown = max(ratios.values(), key=lambda result: result.value)
    assert abs(grown.value - after["arcs"][-1]["resistance"] / before["arcs"][-1]["resistance"]) < 3 * grown.uncertainty
    assert sum("grew from" in warning for warning in run.warnings) == 1


def test_the_truth_of_every_simulated_file_lies_beside_it(demo):
    for test in TESTS:
        (truth,) = _truths(Cell.objects.get(code=test.code), "cycling")
        assert truth["simulated"] is True
        assert truth["cycles"][0]["discharge_capacity"] == pytest.approx(test.spec.first_capacity)


def test_twins_of_one_powder_lot_are_found(demo):
    run = AnalysisRun.objects.get(
        subject__code="SIM-solid-433522", release__name="insights.related", current_in__isnull=False
    )
    assert {source.facts["cell"] for source in run.sources.all()} == {"SIM-solid-433522", "SIM-liquid-MCG"}
    share = run.results.get(quantity="utilisation_of_twin")
    assert share.value == pytest.approx(100 * 136.0 / 172.0, rel=1e-3)


def test_loading_twice_adds_nothing(demo):
    before = Sample.objects.count()
    lab.load()
    assert Sample.objects.count() == before


def test_composites_of_figure_s8_have_the_paper_s_fractions(demo):
    parts = composition_of(Sample.objects.get(code="CC-433522"))
    assert [(part.material.name, part.fraction) for part in parts] == [
        ("NCM622", pytest.approx(0.43)),
        ("LLZTO", pytest.approx(0.35)),
        ("LBO", pytest.approx(0.22)),
    ]
    assert not Cell.objects.filter(code="TS1-this-work", production__isnull=False).exists()
