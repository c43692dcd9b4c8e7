"""Frozen comparisons and what they would say today; and shares, which open one table to people without an account."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from comparisons.arranging import named, transposed
from comparisons.exports import EXPORTS
from comparisons.models import Share
from comparisons.selectors import against_today, comparison_table, frozen_table
from comparisons.services import freeze, opened, revoke_share, share
from comparisons.state import TableState
from comparisons.table import ComparisonTable
from core.addresses import public_address
from pages.comparison_figures import panels_of
from pages.comparison_parts import NEW_SHARE, comparison_of, frozen_of, key_of, sent, sharing, state_of
from pages.drawing import Drawn, drawn_frozen, drawn_today, sent_figure
from pages.errors import show_in
from pages.forms_comparison import FreezeForm, ShareForm
from pages.origins import addresses
from pages.shown_table import shown

_PRIVATE = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex", "Cache-Control": "private, no-store"}
"""The address of a shared page is its key: it is not to be kept, indexed or passed on."""


@login_required
@require_POST
def freeze_now(request: HttpRequest, slug: str) -> HttpResponse:
    """Freezes the table as it stands."""
    comparison = comparison_of(request, slug)
    form = FreezeForm(request.POST)
    if form.is_valid():
        try:
            state, _ = state_of(request.POST, comparison)
            made = freeze(comparison, actor=request.user, state=state, **form.cleaned_data)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, "Frozen. This table never changes any more.")
            return redirect(made)
    return redirect(comparison)


@login_required
@require_safe
def frozen_page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A frozen table, and what would be different today."""
    frozen = frozen_of(request, slug, number)
    state = against_today(frozen, request.user)
    looked = TableState.from_json(frozen.definition["state"])
    context = {
        "comparison": frozen.comparison,
        "frozen": frozen,
        "figure": looked.figure,
        "panels": panels_of(state.table, looked),
        "state": state,
        "exports": EXPORTS,
        **shown(named(state.table), addresses(state.table, request.user)),
        **sharing(request, frozen.comparison, frozen),
    }
    return render(request, "pages/frozen.html", context)


@login_required
@require_safe
def frozen_exported(request: HttpRequest, slug: str, number: int, form: str) -> HttpResponse:
    """The frozen table as a file."""
    frozen = frozen_of(request, slug, number)
    return sent(frozen_table(frozen, request.user), form, f"{slug}-{number}")


@login_required
@require_POST
def share_now(request: HttpRequest, slug: str) -> HttpResponse:
    """Makes a share; its address is shown once, on the page that follows."""
    comparison = comparison_of(request, slug)
    number = request.POST.get("number", "")
    frozen = frozen_of(request, slug, int(number)) if number.isascii() and number.isdigit() else None
    form = ShareForm(request.POST)
    if form.is_valid():
        try:
            state, _ = state_of(request.POST, comparison)
            _, token = share(comparison, actor=request.user, frozen=frozen, state=state, **form.asked())
        except ValidationError as error:
            show_in(form, error)
        else:
            request.session[NEW_SHARE] = public_address(reverse("shared", args=[token]), request)
            return redirect(frozen or comparison)
    messages.error(request, " ".join(str(message) for errors in form.errors.values() for message in errors))
    return redirect(frozen or comparison)


@login_required
@require_POST
def revoke(request: HttpRequest, slug: str) -> HttpResponse:
    """Takes a share back."""
    comparison = comparison_of(request, slug)
    shares = Share.objects.select_related("comparison__project", "frozen__comparison")
    found = get_object_or_404(shares, comparison=comparison, pk=key_of(request.POST.get("share")))
    revoke_share(found, actor=request.user)
    messages.success(request, f"The {found} opens nothing any more.")
    return redirect(found.frozen or comparison)


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The table that a token opens, for anybody who has it; nothing else can be reached from here."""
    found = opened(token)
    if found is None:
        return _private(render(request, "pages/shared_closed.html", status=404))
    table, state = _table_of(found), _state_of(found)
    context = {
        "share": found,
        "token": token,
        "exports": EXPORTS,
        "figure": state.figure,
        "panels": panels_of(table, state),
        **shown(transposed(table) if state.transpose else named(table), {}),
    }
    return _private(render(request, "pages/shared.html", context))


@require_safe
def shared_exported(request: HttpRequest, token: str, form: str) -> HttpResponse:
    """The same as a file."""
    found = opened(token)
    if found is None:
        return _private(render(request, "pages/shared_closed.html", status=404))
    return _private(sent(_table_of(found), form, found.comparison.slug, transpose=_state_of(found).transpose))


@require_safe
def shared_figure(request: HttpRequest, token: str) -> HttpResponse:
    """Its figure, for the chart of the page or as a file."""
    found = opened(token)
    if found is None:
        return _private(render(request, "pages/shared_closed.html", status=404))
    return _private(sent_figure(request, *_drawn(found), found.comparison.slug))


def _table_of(found: Share) -> ComparisonTable:
    """What whoever made the share may see of it today."""
    if found.frozen is not None:
        return frozen_table(found.frozen, found.created_by)
    return comparison_table(found.comparison, found.created_by, TableState.from_json(found.state))


def _state_of(found: Share) -> TableState:
    """How it is looked at: as the snapshot was, or as whoever shared it looked at it."""
    return TableState.from_json(found.state if found.frozen is None else found.frozen.definition["state"])


def _drawn(found: Share) -> Drawn:
    if found.frozen is not None:
        return drawn_frozen(found.frozen, found.created_by)
    return drawn_today(found.comparison, found.created_by, _state_of(found))


def _private(answer: HttpResponse) -> HttpResponse:
    for name, value in _PRIVATE.items():
        answer[name] = value
    return answer
