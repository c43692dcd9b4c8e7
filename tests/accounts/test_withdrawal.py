"""Withdrawing: what others rest on stays, says why, and leaves the lists, at every door alike."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import ProtectedError
from django.urls import reverse

from accounts import writing
from comparisons.selectors import comparison_table
from comparisons.services import add_row, create_comparison
from core.history import history_of
from core.models import Tombstone
from core.withdrawal import standing, withdrawn
from measurements.models import CellTest, Measurement
from samples.models import Cell, Process, Sample
from tests import factories
from tests.admin_pages import browser, list_page
from tests.rest import client, problem

pytestmark = pytest.mark.django_db


def test_what_nothing_rests_on_is_deleted(project, owner):
    powder = factories.powder(project)
    assert writing.remove(powder, actor=owner, reason="entered twice") is None
    assert not Sample.objects.filter(pk=powder.pk).exists()


def test_a_sample_with_data_needs_a_reason_and_is_withdrawn(project, owner):
    product = factories.composite(project)
    writing.create(Measurement(sample=product), actor=owner)
    with pytest.raises(ProtectedError):
        writing.remove(product, actor=owner)
    stone = writing.remove(product, actor=owner, reason="contaminated")
    assert (stone.reason, stone.by, stone.model) == ("contaminated", owner.username, "samples.sample")
    assert product in withdrawn(Sample.objects.all())
    assert product not in standing(Sample.objects.all())
    assert Measurement.objects.filter(sample=product).exists()


def test_a_process_whose_product_was_measured_is_kept(project, owner):
    product = factories.composite(project)
    process = product.production.process
    writing.create(Measurement(sample=product), actor=owner)
    with pytest.raises(ProtectedError):
        writing.delete(process, actor=owner)
    assert writing.remove(process, actor=owner, reason="another furnace")
    assert Process.objects.filter(pk=process.pk).exists()


def test_a_withdrawal_is_taken_back_and_both_stay_in_the_history(project, owner):
    powder = factories.powder(project)
    writing.withdraw(powder, actor=owner, reason="wrong label")
    with pytest.raises(ValidationError, match="withdrawn already"):
        writing.withdraw(powder, actor=owner, reason="again")
    with pytest.raises(ValidationError, match="Say why"):
        writing.reinstate(powder, actor=owner, reason="")
    writing.reinstate(powder, actor=owner, reason="the label was right")
    assert not Tombstone.objects.exists()
    assert "wrong label" in history_of(powder, owner)[0].reason


def test_only_who_may_write_may_withdraw_and_parts_cannot_be(project):
    viewer = factories.member(project, "viewer")
    cell = factories.cell(project)
    with pytest.raises(PermissionDenied):
        writing.withdraw(cell, actor=viewer, reason="x")
    with pytest.raises(ValidationError, match="cannot be withdrawn"):
        writing.withdraw(cell.layers.first(), actor=factories.owner_of(project), reason="x")


def test_rest_withdraws_with_a_reason_and_says_what_rests_without(project, owner):
    product, api = factories.composite(project), client(owner)
    writing.create(Measurement(sample=product), actor=owner)
    refused = problem(api.delete(f"samples/{product.pk}/"), 409)
    assert "Other records rest on it" in refused["detail"]
    assert "X-Reason" in refused["detail"]
    answer = api.delete(f"samples/{product.pk}/", headers={"X-Reason": "contaminated"})
    assert answer.status_code == 200
    told = answer.json()["withdrawn"]
    assert (told["reason"], told["by"], told["successor"]) == ("contaminated", owner.username, None)
    assert api.get(f"samples/{product.pk}/").json()["withdrawn"] == told
    ids = {row["id"] for row in api.get("samples/").json()["results"]}
    assert str(product.pk) not in ids
    (row,) = api.get("samples/?withdrawn=true").json()["results"]
    assert (row["id"], row["withdrawn"]) == (str(product.pk), told)
    problem(api.get("samples/?withdrawn=perhaps"), 400)


def test_rest_withdraws_what_nothing_rests_on_and_names_a_successor(project, owner):
    old, new, api = factories.powder(project), factories.powder(project), client(owner)
    body = {"reason": "weighed again", "successor": str(new.pk)}
    assert api.post(f"samples/{old.pk}/withdraw/", body, format="json").json()["withdrawn"]["successor"] == str(new.pk)
    problem(api.post(f"samples/{old.pk}/withdraw/", {"reason": "x", "successor": str(project.pk)}, format="json"), 400)
    assert api.post(f"samples/{old.pk}/reinstate/", {"reason": "x"}, format="json").json()["withdrawn"] is None
    problem(api.post(f"samples/{old.pk}/withdraw/", {}, format="json"), 400)


def test_a_comparison_leaves_out_withdrawn_tests_and_warns_of_withdrawn_cells(project, owner):
    cell = factories.cell(project)
    comparison = create_comparison(actor=owner, project=project, slug="mine", title="Mine")
    add_row(comparison, actor=owner, cell=cell)
    test = writing.create(CellTest(sample=cell, technique="cycling"), actor=owner)
    api = client(owner)
    api.post(f"measurements/{test.pk}/withdraw/", {"reason": "short circuit"}, format="json")
    writing.withdraw(cell, actor=owner, reason="short circuit")
    (row,) = comparison_table(comparison, owner).rows
    assert row.warnings == (f"{cell} was withdrawn: short circuit",)


def test_pages_leave_it_out_show_why_and_offer_both_ways(project, owner):
    from django.test import Client

    powder = factories.powder(project)
    page = Client()
    page.force_login(owner)
    address = reverse("history-end", args=["sample", powder.pk])
    send = {"do": "withdraw", "reason": "contaminated", "version": powder.version}
    assert "Say why" in page.post(address, {**send, "reason": ""}, follow=True).content.decode()
    assert "Withdrawn: it stays" in page.post(address, send, follow=True).content.decode()
    assert powder.code not in page.get("/samples/").content.decode()
    assert powder.code in page.get("/samples/?withdrawn=true").content.decode()
    assert "contaminated" in page.get(powder.get_absolute_url()).content.decode()
    page.post(address, {**send, "do": "reinstate", "reason": "washed"})
    assert powder.code in page.get("/samples/").content.decode()
    assert "Deleted." in page.post(address, {**send, "do": "delete", "reason": "x"}, follow=True).content.decode()


def test_pages_do_not_delete_what_others_rest_on(project, owner):
    from django.test import Client

    cell = factories.cell(project)
    page = Client()
    page.force_login(owner)
    address = reverse("history-end", args=["cell", cell.pk])
    said = page.post(address, {"do": "delete", "reason": "x", "version": cell.version}, follow=True).content.decode()
    assert "Not deleted: other records rest on it" in said
    assert Cell.objects.filter(pk=cell.pk).exists()


def test_the_admin_lists_what_stands_and_sends_deleting_to_withdrawing(project):
    powder = factories.composite(project)
    admin = browser(factories.admin())
    answer = admin.get(reverse("admin:samples_sample_delete", args=[powder.pk]))
    assert answer["Location"] == reverse("history", args=["sample", powder.pk])
    assert admin.get(reverse("admin:samples_sample_history", args=[powder.pk]))["Location"] == answer["Location"]
    assert powder.code in list_page(admin, "samples_sample").text
    writing.withdraw(powder, actor=factories.owner_of(project), reason="x")
    assert powder.code not in list_page(admin, "samples_sample").text
    assert powder.code in list_page(admin, "samples_sample", "?withdrawn=true").text
