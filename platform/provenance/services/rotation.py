"""Verifying a part of everything each night, what was verified longest ago first, and keeping the answers."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import CharField, F, OuterRef, Subquery
from django.db.models.functions import Cast
from django.utils import timezone

from analysis_tasks.models import AnalysisRun
from core.audit import verify_audit
from core.jobs import State
from measurements.models import Blob
from provenance.models import Verification
from provenance.services.verification import Outcome, Verdict, verify_blobs, verify_frozen, verify_lineage, verify_run
from search.install import mend

_PIECES = 500
_QUERIES = "values that queries are answered from"
Verified = tuple[Verification.Subject, str, Outcome]


def verify_rotating(*, seconds: float) -> Counter[str]:
    """Verifies what is verified whole, then files and runs as the time allows, oldest first.

    Whole are the audit trail, the lineage, frozen comparisons and the values that queries are answered from.

    Args:
        seconds: How long it may take; half of it for stored files, the rest for runs.

    Returns:
        How often each verdict was given.
    """
    counts: Counter[str] = Counter()
    start = time.monotonic()
    for until, verified in (
        (seconds, _whole()),
        (seconds / 2, _files()),
        (seconds, _runs()),
    ):
        for subject, key, outcome in verified:
            _keep(subject, key, outcome)
            counts[outcome.verdict.value] += 1
            if time.monotonic() - start > until:
                break
    return counts


def _whole() -> Iterator[Verified]:
    faults = verify_audit()
    outcome = Outcome("audit trail", Verdict.DIFFERS if faults else Verdict.IDENTICAL, " ".join(faults))
    yield Verification.Subject.AUDIT, "", outcome
    yield Verification.Subject.LINEAGE, "", verify_lineage()
    differing = [outcome for outcome in verify_frozen() if outcome.verdict is not Verdict.IDENTICAL]
    found = "; ".join(f"{outcome.subject}: {outcome.detail}" for outcome in differing)
    verdict = Verdict.DIFFERS if differing else Verdict.IDENTICAL
    yield Verification.Subject.FROZEN, "", Outcome("frozen comparisons", verdict, found)
    yield Verification.Subject.SEARCH, "", _searched()


def _searched() -> Outcome:
    """Whether queries are answered from what the records say; what is out of step is made anew at once."""
    mended = "; ".join(map(str, mend()))
    if not mended:
        return Outcome(_QUERIES, Verdict.IDENTICAL, "")
    return Outcome(_QUERIES, Verdict.DIFFERS, f"{mended}. It was mended; report how it came about.")


def _files() -> Iterator[Verified]:
    blobs = _oldest_first(Blob.objects.all(), Verification.Subject.FILE)[:_PIECES]
    for blob, outcome in _each(blobs, verify_blobs):
        yield Verification.Subject.FILE, blob.sha256, outcome


def _each(rows: Iterable[Any], verify: Any) -> Iterator[tuple[Any, Outcome]]:
    for row in rows:
        for outcome in verify([row]):
            yield row, outcome


def _runs() -> Iterator[Verified]:
    runs = _oldest_first(AnalysisRun.objects.filter(state=State.SUCCEEDED), Verification.Subject.RUN)
    for run in runs.select_related("release", "measurement__sample", "verifies")[:_PIECES]:
        yield Verification.Subject.RUN, str(run.pk), verify_run(run)


def _oldest_first(rows: Any, subject: str) -> Any:
    """What was never verified comes first, then what was verified longest ago."""
    last = Verification.objects.filter(subject=subject, key=Cast(OuterRef("pk"), CharField())).values("at")
    return rows.annotate(verified_at=Subquery(last)).order_by(F("verified_at").asc(nulls_first=True), "pk")


def _keep(subject: Verification.Subject, key: str, outcome: Outcome) -> None:
    now = timezone.now()
    before = Verification.objects.filter(subject=subject, key=key).first()
    same = before is not None and before.verdict == outcome.verdict.value
    Verification.objects.update_or_create(
        subject=subject,
        key=key,
        defaults={
            "label": outcome.subject[:400],
            "verdict": outcome.verdict.value,
            "detail": outcome.detail,
            "at": now,
            "since": before.since if before and same else now,
        },
    )
