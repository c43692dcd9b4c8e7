"""A running cell's file comes again and again: the longer version takes over, numbers follow, the old one stays."""

import pytest

from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, Result, Slot, Staleness
from analysis_tasks.services import rerun, rerun_stale
from comparisons.selectors import comparison_table
from comparisons.services import add_row, create_comparison
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.models import Measurement, RawFile
from measurements.readers import bdf_csv, sandboxed
from measurements.readers.base import Source
from measurements.services import receive_file
from measurements.store import remove_bytes
from tests import factories, rest

SPEC = {"active_mass": 2.10, "first_capacity": 138.8, "last_capacity": 120.0, "interval": 300}
WHOLE = simulate_cycling(CyclingSpec(**SPEC, cycles=4))[0]
PART = WHOLE[: int(0.62 * len(WHOLE))]
OTHER = simulate_cycling(CyclingSpec(**{**SPEC, "first_capacity": 100.0, "last_capacity": 90.0}, cycles=6))[0]


@pytest.fixture
def cell(db):
    return factories.cell(factories.project())


@pytest.fixture
def send(cell, settings, monkeypatch, django_capture_on_commit_callbacks):
    """One kernel is enough for what is asked here."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    monkeypatch.setattr("analysis_tasks.services.planning.plan_kernels", lambda *_: [KERNELS["cycling.capacity"]])

    def send(content, name="running.csv", **options):
        with django_capture_on_commit_callbacks(execute=True):
            return receive_file(
                actor=factories.owner_of(cell.project), subject=cell, name=name, chunks=[content], **options
            )

    return send


def current(measurement):
    return Slot.objects.get(measurement=measurement, kernel="cycling.capacity").current_run


def count_of(run):
    return Result.objects.get(run=run, quantity="cycle_count").value


def test_the_longer_version_takes_over_and_everything_follows(cell, send, client, tmp_path):
    owner = factories.owner_of(cell.project)
    comparison = create_comparison(actor=owner, project=cell.project, slug="running", title="Running")
    first = send(PART)
    add_row(comparison, actor=owner, cell=cell)
    before = current(first.measurement)
    assert count_of(before) == 2

    second = send(WHOLE)
    assert second.measurement.pk == first.measurement.pk
    assert second.created
    assert second.file.version_of == first.file
    after = current(first.measurement)
    assert after.supersedes == before
    assert count_of(after) == 4
    (row,) = comparison_table(comparison, owner).rows
    assert row.cells["cycle_count"].value == 4
    assert not Staleness.objects.exists()
    assert send(PART).file == first.file, "the older bytes are known and change nothing"
    assert current(first.measurement) == after

    site = rest.client(owner)
    shown = {row["id"]: row for row in site.get("/api/v1/files/").json()["results"]}
    assert shown[str(first.file.pk)]["replaced_by"] == str(second.file.pk)
    assert shown[str(second.file.pk)]["replaced_by"] is None
    assert shown[str(second.file.pk)]["version_of"] == str(first.file.pk)
    kept = site.get(f"/api/v1/files/{first.file.pk}/content/")
    assert b"".join(kept.streaming_content) == PART
    exported = site.get(f"/api/v1/measurements/{first.measurement.pk}/data/?format=bdf&points=all")
    assert exported["Content-Disposition"] == f'attachment; filename="{cell.code}-records.bdf.csv"'
    (tmp_path / "again.csv").write_bytes(b"".join(exported.streaming_content))
    again = bdf_csv.read(Source(tmp_path / "again.csv", "again.csv"), {}).tables[0]
    (tmp_path / "sent.csv").write_bytes(WHOLE)
    sent = bdf_csv.read(Source(tmp_path / "sent.csv", "sent.csv"), {}).tables[0]
    assert {column.name: column.values.tolist() for column in again} == {c.name: c.values.tolist() for c in sent}
    client.force_login(owner)
    page = client.get(first.measurement.get_absolute_url()).content.decode()
    assert "An earlier version" in page
    assert page.count('aria-label="Curve of running.csv"') == 1


def test_a_person_s_own_choice_of_parameters_follows_through_staleness(cell, send, django_capture_on_commit_callbacks):
    first = send(PART)
    with django_capture_on_commit_callbacks(execute=True):
        rerun(current(first.measurement), actor=factories.owner_of(cell.project), parameters={"active_mass": "2.0 mg"})
    send(WHOLE)
    stale = Staleness.objects.get(slot__preset="custom")
    assert stale.reason == "input"
    assert "version of" in str(stale)
    with django_capture_on_commit_callbacks(execute=True):
        assert rerun_stale() == 1
    assert count_of(Slot.objects.get(preset="custom").current_run) == 4


def test_an_earlier_version_whose_bytes_are_gone_is_no_obstacle(cell, send):
    first = send(PART)
    remove_bytes(first.file.blob)
    second = send(WHOLE)
    assert second.file.version_of is None
    assert count_of(current(second.measurement)) == 4


def test_an_older_state_that_comes_late_takes_no_place(send):
    first, whole = send(PART[:-3000]), send(WHOLE)
    assert whole.measurement.pk == first.measurement.pk
    late = send(PART)
    assert late.file.version_of is None
    assert late.measurement.pk != first.measurement.pk
    assert count_of(current(first.measurement)) == 4


def test_another_test_under_the_same_name_gets_a_measurement_of_its_own(cell, send):
    first = send(PART)
    second = send(OTHER)
    assert second.measurement.pk != first.measurement.pk
    assert count_of(current(second.measurement)) == 6
    assert count_of(current(first.measurement)) == 2


def test_a_binary_file_that_does_not_go_on_is_separated_after_it_was_read(cell, send, monkeypatch):
    """Bytes of an archive tell nothing; the records do."""
    monkeypatch.setattr("measurements.services.versions._begins_alike", lambda *_: True)
    first = send(PART)
    second = send(OTHER)
    assert second.measurement.pk == first.measurement.pk, "at first it looks like a longer version"
    own = RawFile.objects.get(blob=second.file.blob, version_of=None)
    assert own.measurement.pk != first.measurement.pk
    assert count_of(current(own.measurement)) == 6
    assert count_of(current(first.measurement)) == 2
    reading = second.file.readings.get()
    assert reading.state == "cancelled"
    assert "a measurement of its own" in reading.error
    assert AnalysisRun.objects.filter(measurement=first.measurement).count() == 1
    assert Measurement.objects.filter(sample=cell).count() == 2


def test_real_files_that_grow_go_on_where_they_ended(shared_data, tmp_path):
    """A Gamry file of 72 points, and the same file while its 40th point was being written."""
    folder = shared_data / "electrochemistry"
    path = next(folder.rglob("exampleDataGamry.DTA"))
    lines = path.read_bytes().splitlines(keepends=True)
    short, other = tmp_path / "short.DTA", next(folder.rglob("eispot_data.dta"))
    short.write_bytes(b"".join(lines[:-32]) + lines[-32][:20])
    tables = {}
    for one in (short, path, other):
        (kept := tmp_path / one.stem).mkdir()
        content = sandboxed.read(str(one), one.name, {}, str(kept))
        tables[one] = {table["name"]: table["file"] for table in content["tables"]}
    assert sandboxed.goes_on(tables[short], tables[path])
    assert not sandboxed.goes_on(tables[path], tables[short])
    assert not sandboxed.goes_on(tables[other], tables[path])
