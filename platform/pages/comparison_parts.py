"""What the views of saved, frozen and shared comparisons have in common."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404

from accounts.access import EDITS, has_role
from comparisons.arranging import transposed
from comparisons.columns import column
from comparisons.exports import EXPORTS
from comparisons.models import Comparison, FrozenComparison
from comparisons.state import NAMES, TableState
from comparisons.table import ComparisonTable
from pages.forms_comparison import FreezeForm, ShareForm

NEW_SHARE = "new_share"
"""Where the session keeps the address of a share until it has been shown."""


def comparison_of(request: HttpRequest, slug: str) -> Comparison:
    """The comparison of an address.

    Raises:
        Http404: There is none, or this person may not see it.
    """
    visible = Comparison.objects.visible_to(request.user).select_related("project")
    found: Comparison = get_object_or_404(visible, slug=slug)
    return found


def frozen_of(request: HttpRequest, slug: str, number: int) -> FrozenComparison:
    """The snapshot of an address.

    Raises:
        Http404: There is none, or this person may not see it.
    """
    visible = FrozenComparison.objects.visible_to(request.user).select_related("comparison__project", "frozen_by")
    found: FrozenComparison = get_object_or_404(visible, comparison__slug=slug, number=number)
    return found


def key_of(text: str | None) -> UUID:
    """A key that a form sent.

    Raises:
        Http404: It is none.
    """
    try:
        return UUID(text or "")
    except ValueError:
        raise Http404("No such row.") from None


def sent(table: ComparisonTable, form: str, name: str, *, transpose: bool = False) -> HttpResponse:
    """The table as a file of that form.

    Raises:
        Http404: There is no such form.
    """
    if form not in EXPORTS:
        raise Http404(f"There is no export as {form}.")
    export = EXPORTS[form]
    table = transposed(table) if transpose else table
    answer = HttpResponse(export.write(table), content_type=export.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}{export.suffix}"'
    return answer


def state_of(given: QueryDict, comparison: Comparison) -> tuple[TableState, str]:
    """How an address or a form asks to look at a comparison, and what is wrong with it; empty where nothing is.

    An address that names nothing shows it as it was saved; one that names something says everything, and only the
    columns are those that are saved where it has none.
    """
    saved = TableState.from_json(comparison.state)
    asked = {name: given.getlist(name) for name in NAMES if name in given}
    if not asked:
        return saved, ""
    try:
        state = TableState.from_lists({**asked, "columns": _lines(asked.get("columns", []))})
        for text in state.columns:
            column(text)
    except ValueError as error:
        return saved, str(error)
    except KeyError as error:
        return saved, str(error.args[0])
    return state, ""


def _lines(texts: list[str]) -> list[str]:
    """Columns as a form sends them: one to a line, or one in each value."""
    return [line for text in texts for line in text.splitlines()]


def sharing(request: HttpRequest, comparison: Comparison, frozen: FrozenComparison | None) -> dict[str, Any]:
    """What a page needs to freeze and share: shares with their forms for editors, nothing for others."""
    if not has_role(request.user, comparison.project, EDITS):
        return {"can_edit": False}
    return {
        "can_edit": True,
        "shares": comparison.shares.filter(frozen=frozen, revoked_at=None).select_related("created_by"),
        "share_form": ShareForm(),
        "freeze_form": FreezeForm(),
        "new_share": request.session.pop(NEW_SHARE, ""),
    }
