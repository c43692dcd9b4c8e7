"""The first page: what is new, what runs, what failed and why, and what waits for a person."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from core.withdrawal import standing
from pages.listing import MOST_COUNTED, counted
from pages.selectors import work as selectors
from samples.models import Sample

_SHOWN = 8


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What a person wants to know on coming in."""
    user = request.user
    samples = Sample.objects.visible_to(user)
    measurements = selectors.recent_measurements(user)
    context = {
        "work": selectors.work_under_way(user),
        "failed_readings": selectors.failed_readings(user)[:_SHOWN],
        "failed_runs": selectors.failed_runs(user)[:_SHOWN],
        "asking": selectors.readings_that_ask(user)[:_SHOWN],
        "massless": selectors.cells_without_mass(user)[:_SHOWN],
        "measurements": measurements[:_SHOWN],
        "samples": selectors.recent_samples(user).exclude(kind=Sample.Kind.CELL)[:_SHOWN],
        "counts": [
            ("Samples", reverse("samples"), _number(standing(samples.exclude(kind=Sample.Kind.CELL)))),
            ("Cells", reverse("cells"), _number(standing(samples.filter(kind=Sample.Kind.CELL)))),
            ("Measurements", reverse("measurements"), _number(measurements)),
            ("Failed", "#attention", selectors.failed_readings(user).count() + selectors.failed_runs(user).count()),
        ],
    }
    return render(request, "pages/home.html", context)


def _number(rows: QuerySet[Any]) -> str:
    """How many rows there are; many are not counted to the last."""
    found = counted(rows)
    return str(found) if found <= MOST_COUNTED else f"{MOST_COUNTED}+"


@login_required
@require_safe
def work(request: HttpRequest) -> HttpResponse:
    """What runs just now, as the part of the home page that renews itself."""
    return render(request, "pages/parts/work.html", {"work": selectors.work_under_way(request.user)})
