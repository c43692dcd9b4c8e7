"""Processes by REST: the 43:35:22 composite in one request, and what is refused."""

import pytest

from samples.models import Process, Sample
from tests import factories, rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(project):
    return rest.client(factories.owner_of(project))


def co_sintering(project, inputs, **changes):
    return {
        "project": project.slug,
        "kind": "co-sintering",
        "ratio": "43:35:22",
        "inputs": inputs,
        "outputs": [{"code": "CC-1", "kind": "composite_cathode", "morphology": "MCG", "mass": "1.2 g"}],
        "thermal_steps": [{"target": "700 degC", "dwell": "1 h", "ramp_rate": "5 K/min", "atmosphere": "air"}],
        **changes,
    }


def test_the_composite_is_one_request(api, project, powders):
    response = api.post("processes/", co_sintering(project, [{"sample": p.code} for p in powders]))
    assert response.status_code == 201, response.content
    made = response.json()
    assert response["Location"] == made["url"]
    assert [entry["weight_fraction"] for entry in made["inputs"]] == [0.43, 0.35, 0.22]
    assert [entry["sample"]["label"] for entry in made["inputs"]] == [p.code for p in powders]
    step = made["thermal_steps"][0]
    assert step["target"] == {"value": 700.0, "unit": "degC", "text": "700 degC"}
    assert step["dwell"] == {"value": 1.0, "unit": "h", "text": "1 h"}
    assert step["atmosphere"]["label"] == "air"
    assert made["outputs"][0]["mass"] == {"value": 1.2, "unit": "g", "text": "1.2 g"}
    sample = api.get(made["outputs"][0]["sample"]["url"]).json()
    assert (sample["code"], sample["kind"], sample["morphology"]["label"]) == ("CC-1", "composite_cathode", "MCG")
    assert sample["made_by"]["id"] == made["id"]
    assert api.get(f"samples/{powders[0].pk}/").json()["used_in"][0]["id"] == made["id"]


def test_bare_materials_and_shares_do_as_well(api, project):
    for name in ("NCM622", "LLZTO", "LBO"):
        factories.material(name)
    inputs = [
        {"material": "ncm622", "weight_fraction": "43 %"},
        {"material": "LLZTO", "weight_fraction": 0.35},
        {"material": "LBO", "weight_fraction": "0.22"},
    ]
    response = api.post("processes/", co_sintering(project, inputs, ratio=""))
    assert response.status_code == 201, response.content
    assert [entry["material"]["label"] for entry in response.json()["inputs"]] == ["NCM622", "LLZTO", "LBO"]
    assert [entry["weight_fraction"] for entry in response.json()["inputs"]] == [0.43, 0.35, 0.22]


