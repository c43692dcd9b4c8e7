"""A laboratory with one analysed cell in a comparison: everything that a lineage can hold, once."""

from __future__ import annotations

from copy import deepcopy
from types import SimpleNamespace

import pytest

from measurements.services import receive_file
from tests.measured_lab import cycling_file, measured_lab


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
    return measured_lab()
