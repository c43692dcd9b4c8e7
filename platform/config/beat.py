"""The clock of periodic tasks, made proof against a system clock that is set back.

Celery's scheduler compares with the time of the last call: after a jump back by a day it would be silent for a day, and
the sweeper with it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery.beat import PersistentScheduler


class SteadyScheduler(PersistentScheduler):
    """Starts counting anew where an entry was last called in the future."""

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """One look at the schedule; returns the seconds until the next."""
        if self._forget_the_future():
            self._heap = None
        delay: float = super().tick(*args, **kwargs)
        return delay

    def _forget_the_future(self) -> bool:
        found = False
        for entry in self.schedule.values():
            now: datetime = entry.default_now()
            if entry.last_run_at is not None and entry.last_run_at > now:
                entry.last_run_at = now
                found = True
        return found
