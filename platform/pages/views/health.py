"""How the platform is, for administrators: what `/health/ready` says, verification, queues, the audit trail's seals."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.health import problems
from pages.selectors import health


@login_required
@require_safe
def health_page(request: HttpRequest) -> HttpResponse:
    """Everything an administrator wants to know in the morning."""
    if not (request.user.is_active and request.user.is_superuser):
        raise PermissionDenied("Only administrators see how the platform is.")
    context = {
        "problems": problems(),
        "work": health.work(),
        "queues": health.queues(),
        "sealing": health.sealing(),
        "coverage": health.coverage(),
        "latest": health.latest(),
        "verdicts": health.verdicts(),
        "findings": health.findings(),
    }
    return render(request, "pages/health.html", context)
