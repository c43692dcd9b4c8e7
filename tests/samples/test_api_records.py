"""Samples, cells and what the laboratory shares by REST: references, quantities, versions, fields, filters."""

import pytest

from samples.models import Cell, Material, Sample
from tests import factories, rest

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(project):
    return rest.client(factories.owner_of(project))


@pytest.fixture
def materials():
    return [factories.material(name) for name in ("NCM622", "LBO", "LLZTO", "Li")]


def cell_body(project, **changes):
    return {
        "project": project.slug,
        "code": "C-1",
        "configuration": "NCM622+LBO+LLZTO/LLZTO/Li",
        "active_mass": "2.10 mg",
        "electrode_area": "0.785 cm^2",
        "cell_type": "cathode|Li",
        **changes,
    }


@pytest.mark.parametrize(
    ("entered", "value", "text"),
    [
        ("2.10 mg", 2.10, "2.10 mg"),
        ("0.0021 g", 2.1, "0.0021 g"),
        (2.1, 2.1, "2.1 mg"),
        ({"value": 2.1, "unit": "mg"}, 2.1, "2.1 mg"),
        ({"value": 0.0021, "unit": "g"}, 2.1, "0.0021 g"),
        ({"text": "2.10 mg"}, 2.1, "2.10 mg"),
        ({"value": 2.1, "unit": "mg", "text": "2.10 mg"}, 2.1, "2.10 mg"),
        ({"value": 2.12345, "unit": "mg", "text": "2.123 mg"}, 2.12345, "2.123 mg"),
    ],
)
def test_a_quantity_is_entered_in_many_ways(api, project, materials, entered, value, text):
    made = api.post("cells/", cell_body(project, active_mass=entered))
    assert made.status_code == 201, made.content
    assert made.json()["active_mass"] == {"value": pytest.approx(value), "unit": "mg", "text": text}
    assert made.json()["warnings"] == []


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ("2.10 V", "a voltage"),
        ("-2.10 mg", "cannot be"),
        (-2.1, "cannot be"),
        ({"value": -2.1, "unit": "mg"}, "cannot be"),
        ("heavy", "not a number"),
        (True, "write a text"),
        ([2.1], "write a text"),
        ({"value": 2.1, "unit": "V"}, "no conversion"),
        ({"value": 3.0, "unit": "mg", "text": "2.10 mg"}, "leave one of them out"),
        ({"amount": 2.1}, "neither"),
        ({"unit": "mg"}, "value and unit, or text"),
    ],
)
def test_what_is_no_mass_is_refused_in_words(api, project, materials, entered, words):
    body = rest.problem(api.post("cells/", cell_body(project, active_mass=entered)), 400)
    assert words in body["errors"]["active_mass"][0]
    assert not Cell.objects.exists()


def test_a_cell_without_mass_is_legal_and_says_what_is_missing(api, project, materials):
    body = cell_body(project)
    del body["active_mass"]
    made = api.post("cells/", body)
    assert made.status_code == 201
    assert made.json()["active_mass"] is None
    assert "no active mass" in made.json()["warnings"][0]


def test_layers_and_configuration_are_two_ways_to_say_one_thing(api, project, materials):
    made = api.post("cells/", cell_body(project)).json()
    assert [layer["role"] for layer in made["layers"]] == ["cathode", "electrolyte", "anode"]
    assert [m["label"] for m in made["layers"][0]["materials"]] == ["NCM622", "LBO", "LLZTO"]
    again = api.put(made["url"], made)
    assert again.status_code == 200, again.content
    assert again.json()["configuration"] == made["configuration"]
    changed = api.patch(made["url"], {"configuration": "NCM622/LLZTO/Li"}).json()
    assert [m["label"] for m in changed["layers"][0]["materials"]] == ["NCM622"]
    changed["layers"][0]["materials"] = ["LBO"]
    assert api.patch(made["url"], {"layers": changed["layers"]}).json()["configuration"] == "LBO/LLZTO/Li"
    body = rest.problem(api.patch(made["url"], {"layers": changed["layers"], "configuration": "NCM622/LLZTO/Li"}), 400)
    assert "not both" in body["errors"]["configuration"][0]


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"configuration": "NCM622/Unobtainium/Li"}, "configuration", "Create it first"),
        ({"configuration": "NCM622"}, "configuration", "one layer"),
        ({"configuration": "", "layers": [{"role": "cathode"}]}, "layers.0", "sample or of materials"),
        ({"configuration": "", "layers": [{"role": "lid", "materials": ["Li"]}]}, "layers.0.role", "lid"),
        ({"configuration": "", "layers": [{"role": "anode", "materials": ["Xx"]}]}, "layers.0.materials.0", "Xx"),
        ({"active_fraction": "103 %"}, "active_fraction", "43 %"),
        ({"cell_type": "round"}, "cell_type", "round"),
        ({"electrode_area": "0 cm^2"}, "record", "greater than zero"),
    ],
)
def test_cells_that_cannot_be(api, project, materials, changes, path, words):
    body = rest.problem(api.post("cells/", cell_body(project, **changes)), 400)
    assert words in " ".join(body["errors"][path]), body["errors"]
    assert not Cell.objects.exists()


