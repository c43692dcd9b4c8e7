"""What the whole laboratory shares: materials and publications."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.access import may_edit_lab_wide
from analysis_tasks.models import Result
from measurements.models import Measurement
from pages.forwarding import forwarded
from pages.listing import count_of, listed, page_of
from samples.models import Cell, Material, Publication, Sample


@login_required
@require_safe
def material_list(request: HttpRequest) -> HttpResponse:
    """All materials, by name, with the number of samples that this person may see."""
    samples = Sample.objects.visible_to(request.user)
    rows = listed(request, Material.objects.visible_to(request.user))
    rows = rows.annotate(sample_count=count_of(samples, "material"))
    return render(request, "pages/materials.html", {"page": page_of(request, rows)})


@login_required
@require_safe
def material_page(request: HttpRequest, name: str) -> HttpResponse:
    """One material, its samples and the cells that name it."""
    material = get_object_or_404(Material.objects.visible_to(request.user), name__iexact=name)
    if elsewhere := forwarded(request, material):
        return elsewhere
    cells = Cell.objects.visible_to(request.user).filter(layers__components__material=material)
    context = {
        "material": material,
        "can_edit": may_edit_lab_wide(request.user),
        "samples": material.samples.visible_to(request.user).select_related("project", "morphology")[:50],
        "cells": cells.select_related("project").distinct()[:50],
    }
    return render(request, "pages/material.html", context)


@login_required
@require_safe
def publication_list(request: HttpRequest) -> HttpResponse:
    """All publications, by label."""
    results = Result.objects.visible_to(request.user)
    rows = listed(request, Publication.objects.visible_to(request.user))
    rows = rows.annotate(result_count=count_of(results, "publication"))
    return render(request, "pages/publications.html", {"page": page_of(request, rows)})


@login_required
@require_safe
def publication_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One publication and what it reports: conditions and values, each with its place in the text."""
    publication = get_object_or_404(Publication.objects.visible_to(request.user), pk=pk)
    values = Result.objects.visible_to(request.user).filter(publication=publication)
    tests = Measurement.objects.visible_to(request.user).filter(publication=publication)
    context = {
        "publication": publication,
        "values": values.select_related("subject__project").order_by("locator", "subject", "created_at"),
        "tests": tests.select_related("sample__project", "celltest").order_by("locator"),
    }
    return render(request, "pages/publication.html", context)
