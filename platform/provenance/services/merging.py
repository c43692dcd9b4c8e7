"""Making one of two: a material, a sample or a word of a vocabulary that was recorded twice.

What refers to the duplicate refers to the other one afterwards; measurements move with their files, so that their runs
are computed with the right masses; the duplicate stays as a withdrawn record that leads to the other one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from accounts import writing
from accounts.access import may_write, require_write
from analysis_tasks.models import Result, Slot
from analysis_tasks.services import rerun_slot
from core import records
from core.audit import acting
from core.withdrawal import standing
from custom.models import Customised
from measurements.models import Measurement
from notes.models import Attachment, Comment
from provenance.services.moving import move_measurement, move_result
from samples.models import Material, Process, ProcessOutput, Sample, Term
from samples.selectors import ancestor_ids, descendant_ids

MERGED = (Material, Sample, Term)
"""Kinds of records that can be merged."""
_MOVED_OTHERWISE = ("measurements.measurement", "analysis_tasks.result", "analysis_tasks.analysisrun")


@dataclass(frozen=True)
class MergePlan:
    """What merging would do.

    Attributes:
        duplicate: What would be withdrawn.
        into: What would take its place.
        moves: What would refer to the other one: in words, and how many.
        refusals: Why it cannot be done; empty where it can.
    """

    duplicate: Any
    into: Any
    moves: tuple[tuple[str, int], ...]
    refusals: tuple[str, ...]


def plan_merge(duplicate: Any, into: Any, *, actor: Any) -> MergePlan:
    """What merging a record into another of its kind would move, and why it may be refused.

    Args:
        duplicate: A material, a sample (or cell) or a term.
        into: Another one.
        actor: Who asks; what this person may not change is a reason to refuse.
    """
    refusals = list(_refusals(duplicate, into))
    moves: dict[str, int] = {}
    closed = 0
    for field, row in _referring(duplicate, into):
        moves[_words(field)] = moves.get(_words(field), 0) + 1
        closed += not may_write(actor, row)
    if closed:
        refusals.append(f"{closed} records that refer to {duplicate} are not yours to change; ask an administrator.")
    if isinstance(duplicate, Sample):
        moves |= _measured(duplicate)
    for name, model in (("comments", Comment), ("attachments", Attachment)):
        if count := model.objects.filter(record_id=duplicate.pk).count():
            moves[name] = count
    if isinstance(duplicate, Customised) and set(duplicate.tags) - set(into.tags):
        moves["tags"] = len(set(duplicate.tags) - set(into.tags))
    return MergePlan(duplicate, into, tuple(sorted(moves.items())), tuple(refusals))


@transaction.atomic
def merge(duplicate: Any, *, into: Any, actor: Any, reason: str) -> Any:
    """Merges a record into another one of its kind.

    Returns:
        The one that stays, as it is now.

    Raises:
        PermissionDenied: The person may not change one of the two.
        ValidationError: There is no reason, or it cannot be done; the message says why.
    """
    require_write(actor, duplicate)
    require_write(actor, into)
    if not reason.strip():
        raise ValidationError({"reason": "Say why they are the same."})
    plan = plan_merge(duplicate, into, actor=actor)
    if plan.refusals:
        raise ValidationError({"into": list(plan.refusals)})
    said = f"{reason.strip()} ({duplicate} was merged into {into})"
    with acting(reason=said):
        touched = list(Slot.objects.filter(current_run__context__record_id=duplicate.pk).distinct())
        for field, row in list(_referring(duplicate, into)):
            records.change(row, actor=actor, **{field.name: _as(field, into)})
        if isinstance(duplicate, Sample):
            _move_what_was_measured(duplicate, into, actor, said)
        for model in (Comment, Attachment):
            for note in model.objects.filter(record_id=duplicate.pk):
                records.change(note, actor=actor, record_id=into.pk)
        if isinstance(duplicate, Customised) and set(duplicate.tags) - set(into.tags):
            records.change(into, actor=actor, tags=[*into.tags, *duplicate.tags])
        writing.withdraw(duplicate, actor=actor, reason=reason, successor=into)
        if isinstance(duplicate, Sample):
            _withdraw_its_making(duplicate, actor, said)
        for slot in touched:
            transaction.on_commit(partial(_compute_again, slot.pk, said), robust=True)
    into.refresh_from_db()
    return into


def _compute_again(slot: Any, reason: str) -> None:
    living = Slot.objects.select_related("measurement", "current_run").filter(pk=slot, pinned=False)
    for found in living.filter(measurement__in=standing(Measurement.objects.all())):
        rerun_slot(found, reason=reason)


def _withdraw_its_making(duplicate: Sample, actor: Any, reason: str) -> None:
    """A process that was recorded twice, too, and gave nothing that stands."""
    made = getattr(Sample.objects.get(pk=duplicate.pk), "production", None)
    if made is not None and not standing(Sample.objects.filter(production__process=made.process)).exists():
        writing.withdraw(made.process, actor=actor, reason=reason[:500])


def _is_made(sample: Any) -> bool:
    return isinstance(sample, Sample) and ProcessOutput.objects.filter(sample=sample.pk).exists()


def _referring(record: Any, into: Any) -> Iterator[tuple[Any, Any]]:
    """Rows that refer to a record by a field that can change, with the field; those of runs and results cannot.

    A sample is made once: where both are, the making of the duplicate stays with it.
    """
    both_made = _is_made(record) and _is_made(into)
    for model in (type(record), *type(record)._meta.get_parent_list()):
        for relation in model._meta.get_fields(include_hidden=True):
            if not isinstance(relation, models.ManyToOneRel) or isinstance(relation, models.OneToOneRel):
                continue
            other: Any = relation.related_model
            if other._meta.label_lower in _MOVED_OTHERWISE or getattr(other, "immutable", False):
                continue
            if relation.on_delete is models.CASCADE or (both_made and other is ProcessOutput):
                continue
            for row in other._base_manager.filter(**{relation.field.name: record.pk}):
                yield relation.field, row
    if isinstance(record, Sample):
        cell = getattr(record, "cell", None)
        if cell is not None and type(record) is Sample:
            yield from _of_cell(cell)


def _of_cell(cell: Any) -> Iterator[tuple[Any, Any]]:
    for relation in type(cell)._meta.get_fields(include_hidden=True):
        ours = isinstance(relation, models.ManyToOneRel) and relation.model is type(cell)
        if ours and not isinstance(relation, models.OneToOneRel) and relation.on_delete is not models.CASCADE:
            for row in relation.related_model._base_manager.filter(**{relation.field.name: cell.pk}):
                yield relation.field, row


def _as(field: Any, record: Any) -> Any:
    """The record as the field wants it: a cell where it refers to cells."""
    target = field.remote_field.model
    return record if isinstance(record, target) else target._base_manager.get(pk=record.pk)


def _words(field: Any) -> str:
    return f"{field.model._meta.verbose_name_plural} ({field.verbose_name})"


def _measured(sample: Sample) -> dict[str, int]:
    counts = {
        "measurements with their files": standing(Measurement.objects.filter(sample=sample)).count(),
        "reported and entered values": Result.objects.filter(subject=sample, run=None, measurement=None).count(),
    }
    return {name: count for name, count in counts.items() if count}


def _move_what_was_measured(duplicate: Sample, into: Sample, actor: Any, reason: str) -> None:
    for measurement in standing(Measurement.objects.filter(sample=duplicate)).order_by("created_at"):
        move_measurement(measurement, to=into, actor=actor, reason=reason[:500])
    for result in Result.objects.filter(subject=duplicate, run=None, measurement=None):
        move_result(result, to=into, actor=actor)


def _refusals(duplicate: Any, into: Any) -> Iterator[str]:
    if not isinstance(duplicate, MERGED) or not isinstance(into, MERGED):
        yield "Only materials, samples, cells and words of vocabularies can be merged."
        return
    if duplicate.pk == into.pk:
        yield f"{duplicate} cannot be merged into itself."
        return
    for record in (duplicate, into):
        if not standing(type(record)._base_manager.filter(pk=record.pk)).exists():
            yield f"{record} is withdrawn already; merge into the one that stands."
    if isinstance(duplicate, Term) and duplicate.vocabulary != getattr(into, "vocabulary", None):
        yield f"{duplicate} and {into} are words of different vocabularies."
    if isinstance(duplicate, Sample) and isinstance(into, Sample):
        yield from _refusals_of_samples(duplicate, into)


def _refusals_of_samples(duplicate: Sample, into: Sample) -> Iterator[str]:
    if (duplicate.kind == Sample.Kind.CELL) != (into.kind == Sample.Kind.CELL):
        yield "One of the two is a cell and the other is not."
    if duplicate.simulated != into.simulated:
        yield "One of the two is simulated and the other is real."
    if into.pk in ancestor_ids([duplicate.pk]):
        yield f"{duplicate} was made from {into}, so that they cannot be the same: {into} would be its own ancestor."
    if into.pk in descendant_ids([duplicate.pk]):
        yield f"{into} was made from {duplicate}, so that they cannot be the same: {into} would be its own ancestor."
    both = Process.objects.filter(inputs__sample=duplicate).filter(inputs__sample=into).distinct()
    for process in both[:3]:
        yield f"Both went into {process}; put its inputs right first."