def test_cells_are_made_at_cells(api, project):
    body = rest.problem(api.post("samples/", {"project": project.slug, "code": "C", "kind": "cell"}), 400)
    assert "/api/v1/cells/" in body["errors"]["kind"][0]


def test_a_stale_change_is_refused_and_loses_nothing(api, project):
    made = api.post("samples/", {"project": project.slug, "code": "S", "kind": "powder", "material": None})
    url, first = made.json()["url"], made["ETag"]
    assert first == '"1"'
    changed = api.patch(url, {"note": "mine"}, headers={"If-Match": first})
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    for send in (api.patch, api.put, api.delete):
        body = rest.problem(send(url, {"note": "theirs"}, headers={"If-Match": first}), 412 if send != api.put else 400)
        assert body.get("current_version", 2) == 2
    assert "no version" in rest.problem(api.patch(url, {}, headers={"If-Match": "new"}), 412)["detail"]
    assert api.get(url).json()["note"] == "mine"
    assert api.patch(url, {"note": "any"}, headers={"If-Match": "*"}).status_code == 200
    assert api.delete(url, headers={"If-Match": 'W/"3"'}).status_code == 204


def test_codes_are_unique_in_a_project_in_any_case(api, project):
    body = {"project": project.slug, "code": "S-1", "kind": "powder"}
    assert api.post("samples/", body).status_code == 201
    assert "exists already" in rest.problem(api.post("samples/", {**body, "code": "s-1"}), 400)["detail"]


def test_references_are_accepted_as_id_name_or_object(api, project, materials):
    project_id = str(project.pk)
    for number, (where, material) in enumerate(
        [
            (project.slug, "NCM622"),
            (project_id, str(materials[0].pk)),
            ({"id": project_id}, {"id": str(materials[0].pk), "label": "whatever"}),
            (project.slug.upper(), "ncm622"),
        ]
    ):
        made = api.post("samples/", {"project": where, "code": f"S{number}", "kind": "powder", "material": material})
        assert made.status_code == 201, made.content
        assert made.json()["material"] == {
            "id": str(materials[0].pk),
            "url": f"http://testserver/api/v1/materials/{materials[0].pk}/",
            "label": "NCM622",
        }
    for wrong in (7, "", " ", {}, [], {"label": "NCM622"}, "x" * 400, "\0"):
        body = rest.problem(
            api.post("samples/", {"project": project.slug, "code": "W", "kind": "powder", "material": wrong}), 400
        )
        assert "material" in body["errors"], wrong


def test_fields_trim_lists_and_details(api, project):
    sample = factories.powder(project)
    assert api.get(f"samples/{sample.pk}/?fields=code,material").json().keys() == {"code", "material"}
    assert api.get("samples/?fields=id").json()["results"] == [{"id": str(sample.pk)}]
    assert "charm" in rest.problem(api.get("samples/?fields=code,charm"), 400)["errors"]["fields"][0]


def test_filters_find_by_name_and_quantity(api, project):
    powder = factories.powder(project, "NCM622")
    other = factories.powder(project, "LLZTO")
    Sample.objects.filter(pk=other.pk).update(amount=5.0)

    def codes(query):
        return [row["code"] for row in api.get(f"samples/?{query}").json()["results"]]

    assert codes("material=ncm622") == [powder.code]
    assert codes(f"material={other.material_id}") == [other.code]
    assert codes("amount_min=4000 mg") == [other.code]
    assert codes("amount_max=4 g") == []
    assert codes(f"search=llzto {other.code}") == [other.code]
    assert codes("kind=cell") == []
    assert codes(f"project={project.slug}&ordering=code") == sorted([powder.code, other.code])
    assert "powders" in rest.problem(api.get("samples/?kind=powders"), 400)["errors"]["kind"][0]
    assert api.get("samples/?page=2").status_code == 404


def test_materials_keep_formulas_and_capacities(api):
    made = api.post(
        "materials/",
        {
            "name": "NCM622",
            "formula": "LiNi0.6Co0.2Mn0.2O2",
            "theoretical_capacity": "276.5 mAh/g",
            "density": "4.77 g/cm^3",
        },
    )
    assert made.status_code == 201, made.content
    assert made.json()["theoretical_capacity"]["value"] == 276.5
    assert "formula" in rest.problem(api.post("materials/", {"name": "X", "formula": "Li%O"}), 400)["errors"]
    assert "name" in rest.problem(api.post("materials/", {"name": "NCM 622"}), 400)["errors"]
    assert Material.objects.count() == 1


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"text"', "NaN", '{"code": NaN}'])
def test_what_is_no_json_object_is_refused(api, content):
    rest.problem(api.post("samples/", content, content_type="application/json"), 400)


def test_what_the_api_does_not_offer(api, project):
    rest.problem(api.post("samples/", "code=1", content_type="application/x-www-form-urlencoded"), 415)
    rest.problem(api.put("samples/"), 405)
    rest.problem(api.get(f"samples/{project.pk}/"), 404)
    assert api.get("samples/7/").status_code == 404
