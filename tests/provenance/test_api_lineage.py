"""Lineage by REST: from a number down to the powders and back, and never past what one may see."""

import pytest

from analysis_tasks.models import Result
from comparisons.services import add_row, create_comparison
from measurements.services import receive_file
from samples.models import Process, Sample
from samples.services import InputSpec, OutputSpec, create_process
from tests import factories, rest

pytestmark = pytest.mark.django_db
CYCLES = "test_time_second,voltage_volt,current_ampere\n" + "".join(
    f"{n * 60},{3.5 + (n % 100) / 200:.4f},{1e-4 if n // 100 % 2 == 0 else -1e-4}\n" for n in range(400)
)


@pytest.fixture
def cell(project, owner, django_capture_on_commit_callbacks):
    cell = factories.cell(project)
    with django_capture_on_commit_callbacks(execute=True):
        receive_file(actor=owner, subject=cell, name="run.csv", chunks=[CYCLES.encode()], technique="cycling")
    comparison = create_comparison(actor=owner, project=project, slug="own", title="Own")
    add_row(comparison, actor=owner, cell=cell)
    return cell


def kinds(graph):
    return {node["kind"] for node in graph["nodes"]}


def test_a_number_leads_back_to_the_powders(owner, cell):
    result = Result.objects.filter(quantity="initial_discharge_capacity", run__isnull=False).first()
    graph = rest.client(owner).get(f"lineage/result/{result.pk}/?direction=up").json()
    assert graph["nodes"][0]["id"] == str(result.pk)
    assert kinds(graph) == {"result", "run", "dataset", "file", "measurement", "cell", "process", "sample", "material"}
    by_id = {node["id"]: node for node in graph["nodes"]}
    assert {node["label"] for node in graph["nodes"] if node["kind"] == "material"} == {"NCM622", "LLZTO", "LBO", "Li"}
    steps = {(by_id[e["from"]]["kind"], by_id[e["to"]]["kind"]) for e in graph["edges"]}
    assert {("sample", "process"), ("process", "cell"), ("cell", "measurement"), ("run", "result")} <= steps
    for node in graph["nodes"]:
        if node["url"]:
            assert rest.client(owner).get(node["url"]).json()["id"] == node["id"]


def test_a_powder_leads_to_the_table(owner, cell):
    process = Process.objects.get(kind="co-sintering")
    powder = process.inputs.first().sample
    graph = rest.client(owner).get(f"lineage/sample/{powder.pk}/?direction=down").json()
    assert {"process", "cell", "measurement", "result", "comparison"} <= kinds(graph)
    assert "material" not in kinds(graph)
    near = rest.client(owner).get(f"lineage/sample/{powder.pk}/?direction=down&depth=1").json()
    assert [node["id"] for node in near["nodes"]] == [str(powder.pk), str(process.pk)]
    assert [edge["role"] for edge in near["edges"]] == ["component"]
    alone = rest.client(owner).get(f"lineage/sample/{powder.pk}/?depth=0").json()
    assert (len(alone["nodes"]), alone["edges"]) == (1, [])


def test_what_one_may_not_see_ends_the_walk(project, owner, cell):
    hidden = factories.project()
    admin = factories.admin()
    powder = Process.objects.get(kind="co-sintering").inputs.first().sample
    secret = Sample(code="SECRET", kind="powder")
    create_process(
        actor=admin,
        project=hidden,
        kind="milling",
        inputs=[InputSpec(sample=powder, role="precursor")],
        outputs=[OutputSpec(secret)],
    )
    seen = rest.client(owner).get(f"lineage/sample/{powder.pk}/")
    assert "SECRET" not in seen.content.decode()
    nodes = {node["id"] for node in seen.json()["nodes"]}
    assert all({edge["from"], edge["to"]} <= nodes for edge in seen.json()["edges"])
    assert "SECRET" in rest.client(admin).get(f"lineage/sample/{powder.pk}/").content.decode()
    for role, client in rest.cast_of(project).items():
        expected = {"anonymous": 401, "stranger": 404}.get(role, 200)
        assert client.get(f"lineage/cell/{cell.pk}/").status_code == expected, role


def test_wrong_questions(owner, cell):
    api = rest.client(owner)
    assert "sideways" in rest.problem(api.get(f"lineage/cell/{cell.pk}/?direction=sideways"), 400)["detail"]
    assert "depth" in rest.problem(api.get(f"lineage/cell/{cell.pk}/?depth=-1"), 400)["errors"]
    assert "format" in rest.problem(api.get(f"lineage/cell/{cell.pk}/?format=gif"), 400)["errors"]
    assert "dept" in rest.problem(api.get(f"lineage/cell/{cell.pk}/?dept=1"), 400)["errors"]
    rest.problem(api.get(f"lineage/mood/{cell.pk}/"), 404)
