"""What waits for a person: notices of what failed, and records that lack something."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from notes.models import Notice
from notes.notices import mark_read
from pages.listing import page_of
from pages.selectors.incomplete import gaps


@login_required
@require_safe
def notice_list(request: HttpRequest) -> HttpResponse:
    """One's own notices, newest first."""
    return render(request, "pages/notices.html", {"page": page_of(request, Notice.objects.filter(user=_me(request)))})


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """All of them are seen."""
    mark_read(_me(request))
    return redirect("notices")


@login_required
@require_POST
def open_notice(request: HttpRequest, pk: Any) -> HttpResponse:
    """Goes to what a notice is about; it is seen then."""
    notice = get_object_or_404(Notice, user=_me(request), pk=pk)
    mark_read(request.user, keys=[notice.pk])
    ours = url_has_allowed_host_and_scheme(notice.address, allowed_hosts=None)
    return redirect(notice.address if ours else "notices")


@login_required
@require_safe
def incomplete(request: HttpRequest) -> HttpResponse:
    """Records that lack something: one's own, or all that one may see."""
    everybody = request.GET.get("whose") == "all"
    return render(
        request,
        "pages/incomplete.html",
        {"gaps": gaps(request.user, mine=not everybody), "everybody": everybody},
    )


def _me(request: HttpRequest) -> Any:
    return request.user
