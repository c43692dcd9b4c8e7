"""Celery tasks of provenance: the nightly verification."""

from __future__ import annotations

import logging

from celery import shared_task

from core.audit import acting
from provenance.services import Verdict, verify_rotating

log = logging.getLogger(__name__)

SECONDS = 600
"""How long a night's verification may take, far below the time limit of tasks."""


@shared_task(name="provenance.verify_rotating")
def verify_a_part() -> None:
    """Verifies what was verified longest ago; the health page shows what was found."""
    with acting(actor="worker", door="task"):
        counts = verify_rotating(seconds=SECONDS)
    if counts[Verdict.DIFFERS.value]:
        log.error("verification found %d differences; see the health page", counts[Verdict.DIFFERS.value])
