"""Comparisons: Table S1 and its like, every number a link to where it comes from."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Project
from comparisons.exports import EXPORTS
from comparisons.models import Comparison, ComparisonRow
from comparisons.selectors import comparison_table
from comparisons.services import add_row, copy_comparison, remove_row
from core.withdrawal import standing
from pages.comparison_parts import comparison_of, key_of, sent, sharing
from pages.errors import show_in
from pages.forms import CopyForm
from pages.listing import count_of, listed, page_of
from pages.origins import addresses
from pages.shown_table import shown
from pages.views.cells import LAYERS
from samples.models import Cell
from samples.selectors import configuration_text

_FOUND = 8


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
    return _page(request, comparison_of(request, slug), None)


@login_required
@require_safe
def find_cells(request: HttpRequest, slug: str) -> HttpResponse:
    """Cells that match what was typed, to be added."""
    comparison = comparison_of(request, slug)
    text = request.GET.get("cell", "").strip()
    return render(
        request, "pages/parts/found_cells.html", {"comparison": comparison, **_found(request, comparison, text)}
    )


@login_required
@require_POST
def add_cell(request: HttpRequest, slug: str) -> HttpResponse:
    """Adds a cell as the last row."""
    comparison = comparison_of(request, slug)
    cell = get_object_or_404(Cell.objects.visible_to(request.user), pk=key_of(request.POST.get("cell")))
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
    comparison = comparison_of(request, slug)
    row = get_object_or_404(comparison.rows.select_related("cell", "comparison"), pk=key_of(request.POST.get("row")))
    remove_row(row, actor=request.user)
    messages.success(request, f"{row.cell} was taken out of this comparison.")
    return redirect(comparison)


@login_required
@require_POST
def copy(request: HttpRequest, slug: str) -> HttpResponse:
    """A comparison of one's own; the original stays as it is."""
    comparison = comparison_of(request, slug)
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
    comparison = comparison_of(request, slug)
    return sent(comparison_table(comparison, request.user), form, slug)


def _found(request: HttpRequest, comparison: Comparison, text: str) -> dict[str, Any]:
    if not text:
        return {"text": "", "found": []}
    cells = standing(Cell.objects.visible_to(request.user)).filter(code__icontains=text).select_related("project")
    cells = cells.exclude(comparison_rows__comparison=comparison).prefetch_related(LAYERS)
    return {"text": text, "found": [(cell, configuration_text(cell)) for cell in cells[:_FOUND]]}


def _page(request: HttpRequest, comparison: Comparison, form: CopyForm | None, *, status: int = 200) -> HttpResponse:
    table = comparison_table(comparison, request.user)
    may_copy = Project.objects.editable_by(request.user).exists()
    first = {"title": f"Copy of {comparison.title}", "slug": f"{comparison.slug}-{request.user.get_username()}"}
    context = {
        "comparison": comparison,
        **shown(table, addresses(table, request.user)),
        **sharing(request, comparison, None),
        "frozen_list": comparison.frozen.select_related("comparison", "frozen_by").defer("content", "definition"),
        "exports": EXPORTS,
        "form": form or (CopyForm(user=request.user, initial=first) if may_copy else None),
        **_found(request, comparison, request.GET.get("cell", "").strip()),
    }
    return render(request, "pages/comparison.html", context, status=status)
