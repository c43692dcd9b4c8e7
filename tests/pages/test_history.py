"""History pages: every change in words, any two states side by side, restoring with a reason."""

import pytest
from django.urls import reverse

from accounts import writing
from core.audit import acting
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def moved(project, owner):
    """A powder that was moved twice."""
    powder = factories.powder(project)
    for place in ("shelf", "glovebox"):
        with acting(door="page", reason=f"needs the {place}"):
            powder = writing.change(powder, actor=owner, location=place)
    return powder


def address(record, kind="sample"):
    return reverse("history", args=[kind, record.pk])


def test_it_tells_each_change_newest_first(moved, owner, sign_in):
    page = sign_in(owner).get(address(moved)).content.decode()
    assert page.index("needs the glovebox") < page.index("needs the shelf")
    assert "<del>shelf</del>" in page
    assert "<ins>glovebox</ins>" in page
    assert "on its page" in page


def test_the_address_says_which_states_are_compared(moved, owner, sign_in):
    page = sign_in(owner).get(f"{address(moved)}?from=1&to=3").content.decode()
    compared = page[page.index("Compare") : page.index("newest first")]
    assert "<ins>glovebox</ins>" in compared
    assert "shelf" not in compared
    assert "Restore change 1" in compared


def test_viewers_compare_but_do_not_restore(moved, project, sign_in):
    viewer = sign_in(factories.member(project, "viewer"))
    assert "Restore change" not in viewer.get(f"{address(moved)}?from=1&to=3").content.decode()
    send = {"change": 1, "reason": "x", "version": moved.version}
    assert viewer.post(reverse("history-restore", args=["sample", moved.pk]), send).status_code == 403


def test_restoring_asks_for_a_reason_and_minds_the_version(moved, owner, sign_in):
    client, send = sign_in(owner), reverse("history-restore", args=["sample", moved.pk])
    for data, said in (
        ({"change": 1, "version": moved.version}, "Say why"),
        ({"change": 1, "version": 1, "reason": "x"}, "somebody changed the record meanwhile"),
        ({"change": 9, "version": moved.version, "reason": "x"}, "There is no change 9"),
        ({"change": 1, "version": moved.version, "reason": "never moved"}, "Restored as it was after change 1."),
    ):
        assert said in client.post(send, data, follow=True).content.decode()
    moved.refresh_from_db()
    assert moved.location == ""


def test_strangers_and_nonsense_get_nothing(moved, owner, sign_in):
    assert sign_in(factories.user()).get(address(moved)).status_code == 404
    assert sign_in().get(address(moved)).status_code == 302
    assert sign_in(owner).get(address(moved, "nonsense")).status_code == 404
    assert sign_in(owner).get(f"{address(moved)}?from=99&to=x&page=zz").status_code == 200


def test_every_kind_of_record_has_one(project, owner, sign_in):
    cell = factories.cell(project)
    client = sign_in(owner)
    records = {
        "cell": cell,
        "sample": cell.layers.get(role="cathode").sample,
        "process": cell.production.process,
        "material": factories.material("LLZTO"),
        "project": project,
    }
    for kind, record in records.items():
        assert client.get(address(record, kind)).status_code == 200


def test_the_history_of_a_deleted_record_stays(project, owner, sign_in):
    powder = factories.powder(project)
    key = powder.pk
    writing.delete(powder, actor=owner)
    page = sign_in(owner).get(reverse("history", args=["sample", key]))
    assert "a sample that was deleted" in page.content.decode()
    assert sign_in(factories.user()).get(reverse("history", args=["sample", key])).status_code == 404
