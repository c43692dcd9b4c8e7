"""`manage.py purge`: removes the bytes of a file because the law asks for it; rows, hashes and the reason stay."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.template.defaultfilters import filesizeformat

from accounts.models import User
from config.owner import as_owner
from core.audit import acting
from measurements.models import RawFile
from provenance.services import PurgePlan, plan_purge, purge


class Command(BaseCommand):
    """Shows what would go; removes it only with `--yes`."""

    help = (
        "Remove the bytes of a file, and of the tables that readers and kernels made of it, for good. Their rows, "
        "hashes and results stay, with the reason. Shows what would go, unless --yes is given."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Adds which file, who and why."""
        parser.add_argument("file", metavar="ID", help="the file, as its address names it")
        parser.add_argument("--reason", required=True, help="why; kept in the audit trail and shown")
        parser.add_argument("--by", required=True, metavar="USER", help="the administrator who does it")
        parser.add_argument("--everywhere", action="store_true", help="also where other files hold the same bytes")
        parser.add_argument("--yes", action="store_true", help="really remove them")

    def handle(self, *, file: str, reason: str, by: str, everywhere: bool, yes: bool, **options: Any) -> None:
        """Shows or purges.

        Raises:
            CommandError: There is no such file or administrator, or the purge is refused.
        """
        del options
        with as_owner(connection), acting(actor=by, door="command"):
            found, actor = _file(file), User.objects.filter(username=by).first()
            if actor is None:
                raise CommandError(f"There is no person {by}.")
            if not yes:
                self._show(plan_purge(found), "would be removed; add --yes to do it")
                return
            try:
                plan = purge(found, actor=actor, reason=reason, everywhere=everywhere)
            except (PermissionDenied, ValidationError) as refusal:
                raise CommandError(" ".join(getattr(refusal, "messages", [str(refusal)]))) from refusal
            self._show(plan, "removed")

    def _show(self, plan: PurgePlan, what: str) -> None:
        for file in plan.files:
            self.stdout.write(f"{file.name} of {file.measurement.sample} ({file.measurement.sample.project})")
        self.stdout.write(f"{len(plan.blobs)} stored pieces, {filesizeformat(plan.size)}: {what}")
        if plan.kept:
            self.stdout.write(f"{len(plan.kept)} derived pieces stay: other files gave the same")


def _file(key: str) -> RawFile:
    try:
        return RawFile.objects.get(pk=key)
    except (RawFile.DoesNotExist, ValidationError):
        raise CommandError(f"There is no file {key}.") from None
