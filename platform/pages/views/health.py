"""How the platform is, for administrators: what `/health/ready` says, verification, queues, the audit trail's seals."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.health import problems
from core.queues import Queue, lines, pause_queue, resume_queue
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
        "queues": lines(),
        "sealing": health.sealing(),
        "coverage": health.coverage(),
        "latest": health.latest(),
        "verdicts": health.verdicts(),
        "findings": health.findings(),
    }
    return render(request, "pages/health.html", context)


@login_required
@require_POST
def move_queue(request: HttpRequest, queue: str) -> HttpResponse:
    """Pauses a queue with a reason, or lets it go on."""
    if queue not in Queue.values:
        raise Http404
    try:
        if request.POST.get("do") == "resume":
            resume_queue(queue, actor=request.user)
            messages.success(request, f"The queue {queue} goes on; what waited starts within seconds.")
        else:
            pause_queue(queue, actor=request.user, reason=request.POST.get("reason", ""))
            messages.success(request, f"The queue {queue} is paused. What runs goes on; nothing new starts.")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("health")
