"""Runs and results by REST: repeating, tables, units, origins, and what the server knows."""

import pytest
from django.test import TestCase

from analysis_tasks.models import AnalysisRun
from analysis_tasks.services import enter_manually, report_value
from core.quantities import QUANTITIES
from measurements.services import receive_file
from samples.models import Cell, Publication
from samples.services import change_cell
from tests import factories, rest

pytestmark = pytest.mark.django_db
# Two cycles at 0.1 mA, 10 h charge and 5 h discharge each: 1 mAh in, 0.5 mAh out.
CYCLES = "test_time_second,voltage_volt,current_ampere\n" + "".join(
    f"{(cycle * 900 + minute) * 60},{3.5 + (minute / 1000 if minute < 600 else 0.5 - minute / 2000):.4f},"
    f"{1e-4 if minute < 600 else -1e-4}\n"
    for cycle in range(2)
    for minute in range(900)
)


@pytest.fixture(scope="module")
def project(lasting_db):
    return factories.project()


@pytest.fixture(scope="module")
def api(project):
    return rest.client(factories.owner_of(project))


@pytest.fixture(scope="module")
def cell(project):
    return factories.cell(project)


@pytest.fixture(scope="module")
def run(cell, project):
    with TestCase.captureOnCommitCallbacks(execute=True):
        receive_file(
            actor=factories.owner_of(project),
            subject=cell,
            name="run.csv",
            chunks=[CYCLES.encode()],
            technique="cycling",
        )
    run = AnalysisRun.objects.get(release__name="cycling.capacity")
    assert run.state == "succeeded", run.error
    return run


def test_a_run_says_what_it_did_with_what(api, run, cell):
    shown = api.get(f"runs/{run.pk}/").json()
    assert (shown["kernel"], shown["version"], shown["state"]) == ("cycling.capacity", run.release.version, "succeeded")
    assert shown["fingerprint"] == run.release.fingerprint
    assert shown["parameters"]["active_mass"] == 2.10
    assert shown["environment"]["libraries"]["numpy"]
    assert shown["currency"] == {"state": "current", "reasons": []}
    assert shown["measurement"]["url"].startswith("http://testserver/api/v1/measurements/")
    results = {r["quantity"]: r for r in shown["results"] if r["index"] == {}}
    assert results["initial_discharge_capacity"]["value"] == pytest.approx(0.5 / 2.10e-3, rel=5e-3)
    assert {artifact["name"] for artifact in shown["artifacts"]} >= {"cycles"}


def test_an_edit_of_the_cell_makes_the_run_stale(api, run, cell, project):
    change_cell(Cell.objects.get(pk=cell.pk), actor=factories.owner_of(project), active_mass="2.0 mg")
    (listed,) = [shown for shown in api.get("runs/").json()["results"] if shown["id"] == str(run.pk)]
    for shown in (api.get(f"runs/{run.pk}/").json(), listed):
        assert shown["currency"]["state"] == "stale"
        assert "Active mass was 2.1 and is 2" in shown["currency"]["reasons"][0]


