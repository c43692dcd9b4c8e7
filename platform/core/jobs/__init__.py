"""Work that the database remembers: the row is the queue entry, the broker's message only a hint.

A worker claims a row with a token and a lease on the database's clock. Whoever holds the newest token may finish it;
a worker that was thought dead and wakes up finds its token worthless. The sweeper re-queues what nobody works on.
So a message may be lost or delivered twice, a worker may die anywhere, and every job still ends exactly once.
"""

from core.jobs.asked import cancel_for, reason_to_retry
from core.jobs.claims import (
    Heartbeat,
    LostClaimError,
    cancel,
    claim,
    fail,
    finishing,
    hand_back,
    is_transient,
    note,
    renew,
    steadily,
)
from core.jobs.model import ENDED, Job, State
from core.jobs.performing import Answer, Work, perform
from core.jobs.sending import send_after_commit, sweep

__all__ = [
    "ENDED",
    "Answer",
    "Heartbeat",
    "Job",
    "LostClaimError",
    "State",
    "Work",
    "cancel",
    "cancel_for",
    "claim",
    "fail",
    "finishing",
    "hand_back",
    "is_transient",
    "note",
    "perform",
    "reason_to_retry",
    "renew",
    "send_after_commit",
    "steadily",
    "sweep",
]
