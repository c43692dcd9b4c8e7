"""The Celery application: `celery -A config worker` and `celery -A config beat` start here."""

from __future__ import annotations

import os

from celery import Celery
from celery.signals import heartbeat_sent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("cosinter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@heartbeat_sent.connect
def _mark_alive(**_: object) -> None:
    from config.pulse import mark_alive  # needs Django's settings, which Celery loads after this module

    mark_alive()
