"""Admin page of campaigns: what was computed again together; the pages start and stop them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analysis_tasks.models import Campaign
from analysis_tasks.selectors import progress_of, with_progress
from core.admin import ReadOnlyAdmin
from core.admin.show import chip, facts, link, when


@admin.register(Campaign)
class CampaignAdmin(ReadOnlyAdmin):
    """Stale analyses that were computed again together."""

    empty_text = "A campaign computes in bulk what is stale. It is begun on the page of all runs."
    list_display = ("name", "state", "ended", "project", "started")
    list_select_related = ("project",)
    list_filter = ("project",)
    search_fields = ("name", "reason")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With how far each has come."""
        return with_progress(super().get_queryset(request))

    def headline(self, request: HttpRequest, obj: Any) -> SafeString:
        """Its counts, and the page that shows each analysis."""
        del request
        progress = progress_of(obj)
        return format_html(
            '<p><a href="{}">Each analysis with its numbers before and now</a></p>{}',
            obj.get_absolute_url(),
            facts(
                (
                    ("state", chip(progress.state)),
                    ("analyses", str(progress.total)),
                    ("ended", str(progress.ended)),
                    ("there already", str(progress.reused)),
                    ("project", link(obj.project) if obj.project else "all"),
                    ("why", obj.reason),
                    ("cancelled", obj.cancelled_because),
                    ("started", when(obj.created_at)),
                )
            ),
        )

    @admin.display(description="state")
    def state(self, campaign: Any) -> str:
        """Whether something is still to be done."""
        return chip(progress_of(campaign).state)

    @admin.display(description="ended")
    def ended(self, campaign: Any) -> str:
        """How many analyses of how many have ended."""
        progress = progress_of(campaign)
        return f"{progress.ended} of {progress.total}"

    @admin.display(description="started", ordering="created_at")
    def started(self, campaign: Campaign) -> str:
        """When."""
        return when(campaign.created_at)
