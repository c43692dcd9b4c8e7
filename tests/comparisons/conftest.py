"""A cell with an analysed test in a comparison, as the tests of frozen, shared and arranged tables need it."""

from copy import deepcopy
from types import SimpleNamespace

import pytest
from django.test import TestCase

from analysis_tasks.services import planning, report_value
from comparisons.services import add_row, create_comparison
from demo.simulate import CyclingSpec, simulate_cycling
from measurements.services import create_measurement, receive_file
from samples.models import Publication
from tests import factories

CONTENT = simulate_cycling(CyclingSpec(cycles=2, active_mass=2.10, first_capacity=138.8))[0]
KERNEL = "cycling.capacity"
COLUMNS = ("configuration", "temperature", "initial_discharge_capacity", "cycle_count")


@pytest.fixture
def lab(db, lasting_lab):
    """Two rows: a measured cell and a reported one; what services announce happens at once inside `acts()`."""
    return deepcopy(lasting_lab)


@pytest.fixture(scope="module")
def lasting_lab(lasting_db):
    """The same, made once for the tests of a module. Only the kernel whose numbers the tables show is planned."""
    plan = planning.plan_kernels
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(planning, "plan_kernels", lambda *data: [k for k in plan(*data) if k.name == KERNEL])
        yield _lab()


def _lab():
    project = factories.project()
    owner = factories.owner_of(project)
    measured, reported = factories.cell(project), factories.cell(project)
    conditions = {"temperature": "80 °C", "rate": "0.05 C (1C = 180 mA/g)"}
    with TestCase.captureOnCommitCallbacks(execute=True):
        received = receive_file(actor=owner, subject=measured, name="cell.csv", chunks=[CONTENT], conditions=conditions)
    paper = Publication.objects.create(label="[45]")
    told = create_measurement(actor=owner, subject=reported, technique="cycling", conditions={"temperature": "RT"})
    report_value(
        actor=owner,
        subject=reported,
        quantity_key="initial_discharge_capacity",
        text="138.8",
        publication=paper,
        locator="Table S1, row 5",
        measurement=told,
    )
    comparison = create_comparison(actor=owner, project=project, slug="mine", title="Mine", columns=COLUMNS)
    for cell in (measured, reported):
        add_row(comparison, actor=owner, cell=cell)
    return SimpleNamespace(
        project=project,
        owner=owner,
        comparison=comparison,
        measured=measured,
        reported=reported,
        measurement=received.measurement,
        told=told,
        acts=lambda: TestCase.captureOnCommitCallbacks(execute=True),
    )
