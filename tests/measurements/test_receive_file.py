"""From an upload to a dataset: bytes once, wrong input in words, nothing half-written."""

import hashlib

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction

from core.jobs import State
from measurements.models import Blob, CellTest, Dataset, FileReading, Measurement, RawFile
from measurements.services import receive_file
from measurements.store import load_table, open_blob
from tests import factories

pytestmark = pytest.mark.django_db
BDF = b"test_time_second,voltage_volt,current_ampere\n" + b"".join(
    b"%d,%.4f,%.6f\n" % (n, 3.0 + n / 1000, 1e-5) for n in range(500)
)


@pytest.fixture
def actor(project):
    return factories.owner_of(project)


@pytest.fixture
def receive(actor, cell, settings, django_capture_on_commit_callbacks):
    settings.CELERY_TASK_ALWAYS_EAGER = True

    def upload(content=BDF, name="run.csv", **options):
        with django_capture_on_commit_callbacks(execute=True):
            return receive_file(
                actor=options.pop("actor", actor),
                subject=options.pop("subject", cell),
                name=name,
                chunks=[content],
                **options,
            )

    return upload


def test_bytes_are_stored_once_under_their_hash(receive):
    received = receive()
    blob = received.file.blob
    assert blob.sha256 == hashlib.sha256(BDF).hexdigest()
    with open_blob(blob) as stored:
        assert stored.read() == BDF


def test_a_file_of_a_cell_hangs_on_a_cell_test_and_is_read(receive):
    received = receive(conditions={"temperature": "80 degC", "rate": "0.05 C (1C = 180 mA/g)"})
    test = CellTest.objects.get(pk=received.measurement.pk)
    assert (test.temperature, test.technique) == (80, "cycling")
    reading = received.file.readings.get()
    assert (reading.state, reading.format) == (State.SUCCEEDED, "bdf-csv")
    table = reading.dataset.tables.get(name="records")
    assert table.rows == 500
    assert load_table(table.blob)["voltage_volt"][-1] == pytest.approx(3.499)


def test_the_same_bytes_again_are_recognised(receive):
    first, again = receive(), receive(name="renamed.csv")
    assert (first.created, again.created) == (True, False)
    assert again.file.pk == first.file.pk
    assert again.measurement.pk == first.measurement.pk
    assert FileReading.objects.count() == 1


def test_for_another_subject_it_is_another_file_over_the_same_blob(receive, project):
    first = receive()
    other = receive(subject=factories.cell(project))
    assert other.created
    assert other.file.pk != first.file.pk
    assert other.file.blob_id == first.file.blob_id
    assert Blob.objects.filter(pk=first.file.blob_id).count() == 1


def test_an_empty_file_is_refused_at_the_door(receive):
    with pytest.raises(ValidationError, match="is empty"):
        receive(b"")
    assert not Measurement.objects.exists()
    assert not RawFile.objects.exists()


def test_too_large_a_file_is_refused_and_not_kept(receive, settings):
    settings.COSINTER_MAX_UPLOAD = 100
    with pytest.raises(ValidationError, match="larger than"):
        receive()
    assert not Blob.objects.exists()


@pytest.mark.parametrize(
    ("name", "stored"),
    [("../../etc/passwd.csv", "passwd.csv"), ("C:\\data\\run.csv", "run.csv"), ("a\x00b\n.csv", "ab.csv")],
)
def test_a_name_is_never_a_path(receive, name, stored):
    assert receive(name=name).file.name == stored


def test_an_image_that_claims_to_be_a_cycler_file_is_explained(receive):
    png = b"\x89PNG\r\n\x1a\n" + bytes(200)
    reading = receive(png, "cell.mpr").file.readings.get()
    assert reading.state == State.FAILED
    assert "PNG" in reading.error
    assert "cell.mpr" in reading.error
    assert not Dataset.objects.exists()


def test_a_table_of_unknown_columns_asks_for_a_mapping(receive):
    reading = receive(b"a;b;c\n1;2;3\n2;3;4\n3;4;5\n" * 5, "export.txt").file.readings.get()
    assert reading.state == State.FAILED
    assert reading.proposal["columns"] == ["a", "b", "c"]


def test_an_unknown_condition_is_named(receive):
    with pytest.raises(ValidationError, match="no such field"):
        receive(conditions={"humidity": "50 %"})
    assert not Measurement.objects.exists()


def test_a_viewer_uploads_nothing(receive, project):
    with pytest.raises(PermissionDenied):
        receive(actor=factories.member(project, "viewer"))
    assert not Blob.objects.exists()


def test_what_a_file_says_of_itself_marks_the_measurement_simulated(receive):
    assert not receive().measurement.simulated
    received = receive(b"# simulated: true\n" + BDF, "sim.csv")
    assert Measurement.objects.get(pk=received.measurement.pk).simulated


@pytest.mark.parametrize(
    ("model", "change"), [(Blob, {"size": 1}), (RawFile, {"name": "x"}), (Dataset, {"reader": "x"})]
)
def test_stored_bytes_and_datasets_never_change(receive, model, change):
    receive()
    rows = model.objects.filter(pk=model.objects.first().pk)
    for statement in (lambda: rows.update(**change), lambda: rows._raw_delete("default")):
        with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
            statement()
