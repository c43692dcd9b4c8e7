"""Rows of a comparison: found by a part of a code and added, noted, taken out, or found by the comparison's query."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from comparisons.models import Comparison, ComparisonRow
from comparisons.services import add_row, note_row, remove_row
from core.withdrawal import standing
from measurements.models import Measurement
from pages.comparison_parts import comparison_of, key_of
from pages.views.cells import LAYERS
from samples.models import Cell, Sample
from samples.selectors import configuration_text
from search.language import QueryError
from search.selectors import resolve

_FOUND = 8


@login_required
@require_safe
def find_rows(request: HttpRequest, slug: str) -> HttpResponse:
    """Records whose code holds what was typed, to be added."""
    comparison = comparison_of(request, slug)
    return render(request, "pages/parts/found_rows.html", {"comparison": comparison, **found(request, comparison)})


@login_required
@require_safe
def count_rows(request: HttpRequest, slug: str) -> HttpResponse:
    """How many records the query finds that is being typed."""
    comparison = comparison_of(request, slug)
    text = request.GET.get("q", "").strip()
    count = None
    if text:
        try:
            count = resolve(text, request.user, comparison.about).count()
        except QueryError:
            count = None  # the box says what is wrong
    return render(request, "pages/parts/rows_by_query.html", {"comparison": comparison, "count": count})


@login_required
@require_POST
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """Adds a record as the last row."""
    comparison = comparison_of(request, slug)
    records: Any = _records(request, comparison)
    record = get_object_or_404(records, pk=key_of(request.POST.get("record")))
    named: dict[str, Any] = {comparison.about.removesuffix("s"): record}
    try:
        add_row(comparison, actor=request.user, **named)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{record} was added.")
    return redirect(comparison)


@login_required
@require_POST
def remove(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes a row out; the record itself stays as it is."""
    comparison = comparison_of(request, slug)
    row = _row_of(request, comparison)
    remove_row(row, actor=request.user)
    messages.success(request, f"{row.measurement or row.subject} was taken out of this comparison.")
    return redirect(comparison)


@login_required
@require_POST
def note(request: HttpRequest, slug: str) -> HttpResponse:
    """Keeps what is said about a row; an empty note takes it away."""
    comparison = comparison_of(request, slug)
    row = _row_of(request, comparison)
    noted = note_row(row, actor=request.user, note=request.POST.get("note", ""))
    what = "The note stands" if noted.note else "There is no note any more"
    messages.success(request, f"{what} at {row.measurement or row.subject}.")
    return redirect(comparison)


def _row_of(request: HttpRequest, comparison: Comparison) -> ComparisonRow:
    """The row that a form names."""
    rows = comparison.rows.select_related("subject", "measurement__sample", "comparison")
    row: ComparisonRow = get_object_or_404(rows, pk=key_of(request.POST.get("row")))
    return row


def found(request: HttpRequest, comparison: Comparison) -> dict[str, Any]:
    """Records that could be added, by what was typed, each with what tells it from others."""
    text = request.GET.get("find", "").strip()
    if not text:
        return {"text": "", "found": []}
    code = "sample__code" if comparison.about == Comparison.About.MEASUREMENTS else "code"
    records = standing(_records(request, comparison)).filter(**{f"{code}__icontains": text})
    records = records.exclude(comparison_rows__comparison=comparison)
    return {"text": text, "found": [(record, _words(record)) for record in records[:_FOUND]]}


def _records(request: HttpRequest, comparison: Comparison) -> Any:
    """What its rows can be, as far as the person may see it."""
    if comparison.about == Comparison.About.CELLS:
        return Cell.objects.visible_to(request.user).select_related("project").prefetch_related(LAYERS)
    if comparison.about == Comparison.About.SAMPLES:
        return Sample.objects.visible_to(request.user).select_related("project", "material")
    return Measurement.objects.visible_to(request.user).select_related("sample__project")


def _words(record: Cell | Sample | Measurement) -> str:
    if isinstance(record, Cell):
        return configuration_text(record)
    if isinstance(record, Sample):
        return ", ".join(filter(None, (record.get_kind_display(), str(record.material or ""))))
    when = f", {record.measured_at:%Y-%m-%d %H:%M}" if record.measured_at else ""
    return f"{record.get_technique_display() or 'measurement'}{when}"
