"""Dropping files in the admin: they become numbers on the page, wrong ones are refused in words, bytes stay closed."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from analysis_tasks.models import AnalysisRun
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.models import CellTest, FileReading, Measurement, RawFile
from samples.models import Sample
from tests import factories
from tests.admin_pages import Page, add_page, browser, change_page, list_page

pytestmark = pytest.mark.django_db
CYCLING = simulate_cycling(CyclingSpec(active_mass=2.10, first_capacity=138.8, last_capacity=130.0, cycles=3))[0]
TABLE = b"t;U;I\n" + b"".join(b"%d;%.4f;%.6f\n" % (n, 3.0 + n / 1000, 1e-5) for n in range(500))
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(200)


@pytest.fixture
def editor(project):
    return browser(factories.member(project, "editor"))


@pytest.fixture
def drop(settings, django_capture_on_commit_callbacks):
    settings.CELERY_TASK_ALWAYS_EAGER = True

    def drop(page, *files, **typed):
        with django_capture_on_commit_callbacks(execute=True):
            return page.send(files=[SimpleUploadedFile(name, content) for name, content in files], **typed)

    return drop


def test_a_dropped_file_becomes_numbers_on_the_page(editor, cell, drop):
    page = add_page(editor, "measurements_celltest")
    drop(page, ("cell.csv", CYCLING), sample=str(cell.pk), rate="0.05 C (1C = 180 mA/g)", temperature="353.15 K")
    test = CellTest.objects.get()
    assert (test.sample_id, test.rate, test.temperature) == (cell.pk, "0.05 C (1C = 180 mA/g)", pytest.approx(80))
    assert test.technique == "cycling"
    assert AnalysisRun.objects.get(release__name="cycling.capacity").state == "succeeded"
    page = change_page(editor, test)
    assert "Initial discharge capacity 138.8 mAh/g" in page.text
    assert "run of cycling.capacity" in page.text
    assert b"<polyline" in page.response.content
    assert b"data-live" not in page.response.content


def test_the_page_asks_again_while_something_is_unfinished(editor, cell, project):
    page = add_page(editor, "measurements_celltest")
    page.send(files=[SimpleUploadedFile("cell.csv", CYCLING)], sample=str(cell.pk))  # nobody reads it: no commit
    test = CellTest.objects.get()
    story = reverse("admin:measurements_measurement_story", args=[test.pk])
    assert f'data-live="{story}"' in change_page(editor, test).response.content.decode()
    assert b"queued" in editor.get(story).content
    assert browser(factories.owner_of(factories.project())).get(story).status_code == 404


def test_known_bytes_lead_to_their_measurement(editor, cell, drop):
    for _ in range(2):
        saved = drop(add_page(editor, "measurements_celltest"), ("cell.csv", CYCLING), sample=str(cell.pk))
    assert Measurement.objects.count() == RawFile.objects.count() == 1
    assert "received before" in saved.text
    assert str(Measurement.objects.get().pk) in saved.address


def test_files_may_be_dropped_on_a_cell_or_a_sample(editor, cell, project, drop):
    drop(change_page(editor, cell), ("cell.csv", CYCLING))
    assert CellTest.objects.get().sample_id == cell.pk
    powder = factories.powder(project)
    drop(change_page(editor, powder), ("some.csv", TABLE), technique="cv")
    measurement = Measurement.objects.get(sample=powder)
    assert measurement.technique == "cv"
    assert not CellTest.objects.filter(pk=measurement.pk).exists()


def test_an_empty_file_is_refused_and_nothing_is_stored(editor, cell, drop):
    again = drop(add_page(editor, "measurements_celltest"), ("empty.mpr", b""), sample=str(cell.pk), note="kept")
    assert "empty.mpr is empty (0 bytes)" in " ".join(again.errors["files"])
    assert again.fields["note"] == "kept"
    assert not Measurement.objects.exists()
    assert not RawFile.objects.exists()


def test_a_second_file_that_is_refused_takes_the_first_back(editor, cell, drop):
    page = add_page(editor, "measurements_celltest")
    again = drop(page, ("cell.csv", CYCLING), ("empty.mpr", b""), sample=str(cell.pk))
    assert "empty.mpr is empty" in " ".join(again.errors["files"])
    assert "was received" not in again.text
    assert not Measurement.objects.exists()


def test_a_picture_that_is_called_mpr_is_explained(editor, cell, drop):
    drop(add_page(editor, "measurements_celltest"), ("photo.mpr", PNG), sample=str(cell.pk))
    assert FileReading.objects.get().state == "failed"
    page = change_page(editor, CellTest.objects.get())
    assert "PNG" in page.text
    assert FileReading.objects.get().error in page.text


@pytest.mark.parametrize(
    ("typed", "place", "words"),
    [
        ({"rate": "0.05 kg"}, "rate", "kg"),
        ({"temperature": "700 kg"}, "temperature", '"700 kg" is a mass; a temperature'),
        ({"lower_voltage": "4.3 V", "upper_voltage": "2.8 V"}, "__all__", "below the upper"),
        ({"sample": ""}, "sample", "required"),
    ],
)
def test_wrong_conditions_are_refused_at_their_field(editor, cell, typed, place, words):
    again = add_page(editor, "measurements_celltest").send(**{"sample": str(cell.pk), **typed})
    assert words in " ".join(again.errors[place])
    assert not Measurement.objects.exists()


def test_a_cell_is_tested_not_measured(editor, cell):
    again = add_page(editor, "measurements_measurement").send(sample=str(cell.pk))
    assert "record a cell test" in " ".join(again.errors["sample"])


def test_a_measurement_without_a_file_and_a_test_with_steps(editor, cell, project):
    powder = factories.powder(project)
    add_page(editor, "measurements_measurement").send(sample=str(powder.pk), technique="xrd")
    assert Measurement.objects.get().sample == Sample.objects.get(pk=powder.pk)
    page = add_page(editor, "measurements_celltest")
    steps = page.rows("steps", [{"kind": "rest", "duration": "30 min"}, {"kind": "cycling", "cycles": "5"}], start=0)
    page.send(sample=str(cell.pk), **steps)
    test = CellTest.objects.get()
    assert [(step.kind, step.duration, step.cycles) for step in test.steps.all()] == [
        ("rest", 0.5, None),
        ("cycling", None, 5),
    ]
    change_page(editor, test).send(**{"steps-0-DELETE": "on"})
    assert [step.kind for step in test.steps.all()] == ["cycling"]


@pytest.fixture
def unnamed(editor, cell, drop):
    drop(add_page(editor, "measurements_celltest"), ("table.csv", TABLE), sample=str(cell.pk))
    return RawFile.objects.get()


def test_a_table_nobody_knows_is_read_once_its_columns_are_named(
    editor, unnamed, settings, django_capture_on_commit_callbacks
):
    assert "Name the columns" in change_page(editor, CellTest.objects.get()).text
    page = Page(editor, reverse("admin:measurements_rawfile_mapping", args=[unnamed.pk]))
    assert page.status == 200
    assert "3.0010" in page.text
    named = {
        "meaning_0": "test_time_second", "unit_0": "min", "meaning_1": "voltage_volt", "unit_1": "V",
        "meaning_2": "current_ampere", "unit_2": "A", "current_sign": "charge-positive",
    }  # fmt: skip
    wrong = page.send(**{**named, "unit_1": "kg", "current_sign": ""})
    form = wrong.response.context["form"]
    assert "kg is no unit" in str(form.errors["unit_1"])
    assert "positive" in str(form.errors["current_sign"])
    with django_capture_on_commit_callbacks(execute=True):
        page.send(**named)
    reading = unnamed.readings.order_by("-queued_at").first()
    assert reading.state == "succeeded", reading.error
    time = next(c for c in reading.dataset.tables.get().columns if c["name"] == "test_time_second")
    assert time["last"] == 499 * 60


def test_bytes_are_given_back_as_they_came_to_those_who_may_see_them(unnamed, project):
    address = reverse("admin:measurements_rawfile_content", args=[unnamed.pk])
    answer = browser(factories.member(project, "viewer")).get(address)
    assert b"".join(answer.streaming_content) == TABLE
    assert answer["Content-Disposition"] == 'attachment; filename="table.csv"'
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert browser(factories.owner_of(factories.project())).get(address).status_code == 404


def test_only_editors_ask_for_work(unnamed, project):
    viewer, editor = (browser(factories.member(project, role)) for role in ("viewer", "editor"))
    for name in ("read", "mapping"):
        address = reverse(f"admin:measurements_rawfile_{name}", args=[unnamed.pk])
        assert viewer.post(address).status_code == 403
    assert editor.get(reverse("admin:measurements_rawfile_read", args=[unnamed.pk])).status_code == 403
    before = unnamed.readings.count()
    assert editor.post(reverse("admin:measurements_rawfile_read", args=[unnamed.pk])).status_code == 302
    assert unnamed.readings.count() == before + 1


def test_lists_are_narrowed_to_the_state_of_the_work(editor, cell):
    page = add_page(editor, "measurements_celltest")
    page.send(files=[SimpleUploadedFile("cell.csv", CYCLING)], sample=str(cell.pk))  # nobody reads it: no commit
    for model, shown in (("measurements_rawfile", "cell.csv"), ("measurements_celltest", cell.code)):
        found = {state: list_page(editor, model, f"?state={state}&_facets=True").text for state in ("queued", "none")}
        assert shown in found["queued"]
        assert shown not in found["none"]
        assert "Nothing matches" in found["none"]
        assert "queued (1)" in found["queued"]
