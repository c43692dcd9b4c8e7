"""The clock of periodic tasks, made proof against a system clock that is set back and against workers that are away.

Celery's scheduler compares with the time of the last call: after a jump back by a day it would be silent for a day, and
the sweeper with it. And it calls on while nobody listens: after a weekend without a worker the first upload would wait
behind ten thousand calls of the sweeper.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from celery.beat import PersistentScheduler

MOST_WAITING = 50
"""While so many messages wait in a queue, another periodic call would only make it longer."""


class SteadyScheduler(PersistentScheduler):
    """Starts counting anew where an entry was last called in the future; calls nobody whose queue is long."""

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Sends the message of an entry that is due, unless its queue is long enough."""
        from core.queues import messages_in  # needs Django's settings, which Celery loads after this module

        queue = entry.options.get("queue", self.app.conf.task_default_queue)
        if messages_in(queue) < MOST_WAITING:
            super().apply_entry(entry, producer)

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
