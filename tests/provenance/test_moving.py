"""A file of the wrong cell moves with its conditions; duplicates become one, and what was computed follows."""

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.test import Client

from accounts import writing
from analysis_tasks.models import AnalysisRun, Result, Slot
from analysis_tasks.services import report_value
from core.models import AuditEvent, Tombstone
from measurements.models import CellTest, Measurement, RawFile
from measurements.services import receive_file
from notes.services import add_comment
from provenance.services import merge, move_file, plan_merge
from samples.models import Cell, Material, Process, Publication, Sample, Term, ThermalStep
from tests import factories, rest
from tests.measured_lab import cycling_file

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_once(settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True


@pytest.fixture
def lab(django_capture_on_commit_callbacks):
    project = factories.project()
    owner = factories.owner_of(project)
    wrong, right = factories.cell(project), factories.cell(project, active_mass="4.20 mg")
    with django_capture_on_commit_callbacks(execute=True):
        received = receive_file(
            actor=owner,
            subject=wrong,
            name="run.csv",
            chunks=[cycling_file()],
            conditions={"rate": "0.05 C (1C = 180 mA/g)", "temperature": "80 degC"},
        )
    return project, owner, wrong, right, received


def browser(person):
    client = Client()
    client.force_login(person)
    return client


def capacity(cell):
    found = Result.objects.filter(Q(run__current_in__isnull=False), subject=cell, quantity="initial_discharge_capacity")
    return [result.value for result in found]


def test_a_file_moves_to_the_right_cell_and_is_computed_with_its_mass(lab, django_capture_on_commit_callbacks):
    _, owner, wrong, right, received = lab
    before = capacity(wrong)[0]
    with django_capture_on_commit_callbacks(execute=True):
        moved = move_file(received.file, to=right, actor=owner, reason="channels were swapped")
    assert moved.blob_id == received.file.blob_id
    test = CellTest.objects.get(pk=moved.measurement_id)
    assert (test.sample_id, test.rate, test.temperature_text) == (right.pk, "0.05 C (1C = 180 mA/g)", "80 degC")
    assert capacity(right) == [pytest.approx(before / 2, rel=1e-9)]  # twice the mass: 2.10 and 4.20 mg
    stone = Tombstone.objects.get(pk=received.measurement.pk)
    assert (stone.successor, stone.reason) == (moved.measurement_id, "channels were swapped")
    assert Tombstone.objects.get(pk=received.file.pk).successor == moved.pk
    made = AuditEvent.objects.filter(record_id=str(moved.measurement_id), operation="INSERT")
    assert {(event.actor, event.reason) for event in made} == {(owner.username, "channels were swapped")}
    page = browser(owner)
    assert page.get(received.measurement.get_absolute_url()).url == test.get_absolute_url()
    assert page.get(f"{received.measurement.get_absolute_url()}?stay=1").status_code == 200
    listed = rest.client(owner).get(f"measurements/?cell={wrong.pk}").json()
    assert listed["count"] == 0


def test_one_of_several_files_moves_alone(lab, django_capture_on_commit_callbacks):
    _, owner, wrong, right, received = lab
    with django_capture_on_commit_callbacks(execute=True):
        other = receive_file(
            actor=owner,
            subject=wrong,
            name="second.csv",
            chunks=[cycling_file(milliampere=0.04)],
            measurement=received.measurement,
        )
        move_file(other.file, to=right, actor=owner, reason="wrong channel")
    assert not Tombstone.objects.filter(pk=received.measurement.pk).exists()
    current = Slot.objects.get(measurement=received.measurement, kernel="cycling.capacity").current_run
    assert current.inputs.get().dataset.file_id == received.file.pk
    assert len(capacity(right)) == 1


def test_what_cannot_be_moved_says_why(lab):
    project, owner, wrong, right, received = lab
    for to, reason, words in ((wrong, "x", "already"), (right, " ", "Say why")):
        with pytest.raises(ValidationError, match=words):
            move_file(received.file, to=to, actor=owner, reason=reason)
    elsewhere = factories.cell(factories.project())
    people = rest.cast_of(project)
    for role, status in (("anonymous", 401), ("stranger", 404), ("viewer", 403), ("editor", 400)):
        answer = people[role].post(f"files/{received.file.pk}/move/", {"to": str(elsewhere.pk), "reason": "x"})
        assert answer.status_code == status, (role, answer.content)
    assert RawFile.objects.filter(blob=received.file.blob).count() == 1
    page = browser(owner)
    wanted = {"to": "NOBODY", "reason": "x"}
    assert page.post(f"/move/file/{received.file.pk}/", wanted).status_code == 422
    assert browser(factories.user()).get(f"/move/file/{received.file.pk}/").status_code == 404


def test_duplicate_samples_become_one_with_all_that_was_measured(lab, django_capture_on_commit_callbacks):
    _, owner, wrong, right, _ = lab
    paper = Publication.objects.create(label="[7]")
    report_value(
        actor=owner, subject=wrong, quantity_key="cycle_count", text="50", publication=paper, locator="Table 1"
    )
    add_comment(wrong, actor=owner, text="seen")
    writing.change(Sample.objects.get(pk=wrong.pk), actor=owner, tags=["pouch"])
    wrong.refresh_from_db()
    plan = plan_merge(wrong, right, actor=owner)
    assert plan.refusals == ()
    assert dict(plan.moves)["measurements with their files"] == 1
    with django_capture_on_commit_callbacks(execute=True):
        kept = merge(wrong, into=right, actor=owner, reason="labelled twice")
    assert (kept.pk, kept.tags) == (right.pk, ["pouch"])
    assert len(capacity(right)) == 1
    assert Result.objects.get(subject=right, quantity="cycle_count", publication=paper).value == 50
    assert Measurement.objects.filter(sample=right).count() == 1
    page = browser(owner)
    assert page.get(wrong.get_absolute_url()).url == right.get_absolute_url()
    assert "took its place" in page.get(wrong.get_absolute_url(), follow=True).content.decode()
    assert "seen" in page.get(right.get_absolute_url()).content.decode()
    again = plan_merge(right, Cell.objects.get(pk=wrong.pk), actor=owner)
    assert "withdrawn already" in again.refusals[0]


def test_merging_samples_into_their_own_makings_is_refused(lab):
    _, owner, wrong, _, _ = lab
    composite = wrong.layers.get(role="cathode").sample
    powder = composite.production.process.inputs.first().sample
    assert "its own ancestor" in plan_merge(powder, composite, actor=owner).refusals[0]
    assert "its own ancestor" in plan_merge(composite, powder, actor=owner).refusals[0]
    assert any("is a cell" in why for why in plan_merge(wrong, powder, actor=owner).refusals)
    answer = rest.client(owner).post(f"samples/{powder.pk}/merge/", {"into": str(composite.pk), "reason": "x"})
    assert "own ancestor" in rest.problem(answer, 400)["detail"]


def test_duplicate_materials_become_one_and_runs_that_read_them_follow(lab, django_capture_on_commit_callbacks):
    _, owner, _, _, _ = lab
    twin = writing.create(Material(name="NCM-622", theoretical_capacity=200.0), actor=owner)
    old = Material.objects.get(name="NCM622")
    boss = factories.admin()
    runs = AnalysisRun.objects.filter(context__record_id=old.pk).count()
    editor = rest.client(factories.owner_of(factories.project()))
    assert "not yours" in str(editor.post(f"materials/{old.pk}/merge/", {"into": str(twin.pk), "preview": True}).json())
    with django_capture_on_commit_callbacks(execute=True):
        answer = rest.client(boss).post(f"materials/{old.pk}/merge/", {"into": str(twin.pk), "reason": "typo"})
    assert answer.status_code == 200, answer.content
    assert not Sample.objects.filter(material=old).exists()
    assert Sample.objects.filter(material=twin).count() >= 1
    if runs:
        assert AnalysisRun.objects.filter(context__record_id=twin.pk).count() == runs
    page = browser(owner)
    assert page.get(old.get_absolute_url()).url == twin.get_absolute_url()


def test_words_are_added_renamed_retired_and_merged(lab):
    project, owner, _, _, _ = lab
    page = browser(owner)
    for word in ("argon", "Ar", "oxygen"):
        assert page.post("/vocabularies/", {"vocabulary": "atmosphere", "label": word}).status_code == 302
    assert page.post("/vocabularies/", {"vocabulary": "atmosphere", "label": "ARGON"}).status_code == 422
    words = {word.label: word for word in Term.objects.filter(vocabulary="atmosphere")}
    process = Process.objects.filter(project=project, kind="co-sintering").first()
    step = ThermalStep.objects.create(process=process, order=9, target="300 degC", atmosphere=words["Ar"])
    page.post(f"/vocabularies/{words['Ar'].pk}/", {"do": "rename", "label": "argon gas", "version": 1})
    assert "argon gas" in page.get(process.get_absolute_url()).content.decode()
    preview = page.get(f"/merge/term/{words['Ar'].pk}/?into=argon").content.decode()
    assert "thermal steps" in preview
    page.post(f"/merge/term/{words['Ar'].pk}/", {"into": "argon", "reason": "the same gas"})
    step.refresh_from_db()
    assert step.atmosphere == words["argon"]
    page.post(f"/vocabularies/{words['oxygen'].pk}/", {"do": "retire", "reason": "not used here"})
    shown = page.get("/vocabularies/").content.decode()
    assert "retired: not used here" in shown
    assert "retired: the same gas" in shown
    page.post(f"/vocabularies/{words['oxygen'].pk}/", {"do": "again"})
    assert not Tombstone.objects.filter(pk=words["oxygen"].pk).exists()
    viewer = browser(factories.member(project, "viewer"))
    assert viewer.post("/vocabularies/", {"vocabulary": "atmosphere", "label": "x"}).status_code == 403
    assert "Add a word" not in viewer.get("/vocabularies/").content.decode()
    assert viewer.get(f"/merge/term/{words['argon'].pk}/").status_code == 403
