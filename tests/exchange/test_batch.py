"""Series of ratios and grids: samples and processes in one go, planned beside actual, all or nothing."""

import pytest

from exchange.batch import BatchRow, listed, rows_of
from samples.models import Process, Sample
from samples.services import change_process
from tests import factories, rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def project():
    project = factories.project()
    for name in ("NCM622", "LLZTO", "LBO"):
        factories.material(name)
    return project


@pytest.fixture
def asked(project):
    powder = factories.powder(project, "NCM622")
    return {
        "project": project.slug,
        "components": [powder.code, "LLZTO", "LBO"],
        "ratios": ["43:35:22", "45:40:15"],
        "temperatures": ["650", "973 K"],
        "times": ["1", "30 min"],
        "total_mass": "2 g",
    }


def test_a_grid_is_planned_and_made(project, asked):
    api = rest.client(factories.member(project, "editor"))
    before = Process.objects.count()
    dry = api.post("batches/", {**asked, "dry_run": True})
    assert dry.status_code == 200, dry.content
    assert [line["product"] for line in dry.json()][:2] == ["CC-43-35-22-650-1", "CC-43-35-22-650-30"]
    assert dry.json()[0]["fractions"] == pytest.approx([0.43, 0.35, 0.22])
    assert Process.objects.count() == before
    made = api.post("batches/", asked)
    assert made.status_code == 201, made.content
    assert len(made.json()) == 8
    mixings = Process.objects.filter(project=project, kind="mixing")
    assert sorted(mixings.values_list("ratio_text", flat=True)) == ["43:35:22", "45:40:15"]
    first = mixings.get(ratio_text="43:35:22")
    assert list(first.inputs.order_by("order").values_list("planned_mass", flat=True)) == pytest.approx(
        [0.86, 0.7, 0.44]
    )
    heated = Process.objects.filter(project=project, kind="co-sintering")
    steps = sorted((step.target, step.dwell) for process in heated for step in process.thermal_steps.all())
    assert steps[0] == (pytest.approx(650), pytest.approx(0.5))
    assert steps[-1] == (pytest.approx(699.85), pytest.approx(1.0))
    products = Sample.objects.filter(project=project, kind="composite_cathode")
    assert products.count() == 8
    assert set(products.values_list("status", flat=True)) == {"planned"}
    process = heated.first()
    change_process(process, actor=factories.owner_of(project), note="done")
    assert process.thermal_steps.get().actual_target is None


def test_one_wrong_line_and_nothing_is_made(project, asked):
    api = rest.client(factories.member(project, "editor"))
    before = Sample.objects.count()
    wrong = rest.problem(api.post("batches/", {**asked, "ratios": ["43:35:22", "45:40"], "times": ["1 h"]}), 400)
    assert set(wrong["errors"]) == {"rows.2", "rows.3"}
    assert "has 2 parts, but there are 3 components" in wrong["errors"]["rows.2"][0]
    assert Sample.objects.count() == before
    taken = {**asked, "product_code": "SAME"}
    assert "exists already" in str(rest.problem(api.post("batches/", taken), 400)["errors"]["rows.1"])
    unknown = rest.problem(api.post("batches/", {**asked, "components": ["NCM622", "LLZTO", "XYZ"]}), 400)
    assert "no sample XYZ" in unknown["errors"]["components"][0]
    pattern = rest.problem(api.post("batches/", {**asked, "product_code": "{colour}"}), 400)
    assert "{ratio}" in pattern["errors"]["product_code"][0]
    many = rest.problem(api.post("batches/", {**asked, "times": [str(n) for n in range(1, 60)]}), 400)
    assert "236 combinations" in many["errors"]["ratios"][0]
    assert Sample.objects.count() == before


def test_who_may(project, asked):
    expected = {"anonymous": 401, "stranger": 400, "viewer": 403, "editor": 201}
    for role, api in rest.cast_of(project).items():
        if role in expected:
            assert api.post("batches/", asked).status_code == expected[role], role


def test_the_page_shows_what_it_makes_and_makes_it(project, client):
    client.force_login(factories.member(project, "editor"))
    data = {
        "project": project.slug,
        "components": "NCM622, LLZTO + LBO",
        "ratios": "43:35:22\t700\t1 h\tCC-A\n45:40:15\t700\t1 h\tCC-B",
        "heating": "co-sintering",
        "product_kind": "composite_cathode",
        "mixture_code": "MIX-{n}",
        "product_code": "{n}",
    }
    seen = client.post("/batch/", {**data, "do": "look"})
    assert seen.status_code == 200
    assert "CC-B" in seen.content.decode()
    assert "Make all 2" in seen.content.decode()
    assert not Sample.objects.filter(project=project).exists()
    assert client.post("/batch/", {**data, "do": "make"}).status_code == 302
    assert set(Sample.objects.filter(project=project).values_list("code", flat=True)) == {
        "MIX-001",
        "MIX-002",
        "CC-A",
        "CC-B",
    }
    again = client.post("/batch/", {**data, "do": "make"})
    assert again.status_code == 422
    assert "exists already" in again.content.decode()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("43:35:22, 45:40:15", ["43:35:22", "45:40:15"]),
        ("43:35:22,45:40:15", ["43:35:22", "45:40:15"]),
        ("43,5:34,5:22\r\n45:40:15;", ["43,5:34,5:22", "45:40:15"]),
        ("650; 700 degC", ["650", "700 degC"]),
        ("", []),
    ],
)
def test_lists_as_people_type_them(text, found):
    assert listed(text) == found


def test_pasted_rows_stand_as_they_are():
    assert rows_of("43:35:22\t700\n45:40:15\t650\t2 h\tX") == [
        BatchRow("43:35:22", "700"),
        BatchRow("45:40:15", "650", "2 h", "X"),
    ]
    assert len(rows_of("1:1, 2:1", "600, 700", "1, 2, 3")) == 12
