"""What records lack, each with the way to the very box in which it is entered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.urls import reverse

from accounts.access import project_of
from accounts.models import Project
from core.withdrawal import standing
from custom.models import ProjectField
from custom.selectors import lacking_required
from measurements.models import Measurement
from pages.selectors.work import readings_that_ask
from samples.models import Cell, Process, Sample

_AT_MOST = 200


@dataclass(frozen=True)
class Gap:
    """Something that a record lacks.

    Attributes:
        record: The record.
        kind: What it is, in a word.
        missing: What is missing, in words.
        why: What cannot be done without it.
        address: Of the box in which it is entered.
        since: When the record was made.
    """

    record: Any
    kind: str
    missing: str
    why: str
    address: str
    since: datetime


def gaps(user: Any, *, mine: bool = False, project: Project | None = None) -> list[Gap]:
    """What records lack that a person may see, newest first.

    Args:
        user: Who looks.
        mine: Only records that this person made or was the operator of.
        project: Only records of this project.
    """
    found = [
        *_masses(_chosen(Cell.objects, user, mine=mine, project=project)),
        *_required(user, mine=mine, project=project),
        *_columns(user, mine=mine, project=project),
    ]
    return sorted(found, key=lambda gap: gap.since, reverse=True)[:_AT_MOST]


def _chosen(objects: Any, user: Any, *, mine: bool, project: Project | None) -> Any:
    rows = standing(objects.visible_to(user))
    model = rows.model
    if project is not None:
        rows = rows.filter(**{model.project_lookup: project})
    if mine:
        made = Q(created_by=user)
        rows = rows.filter(made | Q(operator=user) if hasattr(model, "operator") else made)
    return rows.select_related(model.project_lookup)


def _masses(cells: Any) -> Iterator[Gap]:
    rows = cells.exclude(source=Sample.Source.LITERATURE).filter(Q(active_mass=None) | Q(electrode_area=None))
    for cell in rows.order_by("-created_at")[:_AT_MOST]:
        page = cell.get_absolute_url()
        if cell.active_mass is None:
            why = "no capacity in mAh/g"
            yield Gap(cell, "cell", "active mass", why, f"{page}#id_active_mass", cell.created_at)
        if cell.electrode_area is None:
            why = "no capacity in mAh/cm²"
            yield Gap(cell, "cell", "electrode area", why, f"{page}#id_electrode_area", cell.created_at)


def _required(user: Any, *, mine: bool, project: Project | None) -> Iterator[Gap]:
    asked = ProjectField.objects.visible_to(user).filter(required=True, retired=False)
    by_place: dict[tuple[Any, str], list[ProjectField]] = {}
    for field in asked:
        by_place.setdefault((field.project_id, field.on), []).append(field)
    if not by_place:
        return
    for model in (Sample, Process, Measurement):
        rows = lacking_required(_chosen(model.objects, user, mine=mine, project=project))
        for record in rows.order_by("-created_at")[:_AT_MOST]:
            page = reverse("record-fields", args=[model._meta.model_name, record.pk])
            for field in by_place.get((project_of(record).pk, record.fields_on), ()):
                if field.key not in record.fields:
                    why = "the project asks for it"
                    address = f"{page}#id_field_{field.key}"
                    yield Gap(record, record.fields_on, field.label, why, address, record.created_at)


def _columns(user: Any, *, mine: bool, project: Project | None) -> Iterator[Gap]:
    rows = readings_that_ask(user)
    if project is not None:
        rows = rows.filter(file__measurement__sample__project=project)
    if mine:
        rows = rows.filter(file__uploader=user)
    for reading in rows[:_AT_MOST]:
        measurement = reading.file.measurement
        address = f"{measurement.get_absolute_url()}#files"
        missing = f"meaning of the columns of {reading.file.name}"
        yield Gap(measurement, "measurement", missing, "the file is not read", address, reading.queued_at)
