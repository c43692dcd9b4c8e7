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
