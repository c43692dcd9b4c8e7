"""Sharing: a token that opens one table, or one frozen snapshot, for people without an account."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.access import require_write
from accounts.keys import digest, new_key
from comparisons.models import Comparison, FrozenComparison, Share
from comparisons.state import TableState
from core.audit import attribute


@transaction.atomic
def share(
    comparison: Comparison,
    *,
    actor: Any,
    frozen: FrozenComparison | None = None,
    state: TableState | None = None,
    name: str = "",
    expires_at: datetime | None = None,
) -> tuple[Share, str]:
    """A new share and its token, which is shown this once and never stored.

    Args:
        comparison: What is opened.
        actor: Who shares it; the shared page shows what this person may see at the time it is read.
        frozen: A snapshot of the comparison; the table of the day where it is None.
        state: How the table of the day is looked at; as it was saved where nothing is said.
        name: For whom.
        expires_at: From when on it opens nothing; None for never.

    Raises:
        PermissionDenied: The person may not write in the comparison's project.
        ValidationError: The snapshot is of another comparison, or the time has passed.
    """
    require_write(actor, comparison)
    attribute(actor)
    token, stored = new_key()
    made = Share(
        comparison=comparison,
        frozen=frozen,
        state=comparison.state if state is None else state.as_json(),
        name=name.strip(),
        digest=stored,
        created_by=actor,
        expires_at=expires_at,
    )
    made.full_clean()
    made.save(force_insert=True)
    return made, token


@transaction.atomic
def revoke_share(shared: Share, *, actor: Any) -> None:
    """Makes the token useless from now on.

    Raises:
        PermissionDenied: The person may not write in the comparison's project.
    """
    require_write(actor, shared)
    attribute(actor)
    Share.objects.filter(pk=shared.pk, revoked_at=None).update(revoked_at=timezone.now())


def opened(token: str) -> Share | None:
    """The share that this token opens.

    None where there is none, it has expired or was taken back, or whoever made it may not see the comparison any more.
    """
    shares = Share.objects.select_related("comparison__project", "frozen", "created_by")
    found = shares.filter(digest=digest(token)).first()
    if found is None or not found.is_open(timezone.now()) or not found.created_by.is_active:
        return None
    may_see = Comparison.objects.visible_to(found.created_by).filter(pk=found.comparison_id).exists()
    return found if may_see else None
