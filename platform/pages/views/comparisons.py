"""Comparisons: Table S1 and its like, every number a link to where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Project
from comparisons.arranging import NAME, named, transposed
from comparisons.columns import column
from comparisons.exports import EXPORTS
from comparisons.models import Comparison, ComparisonRow
from comparisons.selectors import comparison_table, definition_of, plain_and_arranged
from comparisons.services import copy_comparison, create_comparison, free_slug, free_title, save_view
from comparisons.state import TableState
from comparisons.table import ColumnSpec, ComparisonTable
from pages.comparison_figures import panels_of
from pages.comparison_parts import comparison_of, sent, sharing, state_of
from pages.errors import show_in
from pages.forms import CopyForm
from pages.forms_comparison import NewComparisonForm
from pages.forms_view import AddColumnForm, ViewForm
from pages.listing import count_of, listed, page_of
from pages.origins import addresses
from pages.querying import asked, kept
from pages.shown_table import shown
from pages.views.comparison_rows import found
from samples.models import Material

_MATERIALS = 200


@login_required
@require_safe
def comparison_list(request: HttpRequest) -> HttpResponse:
    """All comparisons, by title."""
    rows = listed(request, Comparison.objects.visible_to(request.user).select_related("project"))
    rows = rows.annotate(row_count=count_of(ComparisonRow.objects.all(), "comparison"))
    may_add = Project.objects.editable_by(request.user).exists()
    return render(request, "pages/comparisons.html", {"page": page_of(request, rows), "may_add": may_add})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def comparison_new(request: HttpRequest) -> HttpResponse:
    """A new comparison: its title, its project and what its rows are; a query where it came from a list."""
    start = {"about": request.GET.get("about", "cells"), "q": request.GET.get("q", "")}
    form = NewComparisonForm(request.POST or None, user=request.user, initial=start)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_comparison(actor=request.user, **form.asked())
        except ValidationError as error:
            show_in(form, error)
        else:
            messages.success(request, f"{made.title} is there; add its rows.")
            return redirect(made)
    return render(request, "pages/comparison_new.html", {"form": form}, status=422 if form.is_bound else 200)


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


def _page(request: HttpRequest, comparison: Comparison, form: CopyForm | None, *, status: int = 200) -> HttpResponse:
    state, wrong = state_of(request.POST if request.method == "POST" else request.GET, comparison)
    whole, table = plain_and_arranged(definition_of(comparison, request.user, state), request.user)
    seen = transposed(table) if state.transpose else named(table)
    may_copy = Project.objects.editable_by(request.user).exists()
    first = {
        "title": free_title(comparison.title),
        "slug": free_slug(comparison.slug),
        "project": comparison.project.slug,
    }
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
        "panels": panels_of(table, state) if state.figure else [],
        "view_form": ViewForm(state, comparison.columns, whole),
        "add_form": AddColumnForm(materials=_materials(request)),
        "asked": asked(request, comparison.about, state.q),
        "kept": [(one.query, state.address(q=one.query.text)) for one in kept(request.user, comparison.about)],
        "chosen": [row for row in whole.rows if row.row_id],
        **found(request, comparison),
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
        if spec.key == NAME:
            heads.append(Head(spec, "", "", ""))
            continue
        order = {spec.key: "ascending", f"-{spec.key}": "descending"}.get(state.sort, "")
        following = {"": f"-{spec.key}", "descending": spec.key, "ascending": ""}[order]
        others = tuple(key for key in keys if key != spec.key)
        heads.append(Head(spec, state.address(sort=following), order, state.address(columns=others) if others else ""))
    return heads
