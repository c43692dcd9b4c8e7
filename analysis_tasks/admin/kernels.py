"""Admin page of kernel releases: which code computed, with which parameters."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from analysis_tasks.kernels import KERNELS
from analysis_tasks.models import AnalysisRun, KernelRelease
from core.admin import ReadOnlyAdmin
from core.admin.show import counted, facts, label_of, plain, table, when, words


@admin.register(KernelRelease)
class KernelReleaseAdmin(ReadOnlyAdmin):
    """Kernels in the versions that ran here."""

    list_display = ("name", "version", "run_count", "first_seen")
    list_filter = ("name",)
    search_fields = ("name", "version")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the number of runs that this person may see."""
        seen = Q(runs__in=AnalysisRun.objects.visible_to(request.user))
        return super().get_queryset(request).annotate(runs_=Count("runs", filter=seen))

    def headline(self, request: HttpRequest, obj: KernelRelease) -> SafeString:
        """What it does, with which parameters, and what it gives."""
        kernel = KERNELS.get(obj.name)
        rows = [
            (
                words(entry["key"]),
                entry["unit"],
                plain(entry["default"]) or "none",
                words(entry["source"].replace(".", " → ")) or "a person",
                entry["description"],
            )
            for entry in obj.parameters
        ]
        return format_html(
            "<p>{}</p>{}<h3>Parameters</h3>{}",
            kernel.description if kernel else "This kernel is not installed any more.",
            facts(
                (
                    ("fingerprint of the code", format_html('<code class="co-hash">{}</code>', obj.fingerprint)),
                    ("first used", when(obj.created_at)),
                    ("gives", ", ".join(label_of(key) for key in obj.yields)),
                )
            ),
            table(("parameter", "unit", "default", "read from", "meaning"), rows),
        )

    @admin.display(description="runs", ordering="runs_")
    def run_count(self, release: Any) -> str:
        """How often it ran."""
        return counted(release.runs_, "analysis_tasks_analysisrun", release__id__exact=release.pk)

    @admin.display(description="first used", ordering="created_at")
    def first_seen(self, release: KernelRelease) -> str:
        """Since when it is here."""
        return when(release.created_at)
