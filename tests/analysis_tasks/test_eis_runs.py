"""An uploaded spectrum ends in stored results, with the cell's geometry, and is computed again bit for bit."""

import pytest

from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, Result, RunContext
from analysis_tasks.services import request_run, rerun
from core.jobs import State
from core.records import change
from demo.simulate_eis import ImpedanceSpec, simulate_impedance
from measurements.models import Dataset
from measurements.services import receive_file
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def eager(settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True


@pytest.fixture
def actor(project):
    return factories.owner_of(project)


@pytest.fixture
def upload(actor, django_capture_on_commit_callbacks):
    def upload(cell, cycle=0):
        content, truth = simulate_impedance(ImpedanceSpec(), cycle)
        with django_capture_on_commit_callbacks(execute=True):
            file = receive_file(actor=actor, subject=cell, name=f"cycle_{cycle}.csv", chunks=[content])
        return file.measurement, truth

    return upload


def result(run, quantity, **index):
    return Result.objects.get(run=run, quantity=quantity, index=index)


def test_a_spectrum_is_tested_fitted_and_resolved_with_the_cells_geometry(upload, project):
    cell = factories.cell(project)
    change(cell, electrode_area="0.785398 cm^2", thickness="500 um", cell_type="symmetric")
    measurement, truth = upload(cell)
    runs = {run.release.name: run for run in AnalysisRun.objects.filter(measurement=measurement)}
    assert set(runs) == {"eis.kramers_kronig", "eis.circuit_fit", "eis.drt"}
    assert {run.state for run in runs.values()} == {State.SUCCEEDED}
    fit = runs["eis.circuit_fit"]
    bulk, grains, interface = truth["arcs"]
    electrolyte = bulk["resistance"] + grains["resistance"]
    conductivity = result(fit, "ionic_conductivity")
    assert conductivity.value == pytest.approx(0.05 / 0.785398 / electrolyte, abs=3.5 * conductivity.uncertainty)
    assert result(fit, "interfacial_resistance").value == pytest.approx(interface["resistance"], rel=0.02)
    assert RunContext.objects.get(run=fit, parameter="thickness").field == "thickness"
    assert {artifact.name for artifact in fit.artifacts.all()} >= {"parameters", "arcs", "fit"}


def test_a_fit_repeats_bit_for_bit(upload, project, actor, django_capture_on_commit_callbacks):
    upload(factories.cell(project))
    run = AnalysisRun.objects.get(release__name="eis.circuit_fit")
    with django_capture_on_commit_callbacks(execute=True):
        again, _ = rerun(run, actor=actor)
    again.refresh_from_db()
    assert again.verifies_id == run.pk
    assert again.output_sha256 == run.output_sha256


def test_two_uploads_are_compared_on_request(upload, project, django_capture_on_commit_callbacks):
    cell = factories.cell(project)
    pairs = [upload(cell, cycle) for cycle in (0, 50)]
    datasets = [Dataset.objects.get(measurement=measurement) for measurement, _ in pairs]
    with django_capture_on_commit_callbacks(execute=True):
        run, _ = request_run(KERNELS["eis.before_after"], pairs[1][0], datasets)
    run.refresh_from_db()
    assert run.state == State.SUCCEEDED, run.error
    assert result(run, "resistance_ratio", part="arc 3").value == pytest.approx(4.0, rel=0.02)
