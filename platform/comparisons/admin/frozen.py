"""Admin pages of frozen comparisons, which never change, and of shares, which can be taken back."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from comparisons.admin.drawn import drawn
from comparisons.models import FrozenComparison, Share
from comparisons.selectors import FrozenState, against_today
from comparisons.services import revoke_share
from core.admin import ReadOnlyAdmin
from core.admin.show import facts, link, sentences, when


@admin.register(FrozenComparison)
class FrozenComparisonAdmin(ReadOnlyAdmin):
    """Tables as they stood on one day."""

    list_display = ("title", "number", "comparison_link", "reason", "frozen_by", "made", "page")
    list_select_related = ("comparison__project", "frozen_by")
    list_filter = ("comparison__project",)
    search_fields = ("title", "reason", "sha256", "comparison__slug")

    def headline(self, request: HttpRequest, obj: FrozenComparison) -> SafeString:
        """The table, and what would be different today."""
        state = against_today(obj, request.user)
        return format_html(
            '<p class="co-big">{}</p>{}{}{}<p><a class="co-link" href="{}">Open as a page</a></p>',
            _count(state),
            sentences([*_changes(state), *state.withdrawn, *state.pending]),
            drawn(state.table),
            facts(
                (
                    ("comparison", link(obj.comparison)),
                    ("what for", obj.reason),
                    ("frozen by", str(obj.frozen_by)),
                    ("frozen", when(obj.frozen_at)),
                    ("SHA-256", obj.sha256 if state.intact else f"{obj.sha256}, which the stored table does not have"),
                )
            ),
            obj.get_absolute_url(),
        )

    @admin.display(description="comparison", ordering="comparison")
    def comparison_link(self, frozen: FrozenComparison) -> SafeString | str:
        """What it was frozen from."""
        return link(frozen.comparison)

    @admin.display(description="frozen", ordering="frozen_at")
    def made(self, frozen: FrozenComparison) -> SafeString | str:
        """When."""
        return when(frozen.frozen_at)

    @admin.display(description="table")
    def page(self, frozen: FrozenComparison) -> SafeString:
        """The page that shows it."""
        return format_html('<a class="co-link" href="{}">open</a>', frozen.get_absolute_url())


@admin.register(Share)
class ShareAdmin(ReadOnlyAdmin):
    """Links that open one table to people without an account."""

    empty_text = "A link for somebody without an account is made on the page of a comparison."
    list_display = ("label", "comparison_link", "frozen", "created_by", "made", "until", "state")
    list_select_related = ("comparison__project", "frozen__comparison", "created_by")
    search_fields = ("name", "comparison__title", "comparison__slug")
    actions = ("revoke",)  # type: ignore[assignment]

    @admin.action(description="Take back", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: Any) -> None:
        """Makes links useless from now on."""
        for share in queryset.select_related("comparison__project"):
            revoke_share(share, actor=request.user)
        messages.success(request, "They open nothing any more.")

    @admin.display(description="for whom", ordering="name")
    def label(self, share: Share) -> str:
        """For whom."""
        return str(share)

    @admin.display(description="comparison", ordering="comparison")
    def comparison_link(self, share: Share) -> SafeString | str:
        """What it opens."""
        return link(share.comparison)

    @admin.display(description="made", ordering="created_at")
    def made(self, share: Share) -> SafeString | str:
        """When."""
        return when(share.created_at)

    @admin.display(description="works until", ordering="expires_at")
    def until(self, share: Share) -> SafeString | str:
        """When it ends by itself."""
        return when(share.expires_at) if share.expires_at else "taken back"

    @admin.display(description="state")
    def state(self, share: Share) -> str:
        """Whether it opens anything."""
        if share.revoked_at:
            return "taken back"
        return "open" if share.is_open(timezone.now()) else "expired"


def _count(state: FrozenState) -> str:
    number = len(state.changes)
    return f"{number} number{'' if number == 1 else 's'} would change today" if number else "The same today"


def _changes(state: FrozenState) -> list[str]:
    return [
        f"{change.row}, {change.column.label}: {change.old.text or 'nothing'} → {change.new.text or 'nothing'}; "
        f"{change.why.words}"
        for change in state.changes
    ]