def test_a_mistyped_ratio_is_stored_with_a_warning(api, project, powders):
    made = api.post("processes/", co_sintering(project, [{"sample": p.code} for p in powders], ratio="43:35:25"))
    assert made.status_code == 201
    assert "add to 103" in made.json()["warnings"][0]


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"ratio": "43%:35%:25%"}, "ratio", "add to 103"),
        ({"ratio": "43:57"}, "ratio", "2 parts"),
        ({"thermal_steps": [{"target": "700 kg"}]}, "thermal_steps.0.target", "700 kg"),
        ({"thermal_steps": [{"target": "-300 degC"}]}, "thermal_steps.0.target", "-273"),
        ({"outputs": [{"code": "CC-1", "kind": "composite_cathode", "mass": "-1 mg"}]}, "outputs.0.mass", "cannot be"),
        ({"outputs": [{"code": "CC-1"}]}, "outputs.0.kind", "new sample"),
        ({"outputs": [{"code": "C 1", "kind": "powder"}]}, "outputs.0.code", "no spaces"),
        ({"inputs": [{"sample": "nowhere"}]}, "inputs.0.sample", "nowhere"),
        ({"inputs": [{"material": "Unobtainium"}]}, "inputs.0.material", "Create it first"),
        ({"inputs": [{}]}, "inputs.0", "either a sample or a bare material"),
        ({"kind": "alchemy"}, "kind", "alchemy"),
        ({"project": "nowhere"}, "project", "nowhere"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_leaves_nothing(api, project, powders, changes, path, words):
    before = (Process.objects.count(), Sample.objects.count())
    body = rest.problem(
        api.post("processes/", co_sintering(project, [{"sample": p.code} for p in powders]) | changes), 400
    )
    assert words in " ".join(body["errors"][path])
    assert words in body["detail"]
    assert (Process.objects.count(), Sample.objects.count()) == before


def test_shares_that_add_to_103_percent_are_refused(api, project, powders):
    inputs = [
        {"sample": powder.code, "weight_fraction": share}
        for powder, share in zip(powders, ("43 %", "35 %", "25 %"), strict=True)
    ]
    body = rest.problem(api.post("processes/", co_sintering(project, inputs, ratio="")), 400)
    assert "103" in body["errors"]["inputs"][0]


def test_a_circle_is_refused_in_words(api, project, powders):
    made = api.post("processes/", co_sintering(project, [{"sample": p.code} for p in powders])).json()
    body = rest.problem(
        api.post(
            "processes/",
            {
                "project": project.slug,
                "kind": "milling",
                "inputs": [{"sample": made["outputs"][0]["sample"]["id"]}],
                "outputs": [{"sample": powders[0].code}],
            },
        ),
        400,
    )
    assert "own ancestor" in body["detail"]


def test_lists_that_are_given_replace_those_that_are_stored(api, project, powders):
    made = api.post("processes/", co_sintering(project, [{"sample": p.code} for p in powders])).json()
    changed = api.patch(made["url"], {"thermal_steps": [{"target": "973.15 K"}, {"target": 25}]}).json()
    assert [step["target"]["value"] for step in changed["thermal_steps"]] == pytest.approx([700, 25])
    assert [step["target"]["text"] for step in changed["thermal_steps"]] == ["973.15 K", "25 °C"]
    assert len(changed["inputs"]) == 3
    assert changed["version"] > made["version"]


def test_what_was_read_can_be_sent_back_unchanged(api, project, powders):
    made = api.post("processes/", co_sintering(project, [{"sample": p.code} for p in powders])).json()
    again = api.put(made["url"], made)
    assert again.status_code == 200, again.content
    for part in ("inputs", "outputs", "thermal_steps"):
        assert _without_ids(again.json()[part]) == _without_ids(made[part])


def _without_ids(parts):
    return [{name: value for name, value in part.items() if name != "id"} for part in parts]


def test_a_code_means_the_sample_of_the_request_s_project(project, powders):
    other = factories.project(factories.owner_of(project))
    twin = factories.powder(other)
    Sample.objects.filter(pk=twin.pk).update(code=powders[0].code)
    api = rest.client(factories.owner_of(project))
    body = {"project": project.slug, "kind": "milling", "inputs": [{"sample": powders[0].code}]}
    assert api.post("processes/", body).json()["inputs"][0]["sample"]["id"] == str(powders[0].pk)
    body["inputs"] = [{"sample": f"{other.slug}/{powders[0].code}"}]
    assert api.post("processes/", body).json()["inputs"][0]["sample"]["id"] == str(twin.pk)


def test_samples_of_closed_projects_can_neither_be_named_nor_read_in_a_process(project, powders):
    hidden = factories.powder(factories.project(), "LCO")
    api = rest.client(factories.owner_of(project))
    for name in (hidden.code, str(hidden.pk), f"{hidden.project.slug}/{hidden.code}"):
        body = {"project": project.slug, "kind": "milling", "inputs": [{"sample": name}]}
        assert "may see" in rest.problem(api.post("processes/", body), 400)["errors"]["inputs.0.sample"][0]
    both = rest.client(factories.admin())
    made = both.post(
        "processes/", {"project": project.slug, "kind": "milling", "inputs": [{"sample": str(hidden.pk)}]}
    ).json()
    assert hidden.code not in api.get(made["url"]).content.decode()


def test_filters_of_the_thermal_program(api, project, powders):
    made = api.post("processes/", co_sintering(project, [{"sample": p.code} for p in powders])).json()
    assert [p["id"] for p in api.get("processes/?target_min=950 K&kind=co-sintering").json()["results"]] == [made["id"]]
    assert api.get("processes/?target_min=750 degC").json()["count"] == 0
    assert api.get(f"processes/?input={powders[1].code}").json()["count"] == 1
    assert "temperature" in rest.problem(api.get("processes/?target_min=5 kg"), 400)["errors"]["target_min"][0]
