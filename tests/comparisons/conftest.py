"""A cell with an analysed test in a comparison, as the tests of frozen and shared tables need it."""

from types import SimpleNamespace

import pytest

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
def only_capacity(monkeypatch):
    """Plans the one kernel whose numbers the tables show, and not the others, which cost time."""
    plan = planning.plan_kernels
    monkeypatch.setattr(planning, "plan_kernels", lambda *data: [k for k in plan(*data) if k.name == KERNEL])


@pytest.fixture
def lab(db, settings, only_capacity, django_capture_on_commit_callbacks):
    """Two rows: a measured cell and a reported one; what services announce happens at once inside `acts()`."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    project = factories.project()
    owner = factories.owner_of(project)
    measured, reported = factories.cell(project), factories.cell(project)
    with django_capture_on_commit_callbacks(execute=True):
        received = receive_file(
            actor=owner,
            subject=measured,
            name="cell.csv",
            chunks=[CONTENT],
            conditions={"temperature": "80 °C", "rate": "0.05 C (1C = 180 mA/g)"},
        )
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
        acts=lambda: django_capture_on_commit_callbacks(execute=True),
    )
