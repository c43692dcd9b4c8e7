"""Campaigns as pages show them: which releases have stale results, and what each analysis gave before and gives now."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Project
from analysis_tasks.models import Campaign, CampaignEntry, KernelRelease
from analysis_tasks.services import stale_slots

_SHOWN_CHANGES = 3


class ShownEntry:
    """An analysis of a campaign with the numbers that changed most, relative to what they were."""

    def __init__(self, entry: CampaignEntry) -> None:
        self.entry = entry
        changes = (entry.run.changes if entry.run and not entry.reused else None) or []
        plain = [change for change in changes if not change["index"] and None not in (change["old"], change["new"])]
        plain.sort(key=lambda change: -abs(_relative(change)))
        self.changes = [{**change, "relative": _relative(change)} for change in plain[:_SHOWN_CHANGES]]
        self.more = len(changes) - len(self.changes)


def entries_of(campaign: Campaign) -> QuerySet[CampaignEntry]:
    """Its analyses in the order of samples and kernels."""
    return campaign.entries.select_related(
        "slot__measurement__sample__project", "run__release", "before__release"
    ).order_by("slot__measurement__sample__code", "slot__kernel", "pk")


def stale_releases(user: Any) -> list[tuple[str, str]]:
    """Name and version of each release whose results are stale somewhere in a project that the person edits."""
    mine = stale_slots().filter(measurement__sample__project__in=Project.objects.editable_by(user))
    given = Exists(mine.filter(current_run__release=OuterRef("pk")))
    found = KernelRelease.objects.filter(given).order_by("name", "version")
    return list(found.values_list("name", "version").distinct())


def _relative(change: dict[str, Any]) -> float:
    old, new = change["old"], change["new"]
    return (new - old) / abs(old) if old else float(new != old)
