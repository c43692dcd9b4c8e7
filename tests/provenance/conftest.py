"""A laboratory with one analysed cell in a comparison: everything that a lineage can hold, once."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace

import pytest
from django.test import TestCase

from comparisons.services import add_row, create_comparison
from measurements.services import receive_file
from samples.models import ProcessInput
from tests import factories
from tests.pages.conftest import cycling_file


@pytest.fixture
def receive(settings, django_capture_on_commit_callbacks):
    """Receives a file and lets readings and runs happen at once."""
    settings.CELERY_TASK_ALWAYS_EAGER = True

    def _receive(actor, subject, name="cell-1.csv", **fields):
        with django_capture_on_commit_callbacks(execute=True):
            return receive_file(actor=actor, subject=subject, name=name, chunks=[cycling_file()], **fields)

    return _receive


@pytest.fixture
def lab(db, lasting_lab: SimpleNamespace) -> SimpleNamespace:
    """Powders of three materials, the composite made of them, a cell with a test, its run, and a comparison."""
    return deepcopy(lasting_lab)


@pytest.fixture(scope="module")
def lasting_lab(lasting_db) -> SimpleNamespace:
    """The same, made once for the tests of a module."""
    project = factories.project()
    owner = factories.owner_of(project)
    cell = factories.cell(project)
    conditions = {"rate": "0.05 C (1C = 180 mA/g)", "temperature": "80 °C"}
    with TestCase.captureOnCommitCallbacks(execute=True):
        received = receive_file(
            actor=owner, subject=cell, name="cell-1.csv", chunks=[cycling_file()], conditions=conditions
        )
    comparison = create_comparison(actor=owner, project=project, slug="my-cells", title="My cells")
    add_row(comparison, actor=owner, cell=cell)
    composite = cell.layers.get(role="cathode").sample
    powders = [row.sample for row in ProcessInput.objects.filter(process__outputs__sample=composite).order_by("order")]
    return SimpleNamespace(
        project=project,
        owner=owner,
        viewer=factories.member(project, "viewer"),
        stranger=factories.user(),
        cell=cell,
        composite=composite,
        powders=powders,
        materials=[powder.material for powder in powders],
        sintering=composite.production.process,
        assembly=cell.production.process,
        measurement=received.measurement,
        file=received.file,
        dataset=received.measurement.datasets.get(),
        run=received.measurement.runs.get(release__name="cycling.capacity"),
        comparison=comparison,
    )
