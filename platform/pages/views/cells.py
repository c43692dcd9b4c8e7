"""Cells: the list, and a cell with its layers, its masses, its tests and what is wrong with them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import EDITS, has_role
from accounts.models import RerunPolicy
from core.records import StaleVersionError
from measurements.models import Measurement
from pages.errors import show_in
from pages.forms import CellMassForm, RecordFilter, UploadForm
from pages.forwarding import forwarded
from pages.listing import count_of, listed, page_of
from pages.querying import asked, matching, offered
from pages.selectors.lineage import history_of
from pages.selectors.measurements import measurements_of
from samples.models import Cell, CellLayer, LayerComponent
from samples.selectors import configuration_text
from samples.services import change_cell

_layers: Any = CellLayer.objects.select_related("sample__project").order_by("order")
_components: Any = LayerComponent.objects.select_related("material", "morphology").order_by("order")
LAYERS = Prefetch("layers", _layers.prefetch_related(Prefetch("components", _components)))


@login_required
@require_safe
def cell_list(request: HttpRequest) -> HttpResponse:
    """All cells, newest first, filtered by what the address says."""
    form = RecordFilter(request.GET, user=request.user)
    form.is_valid()
    rows = listed(request, Cell.objects.visible_to(request.user).select_related("project").prefetch_related(LAYERS))
    rows = rows.annotate(measurement_count=count_of(Measurement.objects.all(), "sample"))
    question = asked(request, "cells")
    rows = matching(rows, question, request.user)
    if project := form.chosen("project"):
        rows = rows.filter(project=project)
    rows = form.narrowed(rows)
    page = page_of(request, rows)
    cells = [(cell, configuration_text(cell)) for cell in page.object_list]
    context = {"form": form, "page": page, "cells": cells, "asked": question, **offered(request, question)}
    return render(request, "pages/cells.html", context, status=question.status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cell_page(request: HttpRequest, project: str, code: str) -> HttpResponse:
    """One cell. Editors enter here the masses that capacities are divided by."""
    cells = Cell.objects.visible_to(request.user).select_related("project", "created_by").prefetch_related(LAYERS)
    cell = get_object_or_404(cells, project__slug=project, code__iexact=code)
    if elsewhere := forwarded(request, cell):
        return elsewhere
    can_edit = has_role(request.user, cell.project, EDITS)
    form = CellMassForm(request.POST or None, record=cell)
    if request.method == "POST" and (form.is_valid() or "take" in request.POST) and _stored(request, cell, form):
        return redirect(cell)
    measurements = measurements_of(cell, request.user)
    context = {
        "cell": cell,
        "configuration": configuration_text(cell),
        "history": history_of(cell, request.user),
        "measurements": measurements,
        "going_on": any(line.is_going_on for line in measurements),
        "lacks_mass": cell.active_mass is None and cell.source != Cell.Source.LITERATURE,
        "can_edit": can_edit,
        "form": form,
        "upload": UploadForm(user=request.user),
    }
    return render(request, "pages/cell.html", context, status=422 if form.errors or form.merge else 200)


def _stored(request: HttpRequest, cell: Cell, form: CellMassForm) -> bool:
    if "take" in request.POST:  # the person looks at what differs and has not decided yet
        form.take_theirs(request.POST["take"])
        return False
    try:
        change_cell(cell, actor=request.user, expected_version=form.cleaned_data["seen_version"], **form.changes())
    except ValidationError as error:
        show_in(form, error)
    except StaleVersionError:
        form.merge_with_stored()
    else:
        by_itself = cell.project.rerun_policy == RerunPolicy.AUTO
        then = "Tests that read it are analysed again." if by_itself else "Analyse the tests again to use it."
        messages.success(request, f"Saved. {then}")
        return True
    return False
