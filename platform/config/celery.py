"""The Celery application: `celery -A config worker` and `celery -A config beat` start here."""

from __future__ import annotations

import os
from collections.abc import Iterator

from celery import Celery
from celery.signals import heartbeat_sent
from kombu.utils.scheduling import priority_cycle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class ListedOrder(priority_cycle):  # type: ignore[type-arg]  # generic for the type checker only
    """Empties the queues in the order in which the settings list them; the transport itself holds them in a set."""

    def consume(self, n: int) -> Iterator[str]:
        """The queues to look into, first things first."""
        listed = [queue.name for queue in app.conf.task_queues or ()]
        first_things = sorted(self.items or (), key=lambda name: listed.index(name) if name in listed else len(listed))
        return first_things[:n]  # type: ignore[return-value]  # a list, as the transport needs it


app = Celery("cosinter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@heartbeat_sent.connect
def _mark_alive(**_: object) -> None:
    from config.pulse import mark_alive  # needs Django's settings, which Celery loads after this module

    mark_alive()
