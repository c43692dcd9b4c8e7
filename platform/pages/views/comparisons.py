"""Comparisons: Table S1 and its like, every number a link to where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.access import EDITS, has_role
from accounts.models import Project
from comparisons.exports import EXPORTS
from comparisons.models import Comparison, ComparisonRow
from comparisons.selectors import comparison_table
from comparisons.services import add_row, copy_comparison, remove_row
from comparisons.table import ColumnSpec, ComparisonTable, TableCell, TableRow
from core.withdrawal import standing
from pages.errors import show_in
from pages.forms import CopyForm
from pages.listing import count_of, listed, page_of
from pages.origins import addresses
from pages.views.cells import LAYERS
from samples.models import Cell
from samples.selectors import configuration_text

_FOUND = 8


@dataclass(frozen=True)
class ShownCell:
    """A table cell with the address of its origin."""

    column: ColumnSpec
    cell: TableCell
    address: str
    is_number: bool


@dataclass(frozen=True)
class ShownRow:
    """A row with the address of its battery cell."""

    row: TableRow
    address: str
    cells: list[ShownCell]


@login_required
@require_safe
def comparison_list(request: HttpRequest) -> HttpResponse:
    """All comparisons, by title."""
    rows = listed(request, Comparison.objects.visible_to(request.user).select_related("project"))
    rows = rows.annotate(row_count=count_of(ComparisonRow.objects.all(), "comparison"))
    return render(request, "pages/comparisons.html", {"page": page_of(request, rows)})


@login_required
@require_safe
def comparison_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One comparison as a table."""
    return _page(request, _comparison(request, slug), None)


@login_required
@require_safe
def find_cells(request: HttpRequest, slug: str) -> HttpResponse:
    """Cells that match what was typed, to be added."""
    comparison = _comparison(request, slug)
    text = request.GET.get("cell", "").strip()
    return render(
        request, "pages/parts/found_cells.html", {"comparison": comparison, **_found(request, comparison, text)}
    )


@login_required
@require_POST
def add_cell(request: HttpRequest, slug: str) -> HttpResponse:
    """Adds a cell as the last row."""
    comparison = _comparison(request, slug)
    cell = get_object_or_404(Cell.objects.visible_to(request.user), pk=_key(request.POST.get("cell")))
    try:
        add_row(comparison, actor=request.user, cell=cell)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, f"{cell} was added.")
    return redirect(comparison)


@login_required
@require_POST
def remove_cell(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes a row out; the cell itself stays as it is."""
    comparison = _comparison(request, slug)
    row = get_object_or_404(comparison.rows.select_related("cell", "comparison"), pk=_key(request.POST.get("row")))
    remove_row(row, actor=request.user)
    messages.success(request, f"{row.cell} was taken out of this comparison.")
    return redirect(comparison)


@login_required
@require_POST
def copy(request: HttpRequest, slug: str) -> HttpResponse:
    """A comparison of one's own; the original stays as it is."""
    comparison = _comparison(request, slug)
    form = CopyForm(request.POST, user=request.user)
    if form.is_valid():
        try:
            made = copy_comparison(comparison, actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            show_in(form, error)
        except PermissionDenied as error:
            form.add_error("project", str(error))
        else:
            messages.success(request, f"This is your copy of {comparison.title}.")
            return redirect(made)
    return _page(request, comparison, form, status=422)


@login_required
@require_safe
def exported(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The table as a file, each number with its origin."""
    comparison = _comparison(request, slug)
    if form not in EXPORTS:
        raise Http404(f"There is no export as {form}.")
    export = EXPORTS[form]
    answer = HttpResponse(export.write(comparison_table(comparison, request.user)), content_type=export.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{comparison.slug}{export.suffix}"'
    return answer


def _comparison(request: HttpRequest, slug: str) -> Comparison:
    visible = Comparison.objects.visible_to(request.user).select_related("project")
    found: Comparison = get_object_or_404(visible, slug=slug)
    return found


def _key(text: str | None) -> UUID:
    try:
        return UUID(text or "")
    except ValueError:
        raise Http404("No such row.") from None


def _found(request: HttpRequest, comparison: Comparison, text: str) -> dict[str, Any]:
    if not text:
        return {"text": "", "found": []}
    cells = standing(Cell.objects.visible_to(request.user)).filter(code__icontains=text).select_related("project")
    cells = cells.exclude(comparison_rows__comparison=comparison).prefetch_related(LAYERS)
    return {"text": text, "found": [(cell, configuration_text(cell)) for cell in cells[:_FOUND]]}


def _page(request: HttpRequest, comparison: Comparison, form: CopyForm | None, *, status: int = 200) -> HttpResponse:
    table = comparison_table(comparison, request.user)
    places = addresses(table, request.user)
    rows = [
        ShownRow(row, places.get(row.cell_id, ""), [_shown(c, row.cells[c.key], places) for c in table.columns])
        for row in table.rows
    ]
    may_copy = Project.objects.editable_by(request.user).exists()
    first = {"title": f"Copy of {comparison.title}", "slug": f"{comparison.slug}-{request.user.get_username()}"}
    context = {
        "comparison": comparison,
        "table": table,
        "rows": rows,
        "notes": _notes(table),
        "exports": EXPORTS,
        "can_edit": has_role(request.user, comparison.project, EDITS),
        "form": form or (CopyForm(user=request.user, initial=first) if may_copy else None),
        **_found(request, comparison, request.GET.get("cell", "").strip()),
    }
    return render(request, "pages/comparison.html", context, status=status)


def _notes(table: ComparisonTable) -> list[tuple[str, str]]:
    """Sentences about single rows: warnings of their runs, and why a number is missing."""
    notes: dict[tuple[str, str], None] = {}
    for row in table.rows:
        for warning in row.warnings:
            notes[row.cell_code, warning] = None
        for cell in row.cells.values():
            if cell.note and not cell.text:
                notes[row.cell_code, cell.note] = None
    return list(notes)


def _shown(column: ColumnSpec, cell: TableCell, places: dict[UUID, str]) -> ShownCell:
    address = places.get(cell.origin.id, "") if cell.origin else ""
    is_number = cell.value is not None and cell.text.replace(".", "", 1).replace("-", "", 1).isdigit()
    return ShownCell(column, cell, address, is_number)
