"""`manage.py verify`: computes stored runs again and checks stored bytes, the audit chain and the lineage."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from analysis_tasks.models import AnalysisRun
from core.audit import verify_audit
from core.jobs import State
from measurements.models import Blob
from provenance.services import Outcome, Verdict, verify_blobs, verify_frozen, verify_lineage, verify_run
from provenance.services.verification import as_json


class Command(BaseCommand):
    """Exits with 1 where anything differs from what is stored."""

    help = (
        "Execute stored runs again from the stored bytes and compare: identical, within tolerance, differs, cannot "
        "run. Also checks the SHA-256 of every stored file, the audit chain, the hash of every frozen "
        "comparison, and that no sample is its own ancestor."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Adds what to verify."""
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--run", nargs="+", metavar="ID", help="only these runs")
        what.add_argument("--all", action="store_true", help="every run, not only those that are current")
        what.add_argument("--audit", action="store_true", help="only the audit chain")
        parser.add_argument("--json", action="store_true", help="one JSON object for each line")

    def handle(self, **options: Any) -> None:
        """Verifies and reports.

        Raises:
            CommandError: A run that was named does not exist.
        """
        counts: Counter[str] = Counter()
        bad = 0
        for outcome in self._outcomes(**options):
            counts[outcome.verdict.value] += 1
            bad += outcome.verdict is Verdict.DIFFERS
            if options["json"]:
                self.stdout.write(json.dumps(as_json(outcome)))
            elif outcome.verdict is not Verdict.IDENTICAL or outcome.subject.startswith("run"):
                self.stdout.write(
                    f"{outcome.verdict.value:17}{outcome.subject}" + f": {outcome.detail}" * bool(outcome.detail)
                )
        if not options["json"]:
            self.stdout.write(
                "; ".join(f"{number} {verdict}" for verdict, number in counts.items()) or "nothing to verify"
            )
        if bad:
            sys.exit(1)

    def _outcomes(self, *, run: list[str] | None, audit: bool, **options: Any) -> Iterator[Outcome]:
        if not audit:
            for stored in _runs(run, everything=options["all"]):
                yield verify_run(stored)
        if run:
            return
        if not audit:
            yield from verify_blobs(Blob.objects.order_by("sha256").iterator())
            yield verify_lineage()
            yield from verify_frozen()
        faults = verify_audit()
        yield from (Outcome("audit trail", Verdict.DIFFERS, fault) for fault in faults)
        if not faults:
            yield Outcome("audit trail", Verdict.IDENTICAL)


def _runs(named: list[str] | None, *, everything: bool) -> Iterator[AnalysisRun]:
    runs = AnalysisRun.objects.select_related("release", "measurement__sample", "verifies").order_by("queued_at")
    if named:
        for key in named:
            try:
                yield runs.get(pk=key)
            except (AnalysisRun.DoesNotExist, ValidationError):
                raise CommandError(f"There is no run {key}.") from None
        return
    succeeded = runs.filter(state=State.SUCCEEDED)
    yield from (succeeded if everything else succeeded.filter(current_in__isnull=False)).iterator()
