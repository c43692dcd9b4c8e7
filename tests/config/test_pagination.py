"""Pages of lists by number and by cursor: every row once, whatever is asked for and whatever happens meanwhile."""

import pytest

from config.api_router import router
from samples.models import Sample
from tests import factories, rest

pytestmark = pytest.mark.django_db
LISTS = {prefix: view for prefix, view, _ in router.registry if getattr(view, "slug_field", None) is not None}
ORDERED = sorted((prefix, field) for prefix, view in LISTS.items() for field in view.ordering_fields)


@pytest.fixture(scope="module")
def project(lasting_db):
    """27 samples with equal and missing amounts."""
    project = factories.project()
    for number in range(27):
        amount = None if number % 3 == 0 else float(number % 5)
        Sample.objects.create(project=project, code=f"S-{number:02}", kind="powder", amount=amount)
    return project


@pytest.fixture(scope="module")
def api(project):
    return rest.client(factories.owner_of(project))


def walked(api, address, way="next"):
    """Codes of all pages, and the address of the last one."""
    seen, last = [], address
    while address:
        page = api.get(address).json()
        assert "count" not in page
        seen += [[row["code"] for row in page["results"]]]
        last, address = address, page[way]
        assert len(seen) < 40
    return seen, last


@pytest.mark.parametrize("ordering", ["code", "-code", "amount", "-amount", "kind", "-amount,code", "amount,-code"])
@pytest.mark.parametrize("size", [1, 4, 1000])
def test_a_cursor_walks_the_list_as_pages_do_forwards_and_back(api, ordering, size):
    whole = [row["code"] for row in api.get(f"samples/?ordering={ordering}&page_size=1000").json()["results"]]
    pages, last = walked(api, f"samples/?ordering={ordering}&page_size={size}&cursor=")
    assert [code for page in pages for code in page] == whole
    back, _ = walked(api, last, "previous")
    assert [code for page in reversed(back) for code in page] == whole


def test_nothing_is_skipped_or_doubled_while_rows_come_and_go(api, project):
    first = api.get("samples/?page_size=10&cursor=").json()
    Sample.objects.create(project=project, code="NEWER", kind="powder")
    Sample.objects.get(pk=first["results"][-1]["id"]).delete()
    rest_of_it, _ = walked(api, first["next"])
    codes = [row["code"] for row in first["results"]] + [code for page in rest_of_it for code in page]
    assert len(codes) == len(set(codes)) == 27


@pytest.mark.parametrize(("prefix", "field"), ORDERED)
def test_every_list_has_a_cursor_for_every_order(api, prefix, field):
    for ordering in (field, f"-{field}"):
        page = api.get(f"{prefix}/?cursor=&page_size=1&ordering={ordering}").json()
        assert set(page) == {"next", "previous", "results"}, page
        if page["next"]:
            assert api.get(page["next"]).status_code == 200


def test_every_list_has_a_cursor_where_no_order_is_asked_for(api):
    for prefix in LISTS:
        answer = api.get(f"{prefix}/?cursor=&page_size=1")
        assert set(answer.json()) == {"next", "previous", "results"}, (prefix, answer.content)


def test_nonsense_is_refused(api):
    cursor = api.get("samples/?cursor=&page_size=2").json()["next"].split("cursor=")[1].split("&")[0]
    for wrong in ("x", "W10", "é", cursor[:-3], f"{cursor}&ordering=code"):
        assert "begin again" in rest.problem(api.get(f"samples/?cursor={wrong}"), 400)["detail"]
    assert "not by both" in rest.problem(api.get("samples/?cursor=&page=1"), 400)["detail"]
    assert api.get("results/?page=1").json()["count"] == 0
