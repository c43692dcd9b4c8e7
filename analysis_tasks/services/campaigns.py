"""Campaigns: what a person has computed again in bulk, seen before it starts, followed, and stopped.

To start one only writes its entries. Their runs are asked for a few hundred at a time, in the bulk queue, behind
everything that a person waits for; the same work is not done twice here either.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.access import require_edit
from accounts.models import Project, RerunPolicy
from analysis_tasks.models import AnalysisRun, Campaign, CampaignEntry, Slot
from analysis_tasks.services.staleness import plan_slot, rerun_slot, stale_slots, why_stale
from core.audit import attribute
from core.jobs import State, cancel
from core.queues import Queue
from samples.models import Sample

LOOKED_AT = 200
_AT_ONCE = 200
_SHOWN_NAMES = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Selection:
    """Which stale analyses are computed again; what is left empty does not narrow.

    Attributes:
        project: Of one project; None for all, which is the administrators' to ask.
        kernel: Of one kernel, by name.
        version: Whose current run this version of the kernel gave.
        policy: Of projects with this policy for what becomes stale, such as `ask`.
        samples: Measured on these samples or cells, by id.
    """

    project: Project | None = None
    kernel: str = ""
    version: str = ""
    policy: str = ""
    samples: tuple[UUID, ...] = field(default=())

    def slots(self) -> QuerySet[Slot]:
        """The stale analyses that it means, those of the same sample together."""
        wanted: dict[str, Any] = {
            "measurement__sample__project": self.project,
            "kernel": self.kernel,
            "current_run__release__version": self.version,
            "measurement__sample__project__rerun_policy": self.policy,
            "measurement__sample__in": self.samples,
        }
        found = stale_slots().filter(**{lookup: value for lookup, value in wanted.items() if value})
        return found.select_related("measurement__sample__project", "current_run__release").order_by(
            "measurement__sample__code", "kernel", "preset", "pk"
        )

    def described(self) -> dict[str, str]:
        """What it was narrowed to, in words, for whoever reads the campaign later."""
        policy = RerunPolicy(self.policy).label if self.policy else ""
        told = {
            "kernel": self.kernel,
            "version": self.version,
            "policy": str(policy),
            "samples": f"{len(self.samples)} chosen" if self.samples else "",
        }
        return {name: words for name, words in told.items() if words}


@dataclass(frozen=True)
class Line:
    """One analysis of a preview.

    Attributes:
        slot: Which.
        why: Why its current run is stale.
        reuses: The run that would be reused, because the same work waits or has been done already.
        refused: Why no run could be asked for; empty where one could.
    """

    slot: Slot
    why: str
    reuses: AnalysisRun | None = None
    refused: str = ""


@dataclass(frozen=True)
class Preview:
    """What a campaign would do.

    Attributes:
        total: How many analyses it has.
        lines: The first of them, `LOOKED_AT` at most, each looked at closely.
    """

    total: int
    lines: tuple[Line, ...]

    @property
    def new(self) -> int:
        """How many of the lines would be computed anew."""
        return sum(not line.reuses and not line.refused for line in self.lines)

    @property
    def reused(self) -> int:
        """How many of the lines have an answer that is there or on its way."""
        return sum(line.reuses is not None for line in self.lines)

    @property
    def refused(self) -> int:
        """How many of the lines cannot be asked for."""
        return sum(bool(line.refused) for line in self.lines)


def preview_campaign(selection: Selection, *, actor: Any) -> Preview:
    """What a campaign would compute anew, why, and what it would find done already; nothing is written.

    Raises:
        PermissionDenied: The person may not compute again what is selected.
    """
    _require(actor, selection.project)
    slots = selection.slots()
    looked_at = slots.prefetch_related("staleness")[:LOOKED_AT]
    return Preview(slots.count(), tuple(_line(slot) for slot in looked_at))


@transaction.atomic
def start_campaign(selection: Selection, *, actor: Any, name: str, reason: str = "") -> Campaign:
    """Writes down what is to be computed again; the runs are asked for once this has been committed.

    Raises:
        PermissionDenied: The person may not compute again what is selected.
        ValidationError: It has no name, or nothing that is selected is stale.
    """
    _require(actor, selection.project)
    campaign = Campaign(
        name=name.strip(),
        project=selection.project,
        reason=reason.strip(),
        selection=selection.described(),
        created_by=actor,
    )
    campaign.full_clean()
    attribute(actor)
    campaign.save(force_insert=True)
    slots = selection.slots().prefetch_related("staleness")
    CampaignEntry.objects.bulk_create(
        [CampaignEntry(campaign=campaign, slot=slot, before=slot.current_run, why=why_stale(slot)) for slot in slots]
    )
    if not campaign.entries.exists():
        raise ValidationError("Nothing that is selected is stale: there is nothing to compute again.")
    transaction.on_commit(_feed_soon, robust=True)
    return campaign


def feed_campaigns(*, limit: int = _AT_ONCE) -> int:
    """Asks for the runs of entries that have none yet.

    Args:
        limit: Most entries looked at.

    Returns:
        How many there were.
    """
    waiting = CampaignEntry.objects.filter(run=None, refused="", campaign__cancelled_at=None)
    keys = list(waiting.order_by("campaign__created_at", "pk").values_list("pk", flat=True)[:limit])
    return sum(_ask_for(key) for key in keys)


@transaction.atomic
def cancel_campaign(campaign: Campaign, *, actor: Any, reason: str = "") -> Campaign:
    """Asks for no further run and ends those that it has asked for and that wait or compute; what is done stays.

    Raises:
        PermissionDenied: The person may not compute again what is selected.
        ValidationError: It is cancelled already.
    """
    _require(actor, campaign.project)
    attribute(actor)
    held = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
    if held.cancelled_at is not None:
        raise ValidationError(f"This campaign is cancelled already. {held.cancelled_because}")
    words = f"Cancelled by {actor}{': ' if reason.strip() else '.'}{reason.strip()}"
    held.cancelled_at, held.cancelled_because = Now(), words[:500]
    held.save()
    open_runs = AnalysisRun.objects.filter(
        campaign_entries__campaign=held, campaign_entries__reused=False, state__in=(State.QUEUED, State.RUNNING)
    )
    for run in open_runs.distinct():
        cancel(run, f"{words} (the campaign {held.name})")
    return Campaign.objects.get(pk=held.pk)


def samples_named(codes: Iterable[str], *, actor: Any, project: Project | None) -> tuple[UUID, ...]:
    """The samples or cells of these codes, within what the person may see.

    Raises:
        ValidationError: There is none of a code, or there are several.
    """
    visible = Sample.objects.visible_to(actor).filter(**({"project": project} if project else {}))
    found, problems = [], []
    for code in codes:
        keys = list(visible.filter(code__iexact=code).values_list("pk", flat=True)[:2])
        if len(keys) == 1:
            found.append(keys[0])
        else:
            problems.append(f"{code[:40]}: {'more than one project has it' if keys else 'there is none'}")
    if problems:
        raise ValidationError({"samples": f"Samples or cells by code: {'; '.join(problems[:_SHOWN_NAMES])}."})
    return tuple(found)


def _line(slot: Slot) -> Line:
    try:
        return Line(slot, why_stale(slot), reuses=plan_slot(slot).known())
    except ValidationError as refusal:
        return Line(slot, why_stale(slot), refused=" ".join(refusal.messages))


@transaction.atomic
def _ask_for(key: UUID) -> int:
    """Asks for the run of one entry; several workers may be at it, and none asks once the campaign is cancelled."""
    held = CampaignEntry.objects.select_for_update(of=("self", "campaign"), skip_locked=True)
    free = held.filter(pk=key, run=None, refused="", campaign__cancelled_at=None)
    entry = free.select_related(
        "campaign__created_by", "slot__measurement__sample__project", "slot__current_run"
    ).first()
    if entry is None:
        return 0
    campaign = entry.campaign
    try:
        with transaction.atomic():
            run, created = rerun_slot(
                entry.slot,
                actor=campaign.created_by,
                reason=f"{campaign.name}: {entry.why}",
                queue=Queue.BULK,
            )
    except (KeyError, ValidationError) as refusal:
        log.exception("the analysis %s of campaign %s cannot be computed again", entry.slot_id, campaign.pk)
        entry.refused = " ".join(getattr(refusal, "messages", [f"The kernel {entry.slot.kernel} is not installed."]))
    else:
        entry.run, entry.reused = run, not created
    entry.save(update_fields=["run", "reused", "refused"])
    return 1


def _feed_soon() -> None:
    from analysis_tasks.tasks import feed

    feed.apply_async(queue=Queue.BULK)


def _require(actor: Any, project: Project | None) -> None:
    if project is not None:
        require_edit(actor, project)
    elif not (actor.is_active and actor.is_superuser):
        raise PermissionDenied("Only administrators compute again across all projects; choose one of yours.")
