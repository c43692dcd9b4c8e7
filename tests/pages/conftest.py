"""A small laboratory for the pages: a cell with an analysed test, and people with different roles."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from types import SimpleNamespace

import pytest
from django.test import Client

from measurements.services import receive_file
from tests.measured_lab import measured_lab

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
    return measured_lab()


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    """A browser of that person; of nobody without one."""

    def _sign_in(user=None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
        return client

    return _sign_in
