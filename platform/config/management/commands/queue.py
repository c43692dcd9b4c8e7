"""`manage.py queue`: shows the two queues of background work, pauses one with a reason, and lets it go on."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from core.audit import acting
from core.queues import Queue, lines, pause_queue, resume_queue


class Command(BaseCommand):
    """Shows the queues where nothing else is asked for."""

    help = "Show, pause and resume the queues of background work."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Adds what to do with which queue."""
        parser.add_argument("do", nargs="?", default="show", choices=("show", "pause", "resume"))
        parser.add_argument("queue", nargs="?", choices=Queue.values)
        parser.add_argument("--by", metavar="USER", help="the administrator who does it")
        parser.add_argument("--reason", default="", help="why it is paused")

    def handle(self, *, do: str, queue: str | None, by: str | None, reason: str, **options: Any) -> None:
        """Does it and shows the queues.

        Raises:
            CommandError: Something is missing, or the person is no administrator.
        """
        del options
        if do != "show":
            if queue is None or by is None:
                raise CommandError(f"Write which queue and who: manage.py queue {do} bulk --by USER")
            self._move(do, queue, by, reason)
        for line in lines():
            state = f"paused by {line.pause.paused_by}: {line.pause.reason}" if line.pause else "moving"
            self.stdout.write(f"{line.queue:12}{line.messages} messages, {state}")

    def _move(self, do: str, queue: str, by: str, reason: str) -> None:
        person = User.objects.filter(username=by).first()
        if person is None:
            raise CommandError(f"There is no person {by}.")
        with acting(actor=by, door="command"):
            try:
                if do == "pause":
                    pause_queue(queue, actor=person, reason=reason)
                else:
                    resume_queue(queue, actor=person)
            except (PermissionDenied, ValidationError) as refusal:
                raise CommandError(" ".join(getattr(refusal, "messages", [str(refusal)]))) from refusal