def test_run_again(api, run, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        verifying = api.post(f"runs/{run.pk}/rerun/", {})
    assert verifying.status_code == 201
    assert verifying.json()["identical"] is None
    verified = api.get(verifying.json()["url"]).json()
    assert verified["verifies"] == str(run.pk)
    assert verified["output_sha256"] == run.output_sha256
    assert verified["currency"]["state"] == "superseded"
    assert verified["identical"] is True
    with django_capture_on_commit_callbacks(execute=True):
        other = api.post(f"runs/{run.pk}/rerun/", {"parameters": {"active_mass": "4.20 mg"}})
    assert other.status_code == 201
    shown = api.get(other.json()["url"]).json()
    assert shown["parameters"]["active_mass"] == pytest.approx(4.20)
    (capacity,) = [r for r in shown["results"] if r["quantity"] == "initial_discharge_capacity" and r["index"] == {}]
    assert capacity["value"] == pytest.approx(0.5 / 4.20e-3, rel=5e-3)
    assert api.post(f"runs/{run.pk}/rerun/", {"parameters": {"active_mass": 4.2}}).status_code in {200, 201}


@pytest.mark.parametrize(
    ("parameters", "words"), [({"charm": 1}, "charm"), ({"active_mass": "1 V"}, "active_mass"), ([1], "dictionary")]
)
def test_wrong_parameters_are_refused(api, run, parameters, words):
    assert words in rest.problem(api.post(f"runs/{run.pk}/rerun/", {"parameters": parameters}), 400)["detail"]
    assert AnalysisRun.objects.filter(release__name=run.release.name).count() == 1


def test_tables_of_a_run(api, run):
    answer = b"".join(api.get(f"runs/{run.pk}/tables/cycles/"))
    assert b'"unit":"mAh/g"' in answer
    lines = b"".join(api.get(f"runs/{run.pk}/tables/cycles/?format=csv")).decode().splitlines()
    assert lines[0].startswith("cycle,")
    assert len(lines) == 3
    assert b"".join(api.get(f"runs/{run.pk}/tables/cycles/?format=parquet")).startswith(b"PAR1")
    assert b"".join(api.get(f"runs/{run.pk}/tables/cycles/?format=arrow")).startswith(b"ARROW1")
    rest.problem(api.get(f"runs/{run.pk}/tables/nothing/"), 404)


def test_results_in_any_unit_with_their_origin(api, run, cell, project):
    owner = factories.owner_of(project)
    paper = Publication.objects.create(label="[47]")
    report_value(
        actor=owner,
        subject=cell,
        quantity_key="initial_discharge_capacity",
        text="120 mAh/g",
        publication=paper,
        locator="Table S1, row 3",
    )
    enter_manually(
        actor=owner, subject=cell, quantity_key="initial_discharge_capacity", text="100 mAh/g", reason="read off a plot"
    )
    found = api.get("results/?quantity=initial_discharge_capacity&unit=Ah/kg").json()["results"]
    assert {r["origin"]["kind"] for r in found} == {"run", "publication", "manual"}
    by_kind = {r["origin"]["kind"]: r for r in found}
    assert (by_kind["publication"]["value"], by_kind["publication"]["unit"]) == (pytest.approx(120), "Ah/kg")
    assert by_kind["publication"]["text"] == "120 mAh/g"
    assert "read off a plot" in by_kind["manual"]["origin"]["label"]
    for result in found:
        assert result["sample"]["label"] == cell.code
        assert api.get(result["origin"]["url"]).status_code == 200

    def values(query):
        answer = api.get(f"results/?quantity=initial_discharge_capacity&{query}")
        return sorted(round(r["value"], 1) for r in answer.json()["results"])

    assert values(f"cell={cell.code}&value_max=150") == [100, 120]
    assert values("value_min=0.11 Ah/g&value_max=0.13 Ah/g") == [120]
    assert values("unit=Ah/g&value_max=0.11") == [0.1]
    assert values("origin=manual") == [100]
    assert values("publication=[47]") == [120]
    assert values(f"cell={factories.cell(project).code}") == []
    ordered = [
        r["value"] for r in api.get("results/?quantity=initial_discharge_capacity&ordering=value").json()["results"]
    ]
    assert ordered == sorted(ordered)


def test_superseded_results_are_left_out_unless_asked_for(api, run, cell, project, django_capture_on_commit_callbacks):
    query = "results/?quantity=initial_discharge_capacity&origin=run"
    assert len(api.get(query).json()["results"]) == 1
    change_cell(Cell.objects.get(pk=cell.pk), actor=factories.owner_of(project), active_mass="2.0 mg")
    with django_capture_on_commit_callbacks(execute=True):
        api.post(f"runs/{run.pk}/rerun/", {})
    assert [r["value"] for r in api.get(query).json()["results"]] == [pytest.approx(250, rel=5e-3)]
    assert len(api.get(f"{query}&superseded=true").json()["results"]) == 2
    assert api.get(f"runs/{run.pk}/").json()["currency"]["state"] == "superseded"


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("quantity=charm", "quantity", "not a quantity"),
        ("unit=V", "unit", "of which quantity"),
        ("value_min=1", "value_min", "of which quantity"),
        ("quantity=coulombic_efficiency&unit=V", "unit", "does not fit"),
        ("quantity=coulombic_efficiency&value_min=3 V", "value_min", "V"),
        ("quantity=coulombic_efficiency&value_min=much", "value_min", "much"),
        ("technique=tasting", "technique", "tasting"),
    ],
)
def test_wrong_questions_to_results_are_answered(api, query, parameter, words):
    assert words in rest.problem(api.get(f"results/?{query}"), 400)["errors"][parameter][0]


def test_results_are_paged_by_cursor_without_loss(api, cell, project):
    owner = factories.owner_of(project)
    for number in range(7):
        enter_manually(actor=owner, subject=cell, quantity_key="cycle_count", text=str(number), reason="counted")
    seen, url = [], "results/?page_size=3&origin=manual"
    while url:
        page = api.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert len(seen) == len(set(seen)) == 7
    for size in ("0", "1001", "many"):
        assert "1000" in rest.problem(api.get(f"results/?page_size={size}"), 400)["errors"]["page_size"][0]


def test_what_the_server_knows(api):
    quantities = api.get("quantities/?page_size=1000").json()
    assert quantities["count"] == len(QUANTITIES)
    assert api.get("quantities/ionic_conductivity/").json()["unit"] == "S/cm"
    assert api.get("quantities/?search=ionic+conductivity").json()["count"] >= 1
    kernel = api.get("kernels/cycling.capacity/").json()
    assert "active_mass" in {parameter["key"] for parameter in kernel["parameters"]}
    assert "initial_discharge_capacity" in kernel["yields"]
    assert {"biologic-mpr", "bdf-csv"} <= {f["format"] for f in api.get("formats/?page_size=100").json()["results"]}
    rest.problem(api.get("quantities/charm/"), 404)
