"""The frame around every job: claim it, keep the claim alive, do the work, and say on the row what went wrong.

An app brings its work and the words in which it speaks of it; whose fault a failure was is decided here for all.
"""

from __future__ import annotations

import os
import socket
import threading
import traceback
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from core import sandbox
from core.audit import acting
from core.jobs.claims import Heartbeat, LostClaimError, claim, fail, hand_back, is_transient, steadily
from core.jobs.model import Job
from core.storage import storage_trouble

J = TypeVar("J", bound=Job)


class Answer(Exception):
    """The work has an answer that is a sentence: a fact about the file or the request, not a mistake in a program."""


@dataclass(frozen=True)
class Work(Generic[J]):
    """What is done for a job of a kind, and how that is spoken of.

    Attributes:
        do: Does the work and stores its outputs within `finishing`; the event is set once nobody wants them any more.
        answers: Classes of exceptions, by name, with which the child process answers in a sentence of its own.
        stopped: The sentence for a child that was stopped at a limit or crashed, from the job and what happened.
        fault: The sentence for a mistake in our program, from the job and the exception's message.
    """

    do: Callable[[J, threading.Event], None]
    answers: frozenset[str]
    stopped: Callable[[J, str], str]
    fault: Callable[[J, str], str]


def perform(model: type[J], pk: uuid.UUID, work: Work[J]) -> J | None:
    """Does a job, if nobody else does or has; called by the worker.

    Where the disk or the database is in trouble, the job goes back into its queue; every other failure ends it with a
    sentence for the person who waits, and with the log for the engineer.

    Args:
        model: Which jobs.
        pk: Which of them.
        work: What is to be done.

    Returns:
        The job as this call left it, None where there was nothing to do or the work is not wanted any more.
    """
    job = claim(model, pk, worker_name())
    if job is None:
        return None
    with Heartbeat(job) as heartbeat, acting(actor="worker", door="task"):
        try:
            work.do(job, heartbeat.lost)
        except (LostClaimError, sandbox.StoppedError):
            return None
        except Exception as problem:  # noqa: BLE001 (a strange file must not stop the worker; the row keeps the log)
            steadily(partial(_tell, job, work, problem, traceback.format_exc()))
    return model._base_manager.get(pk=pk)


def worker_name() -> str:
    """Which process on which machine does the work."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _tell(job: J, work: Work[J], problem: Exception, details: str) -> None:
    """Writes on the row why there is no result, or that it is tried again."""
    if isinstance(problem, sandbox.RemoteError):
        trouble, details = storage_trouble(problem.errno), problem.traceback
    else:
        trouble = is_transient(problem)
    if trouble:
        hand_back(job, trouble, details=details)
    elif isinstance(problem, Answer) or work.answers & set(getattr(problem, "kinds", ())):
        fail(job, str(problem))
    elif isinstance(problem, sandbox.SandboxError) and not isinstance(problem, sandbox.RemoteError):
        fail(job, work.stopped(job, str(problem)))
    else:
        fail(job, work.fault(job, str(problem)), details=details)
