"""Comments and attachments beside any record: by REST, on pages, in the admin; withdrawn but never erased."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core.audit import verify_audit
from core.models import AuditEvent
from measurements.models import RawFile
from notes.models import Attachment, Comment
from notes.services import add_comment, attach
from tests import factories, rest

pytestmark = pytest.mark.django_db
PAGE = b"<html><script>alert(document.cookie)</script></html>"


@pytest.fixture
def sample(project):
    return factories.powder(project)


def sent(name="notes.html", content=PAGE):
    return SimpleUploadedFile(name, content)


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def test_who_may_say_change_and_withdraw_what(project, sample):
    people = rest.cast_of(project)
    made = {}
    for role, client in people.items():
        answer = client.post("comments/", {"kind": "sample", "record": str(sample.pk), "text": f"by the {role}"})
        expected = {"anonymous": 401, "stranger": 400, "viewer": 403}.get(role, 201)
        assert answer.status_code == expected, (role, answer.content)
        if expected == 201:
            made[role] = answer.json()
    editors = made["editor"]["url"]
    assert people["owner"].patch(editors, {"text": "put in your mouth"}).status_code == 403
    changed = people["editor"].patch(editors, {"text": "by the editor, later"}, headers={"If-Match": '"1"'})
    assert changed.json()["text"] == "by the editor, later"
    assert people["editor"].patch(editors, {"text": "x"}, headers={"If-Match": '"1"'}).status_code == 412
    assert people["viewer"].get(editors).status_code == 200
    assert people["stranger"].get(editors).status_code == 404
    owners = made["owner"]["url"]
    assert people["editor"].post(f"{owners}withdraw/", {"reason": "not mine"}).status_code == 403
    assert people["editor"].delete(owners, {"reason": "not mine"}).status_code == 403
    gone = people["owner"].delete(editors, {"reason": "wrong sample"}).json()
    assert gone["withdrawn"]["reason"] == "wrong sample"
    assert gone["text"] == "by the editor, later"
    listed = people["viewer"].get(f"comments/?record={sample.pk}").json()["results"]
    assert {row["text"] for row in listed} == {"by the owner", "by the admin"}
    assert people["viewer"].get(f"comments/?record={sample.pk}&withdrawn=true").json()["count"] == 1
    assert people["viewer"].get(f"{editors}history/").json()["results"][-1]["kind"] == "created"
    assert people["stranger"].get(f"{editors}history/").status_code == 404


@pytest.mark.parametrize("kind", ["material", "cell", "process", "comparison", "project"])
def test_any_record_takes_a_comment(project, kind):
    owner = rest.client(factories.owner_of(project))
    cell = factories.cell(project)
    made = {
        "material": cell.layers.get(role="anode").components.get().material,
        "cell": cell,
        "process": cell.layers.get(role="cathode").sample.production.process,
        "project": project,
    }
    if kind == "comparison":
        key = owner.post("comparisons/", {"slug": "c", "title": "C", "project": project.slug}).json()["id"]
    else:
        key = str(made[kind].pk)
    answer = owner.post("comments/", {"kind": kind, "record": key, "text": "seen"})
    assert answer.status_code == 201, answer.content
    assert answer.json()["record"] == key
    assert rest.problem(owner.post("comments/", {"kind": kind, "record": key, "text": "  "}), 400)


def test_comments_follow_a_record_into_another_project(project, sample):
    owner = factories.owner_of(project)
    other = factories.project(owner)
    comment = add_comment(sample, actor=owner, text="moves along")
    viewer = factories.member(project, "viewer")
    assert rest.client(viewer).get(f"comments/{comment.pk}/").status_code == 200
    assert rest.client(owner).patch(f"samples/{sample.pk}/", {"project": other.slug}).status_code == 200
    assert rest.client(viewer).get(f"comments/{comment.pk}/").status_code == 404


def test_an_attachment_is_kept_once_and_never_opens_as_a_page(project, sample):
    people = rest.cast_of(project)
    editor = people["editor"]
    body = {"kind": "sample", "record": str(sample.pk), "description": "certificate"}
    first = editor.post("attachments/", {**body, "file": sent()}, format="multipart")
    assert first.status_code == 201, first.content
    again = editor.post("attachments/", {**body, "file": sent("copy.html")}, format="multipart")
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert editor.post("attachments/", {**body, "file": sent(content=b"")}, format="multipart").status_code == 400
    assert people["viewer"].post("attachments/", {**body, "file": sent()}, format="multipart").status_code == 403
    assert people["stranger"].get(f"{first.json()['url']}content/").status_code == 404
    for client, address in (
        (people["viewer"], f"{first.json()['url']}content/"),
        (browser(factories.owner_of(project)), f"/attachments/{first.json()['id']}/"),
    ):
        answer = client.get(address)
        assert b"".join(answer.streaming_content) == PAGE
        assert answer["Content-Disposition"].startswith("attachment")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "text/html" not in answer["Content-Type"]
    part = people["viewer"].get(f"{first.json()['url']}content/", headers={"Range": "bytes=0-5"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"<html>")
    renamed = editor.patch(first.json()["url"], {"name": "../../Certificate.html"}).json()
    assert renamed["name"] == "Certificate.html"
    assert not RawFile.objects.exists()


def test_an_attached_instrument_file_is_recognised_and_can_be_measured(
    shared_data, project, settings, django_capture_on_commit_callbacks
):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    cell, owner = factories.cell(project), factories.owner_of(project)
    content = "\n".join(
        ["test_time_second,voltage_volt,current_ampere", *(f"{n * 60},{3 + n / 100},1e-5" for n in range(100))]
    )
    with django_capture_on_commit_callbacks(execute=True):
        attachment, _ = attach(cell, actor=owner, name="run.csv", chunks=[content.encode()])
        plain, _ = attach(cell, actor=owner, name="photo.png", chunks=[b"\x89PNG\r\n\x1a\n" + bytes(50)])
    attachment.refresh_from_db()
    plain.refresh_from_db()
    assert attachment.reader == "bdf_csv"
    assert plain.reader == ""
    page = browser(owner).get(cell.get_absolute_url()).content.decode()
    assert page.count("Use as measurement") == 1
    viewer = rest.client(factories.member(project, "viewer"))
    assert viewer.post(f"attachments/{attachment.pk}/use-as-measurement/", {}).status_code == 403
    used = rest.client(owner).post(f"attachments/{attachment.pk}/use-as-measurement/", {})
    assert used.status_code == 201, used.content
    file = RawFile.objects.get(pk=used.json()["file"]["id"])
    assert (file.blob_id, file.measurement.sample_id) == (attachment.blob_id, cell.pk)
    assert rest.client(owner).post(f"attachments/{attachment.pk}/use-as-measurement/", {}).status_code == 200


def test_the_page_says_changes_and_withdraws(project, sample):
    owner, editor = factories.owner_of(project), factories.member(project, "editor")
    page = sample.get_absolute_url()
    writer = browser(editor)
    writer.post(f"/beside/sample/{sample.pk}/comment/", {"text": "Look: https://example.org <b>"})
    comment = Comment.objects.get()
    writer.post(f"/comments/{comment.pk}/edit/", {"text": "Look again", "version": 1})
    stale = writer.post(f"/comments/{comment.pk}/edit/", {"text": "Lost?", "version": 1}, follow=True)
    assert "changed meanwhile" in stale.content.decode()
    writer.post(f"/beside/sample/{sample.pk}/attach/", {"file": [sent(), sent("b.txt", b"b")], "description": "two"})
    shown = writer.get(page).content.decode()
    assert "Look again" in shown
    assert "edited" in shown
    assert shown.count('class="attached__name"') == 2
    viewer = browser(factories.member(project, "viewer"))
    assert viewer.post(f"/beside/sample/{sample.pk}/comment/", {"text": "no"}).status_code == 403
    stranger = browser(factories.user())
    assert stranger.post(f"/beside/sample/{sample.pk}/comment/", {"text": "no"}).status_code == 404
    assert stranger.post(f"/comments/{comment.pk}/withdraw/", {"reason": "no"}).status_code == 404
    assert browser(owner).post(f"/comments/{comment.pk}/edit/", {"text": "no", "version": 2}).status_code == 403
    writer.post(f"/comments/{comment.pk}/withdraw/", {"reason": "mistaken"})
    writer.post(f"/attachments/{Attachment.objects.get(name='b.txt').pk}/withdraw/", {"reason": "wrong file"})
    shown = writer.get(page).content.decode()
    assert "Look again" not in shown
    assert f"Withdrawn by {editor.username}: mistaken" in shown
    assert "wrong file" in shown
    events = AuditEvent.objects.filter(record_id=str(comment.pk), model="notes_comment").order_by("id")
    assert [event.changes["text"] for event in events] == [
        "Look: https://example.org <b>",
        ["Look: https://example.org <b>", "Look again"],
    ]
    assert {event.actor for event in events} == {editor.username}
    assert verify_audit() == []


def test_the_admin_lists_both_and_hides_them_from_strangers(project, sample):
    owner = factories.owner_of(project)
    add_comment(sample, actor=owner, text="a word on it")
    attach(sample, actor=owner, name="scan.pdf", chunks=[b"%PDF-1.4"])
    staff = factories.user(is_staff=True)
    for address, word in (("/admin/notes/comment/", "a word on it"), ("/admin/notes/attachment/", "scan.pdf")):
        assert word in browser(factories.admin()).get(address).content.decode()
        assert word not in browser(staff).get(address).content.decode()
    key = Comment.objects.get().pk
    assert "a word on it" in browser(factories.admin()).get(f"/admin/notes/comment/{key}/change/").content.decode()
