"""Comparisons: Table S1 and its like, every number a link to where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Project
from comparisons.arranging import NAME, transposed
from comparisons.columns import column
from comparisons.definition import definition_of
from comparisons.exports import EXPORTS
from comparisons.models import Comparison, ComparisonRow
from comparisons.selectors import comparison_table, plain_and_arranged
from comparisons.services import add_row, copy_comparison, free_slug, free_title, remove_row, save_view
from comparisons.state import TableState
from comparisons.table import ColumnSpec, ComparisonTable
from core.withdrawal import standing
from pages.comparison_parts import comparison_of, key_of, sent, sharing, state_of
from pages.errors import show_in
from pages.forms import CopyForm
from pages.forms_view import AddColumnForm, ViewForm
from pages.listing import count_of, listed, page_of
from pages.origins import addresses
from pages.shown_table import shown
from pages.views.cells import LAYERS
from samples.models import Cell, Material
from samples.selectors import configuration_text

_FOUND = 8
_MATERIALS = 200


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
    """One comparison as a table, looked at as the address says."""
    comparison = comparison_of(request, slug)
    if request.GET.get("add_key"):
        state, _ = state_of(request.GET, comparison)
        adding = AddColumnForm(request.GET, materials=_materials(request))
        if adding.is_valid() and not _wrong(adding.text()):
            columns = dict.fromkeys([*(state.columns or comparison.columns), adding.text()])
            return redirect(f"{comparison.get_absolute_url()}{state.address(columns=tuple(columns))}")
        wrong = _wrong(adding.text()) if adding.is_valid() else "Choose what the column shows."
        messages.error(request, wrong)
    elif "add_key" in request.GET:  # as the form sends it: the address that follows says the same without what is off
        state, wrong = state_of(request.GET, comparison)
        if not wrong:
            return redirect(f"{comparison.get_absolute_url()}{_short(state, comparison).address()}")
    return _page(request, comparison, None)


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
            state, _ = state_of(request.POST, comparison)
            made = copy_comparison(comparison, actor=request.user, state=state, **form.cleaned_data)
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
    state, wrong = state_of(request.GET, comparison)
    if wrong:
        raise Http404(wrong)
    return sent(comparison_table(comparison, request.user, state), form, slug, transpose=state.transpose)


@login_required
@require_POST
def save(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes this way of looking at it the one that everybody sees first."""
    comparison = comparison_of(request, slug)
    state, wrong = state_of(request.POST, comparison)
    if wrong:
        messages.error(request, wrong)
    else:
        save_view(comparison, actor=request.user, state=state)
        messages.success(request, "Saved: everybody sees the comparison like this first.")
    return redirect(comparison)


def _short(state: TableState, comparison: Comparison) -> TableState:
    """The same without columns, where they are those that are saved."""
    return replace(state, columns=()) if list(state.columns) == comparison.columns else state


def _wrong(text: str) -> str:
    """What is wrong with the text of a column; empty where nothing is."""
    try:
        column(text)
    except KeyError as error:
        return str(error.args[0])
    return ""


def _materials(request: HttpRequest) -> list[str]:
    return list(Material.objects.visible_to(request.user).order_by("name").values_list("name", flat=True)[:_MATERIALS])


def _found(request: HttpRequest, comparison: Comparison, text: str) -> dict[str, Any]:
    if not text:
        return {"text": "", "found": []}
    cells = standing(Cell.objects.visible_to(request.user)).filter(code__icontains=text).select_related("project")
    cells = cells.exclude(comparison_rows__comparison=comparison).prefetch_related(LAYERS)
    return {"text": text, "found": [(cell, configuration_text(cell)) for cell in cells[:_FOUND]]}


def _page(request: HttpRequest, comparison: Comparison, form: CopyForm | None, *, status: int = 200) -> HttpResponse:
    state, wrong = state_of(request.POST if request.method == "POST" else request.GET, comparison)
    whole, table = plain_and_arranged(definition_of(comparison, state), request.user)
    seen = transposed(table) if state.transpose else table
    may_copy = Project.objects.editable_by(request.user).exists()
    first = {"title": free_title(comparison.title), "slug": free_slug(comparison.slug)}
    context = {
        "comparison": comparison,
        **shown(seen, addresses(table, request.user)),
        **sharing(request, comparison, None),
        "frozen_list": comparison.frozen.select_related("comparison", "frozen_by").defer("content", "definition"),
        "exports": EXPORTS,
        "form": form or (CopyForm(user=request.user, initial=first) if may_copy else None),
        "state": state,
        "wrong": wrong,
        "state_pairs": state.as_pairs(),
        "query": state.address(),
        "heads": None if state.transpose else _heads(seen, state, comparison.columns),
        "view_form": ViewForm(state, comparison.columns, whole),
        "add_form": AddColumnForm(materials=_materials(request)),
        **_found(request, comparison, request.GET.get("cell", "").strip()),
    }
    return render(
        request, "pages/comparison.html", context, status=400 if wrong and status == HTTPStatus.OK else status
    )


@dataclass(frozen=True)
class Head:
    """A column's head: where a click on it leads, and how its rows are ordered now."""

    spec: ColumnSpec
    address: str
    order: str
    without: str


def _heads(table: ComparisonTable, state: TableState, saved: list[str]) -> list[Head]:
    heads = []
    keys = state.columns or tuple(saved)
    for spec in table.columns:
        if spec.key == NAME.key:
            heads.append(Head(spec, "", "", ""))
            continue
        order = {spec.key: "ascending", f"-{spec.key}": "descending"}.get(state.sort, "")
        following = {"": f"-{spec.key}", "descending": spec.key, "ascending": ""}[order]
        others = tuple(key for key in keys if key != spec.key)
        heads.append(Head(spec, state.address(sort=following), order, state.address(columns=others) if others else ""))
    return heads
