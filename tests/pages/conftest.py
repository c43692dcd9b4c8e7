"""A small laboratory for the pages: a cell with an analysed test, and people with different roles."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace

import pytest
from django.test import Client, TestCase

from comparisons.services import add_row, create_comparison
from measurements.services import receive_file
from tests import factories

HEADER = "Test Time / s,Voltage / V,Current / A"
HOURS_PER_HALF = 10


def cycling_file(cycles: int = 2, milliampere: float = 0.03, loss: float = 0.0) -> bytes:
    """A galvanostatic test in Battery Data Format: half cycles of 10 h, less current by `loss` each cycle."""
    lines, seconds = [HEADER], 0
    for cycle in range(cycles):
        ampere = milliampere * (1.0 - loss * cycle) / 1000
        for sign, start, end in ((1, 3.0, 4.3), (-1, 4.2, 2.8)):
            for step in range(HOURS_PER_HALF * 6):
                voltage = start + (end - start) * step / (HOURS_PER_HALF * 6 - 1)
                lines.append(f"{seconds},{voltage:.4f},{sign * ampere}")
                seconds += 600
            lines.append(f"{seconds},{end:.4f},0")
            seconds += 600
    return "\n".join(lines).encode()


NAMELESS_TABLE = b"a,b,c\n0,3.0,1.5\n1,3.1,1.5\n2,3.2,1.5\n3,3.3,1.5\n"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(200)


@pytest.fixture
def receive(settings, django_capture_on_commit_callbacks) -> Callable:
    """Receives a file and lets readings and runs happen at once."""
    settings.CELERY_TASK_ALWAYS_EAGER = True

    def _receive(actor, subject, name, content, **fields):
        with django_capture_on_commit_callbacks(execute=True):
            return receive_file(actor=actor, subject=subject, name=name, chunks=[content], **fields)

    return _receive


@pytest.fixture
def lab(db, lasting_lab: SimpleNamespace) -> SimpleNamespace:
    """A project with a composite, a cell and its analysed test, a comparison, and a person of each role."""
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
    return SimpleNamespace(
        project=project,
        owner=owner,
        editor=factories.member(project, "editor"),
        viewer=factories.member(project, "viewer"),
        stranger=factories.user(),
        cell=cell,
        composite=cell.layers.get(role="cathode").sample,
        file=received.file,
        measurement=received.measurement,
        run=received.measurement.runs.get(release__name="cycling.capacity"),
        comparison=comparison,
    )


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """A browser of that person; of nobody without one."""

    def _sign_in(user=None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return _sign_in
