"""A process: what went in, by which ratio, through which thermal program, and what came out."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from pages.selectors.lineage import full_processes, steps_of
from samples.thermal_sketch import sketch


@login_required
@require_safe
def process_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One process with everything recorded of it."""
    process = get_object_or_404(full_processes(request.user), pk=pk)
    (step,) = steps_of([process], request.user)
    context = {"process": process, "step": step, "sketch": sketch(step.thermal_steps)}
    return render(request, "pages/process.html", context)
