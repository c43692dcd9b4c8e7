"""The OpenAPI document: complete, valid, without warnings, and true to the filters that lists have."""

import json

import pytest
from django.core.management import call_command
from openapi_spec_validator import validate

from config import api_router
from tests import rest

ALWAYS = {"If-None-Match", "format", "page", "page_size", "cursor", "ordering", "fields", "search"}
LISTS = [
    (prefix, viewset)
    for prefix, viewset, _ in api_router.router.registry
    if getattr(viewset, "filterset_class", None) is not None
]


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    call_command("spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json", "--file", str(path))
    return json.loads(path.read_text())


def test_the_document_is_valid_openapi_3_1(schema):
    assert schema["openapi"].startswith("3.1")
    validate(schema)


@pytest.mark.django_db
def test_it_is_served_to_everybody_as_json_and_yaml(schema):
    response = rest.client().get("schema/")
    assert response.status_code == 200
    assert response.json()["paths"].keys() == schema["paths"].keys()
    assert (
        rest.client().get("schema/", headers={"Accept": "application/vnd.oai.openapi"}).content.startswith(b"openapi")
    )


@pytest.mark.django_db
def test_the_documentation_page_needs_no_inline_script_or_style():
    page = rest.client().get("docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "<style" not in text
    assert "<script>" not in text
    assert rest.client().get("docs/?script=").status_code == 200


@pytest.mark.parametrize(("prefix", "viewset"), LISTS, ids=[prefix for prefix, _ in LISTS])
def test_every_filter_of_a_list_is_documented_with_words(schema, prefix, viewset):
    parameters = {p["name"]: p for p in schema["paths"][f"/api/v1/{prefix}/"]["get"]["parameters"]}
    assert set(viewset.filterset_class.base_filters) <= set(parameters)
    assert set(parameters) - set(viewset.filterset_class.base_filters) <= ALWAYS


@pytest.mark.parametrize("prefix", [prefix for prefix, *_ in api_router.router.registry])
@pytest.mark.django_db
def test_unknown_parameters_are_refused_on_every_list(prefix, admin_user):
    body = rest.problem(rest.client(admin_user).get(f"{prefix}/?no_such_filter=1"), 400)
    assert "page_size" in body["errors"]["no_such_filter"][0]


@pytest.mark.parametrize(("prefix", "viewset"), LISTS, ids=[prefix for prefix, _ in LISTS])
@pytest.mark.django_db
def test_every_ordering_works_and_an_unknown_one_is_refused(prefix, viewset, admin_user):
    api = rest.client(admin_user)
    for name in viewset.ordering_fields:
        assert api.get(f"{prefix}/?ordering=-{name}").status_code == 200
    assert "no_such_field" in rest.problem(api.get(f"{prefix}/?ordering=no_such_field"), 400)["errors"]["ordering"][0]


@pytest.mark.parametrize(("prefix", "viewset"), LISTS, ids=[prefix for prefix, _ in LISTS])
@pytest.mark.django_db
def test_every_filter_takes_a_value_and_never_breaks(prefix, viewset, admin_user):
    api = rest.client(admin_user)
    for name in viewset.filterset_class.base_filters:
        for value in ("1", "x %", "%00"):
            response = api.get(f"{prefix}/?{name}={value}")
            assert response.status_code in {200, 400}, (name, value, response.content)


def listed(answer):
    """Whether an answer is a list, or a page of one."""
    shape = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return shape.get("type") == "array" or "Paginated" in shape.get("$ref", "")


def test_every_list_can_be_had_as_csv_and_parquet(schema):
    lists = {
        path: ops["get"]
        for path, ops in schema["paths"].items()
        if listed(ops.get("get", {}).get("responses", {}).get("200", {}))
    }
    assert {"/api/v1/samples/", "/api/v1/projects/{id}/members/", "/api/v1/samples/{id}/history/"} <= set(lists)
    without = [
        path
        for path, operation in lists.items()
        if not any(
            {"csv", "parquet"} <= set(p["schema"].get("enum", ()))
            for p in operation.get("parameters", ())
            if p["name"] == "format"
        )
    ]
    assert without == []
