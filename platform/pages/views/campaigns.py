"""Campaigns: what is stale and would be computed again, starting that under a name, and how far it has come."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import may_edit_lab_wide, may_write
from accounts.models import Project
from analysis_tasks.models import Campaign
from analysis_tasks.selectors import progress_of, with_progress
from analysis_tasks.services import cancel_campaign, preview_campaign, start_campaign
from pages.errors import show_in
from pages.forms import CampaignForm, CampaignNameForm
from pages.listing import page_of
from pages.selectors.campaigns import ShownEntry, entries_of, stale_releases


@login_required
@require_safe
def campaign_list(request: HttpRequest) -> HttpResponse:
    """All campaigns, newest first."""
    rows = with_progress(Campaign.objects.visible_to(request.user)).select_related("project", "created_by")
    page = page_of(request, rows)
    context = {
        "page": page,
        "campaigns": [(campaign, progress_of(campaign)) for campaign in page.object_list],
        "can_start": may_edit_lab_wide(request.user),
    }
    return render(request, "pages/campaigns.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_campaign(request: HttpRequest) -> HttpResponse:
    """The preview of what the address selects; sent back with a name, it starts."""
    if not may_edit_lab_wide(request.user):
        raise PermissionDenied("Only editors of a project compute its analyses again.")
    form = CampaignForm(_asked(request), user=request.user, releases=stale_releases(request.user))
    named = CampaignNameForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "named": named}
    if form.is_valid():
        if request.method == "POST" and named.is_valid():
            try:
                campaign = start_campaign(form.selection(), actor=request.user, **named.cleaned_data)
            except ValidationError as refusal:
                show_in(named, refusal)
            else:
                messages.success(request, "Started. It is computed after what people wait for.")
                return redirect(campaign)
        context["preview"] = preview_campaign(form.selection(), actor=request.user)
    failed = request.method == "POST" or ("project" in request.GET and form.errors)
    return render(request, "pages/campaign_new.html", context, status=422 if failed else 200)


@login_required
@require_safe
def campaign_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One campaign: how far it has come, and each analysis with the old and the new number."""
    campaign = _campaign(request, pk)
    page = page_of(request, entries_of(campaign))
    own = campaign.project is None or may_write(request.user, campaign)
    context = {
        "campaign": campaign,
        "progress": progress_of(campaign),
        "selection": campaign.selection.items(),
        "page": page,
        "rows": [ShownEntry(entry) for entry in page.object_list],
        "can_cancel": own and campaign.cancelled_at is None and progress_of(campaign).open > 0,
    }
    return render(request, "pages/campaign.html", context)


@login_required
@require_POST
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stops a campaign; what is done stays."""
    campaign = _campaign(request, pk)
    try:
        cancel_campaign(campaign, actor=request.user, reason=request.POST.get("reason", "")[:300])
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, "Cancelled. What is done stays; nothing more is asked for.")
    return redirect(campaign)


def _campaign(request: HttpRequest, pk: UUID) -> Any:
    rows = with_progress(Campaign.objects.visible_to(request.user)).select_related("project", "created_by")
    return get_object_or_404(rows, pk=pk)


def _asked(request: HttpRequest) -> Any:
    """What was asked for; the first of one's projects where the page is opened without saying."""
    if request.method == "POST":
        return request.POST
    if "project" in request.GET:
        return request.GET
    first = None if request.user.is_superuser else Project.objects.editable_by(request.user).order_by("slug").first()
    return {"project": first.slug if first else "", "release": "", "policy": "", "samples": ""}
