"""What a person may ask of a job: that it ends early, or that it is done again after it did not succeed."""

from __future__ import annotations

from typing import Any, TypeVar

from django.core.exceptions import ValidationError

from core.audit import attribute
from core.jobs.claims import cancel
from core.jobs.model import Job, State

J = TypeVar("J", bound=Job)

_ENDED_HOW: dict[str, str] = {State.FAILED: "failed", State.CANCELLED: "was cancelled"}


def cancel_for(actor: Any, job: J, reason: str, *, name: str) -> J:
    """Ends a job that waits or is under way; a child process that works on it is stopped within seconds.

    Args:
        actor: Who wants it; the caller has asked whether they may.
        job: What to end.
        reason: Why, may be empty.
        name: What such a job is called: run, reading.

    Raises:
        ValidationError: It had ended before.
    """
    attribute(actor)
    cancelled = cancel(job, f"Cancelled by {actor}{': ' if reason else '.'}{reason}")
    if cancelled is None:
        job.refresh_from_db()
        raise ValidationError(f"This {name} has {job.state} already; only one that waits or is under way is cancelled.")
    return cancelled


def reason_to_retry(job: Job, reason: str, *, name: str) -> str:
    """The reason of the job that does the work again; it names the first.

    Raises:
        ValidationError: The first did not fail and was not cancelled.
    """
    if job.state not in _ENDED_HOW:
        raise ValidationError(f"This {name} is {job.state}; only one that failed or was cancelled is retried.")
    return f"Retry of {name} {job.pk}, which {_ENDED_HOW[job.state]}. {reason}".strip()
