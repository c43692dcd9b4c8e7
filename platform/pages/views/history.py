"""The history of any record: its changes, what differs between any two of its states, and restoring one of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import writing
from accounts.access import may_write
from accounts.dependants import name_dependants
from core.audit import acting
from core.history import Change, RowChange
from core.records import StaleVersionError
from core.withdrawal import withdrawal_of
from notes.models import Beside
from notes.services import require_withdrawal
from pages.listing import page_of
from pages.selectors.past import Past, past_of
from provenance.services import restore

_REASON_LENGTH = 400


class ReasonForm(forms.Form):
    """Why something is done that people will ask about."""

    reason = forms.CharField(label="Why", max_length=_REASON_LENGTH)
    version = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def fault(self) -> str:
        """What is wrong with it in one sentence; empty where nothing is."""
        return "" if self.is_valid() else "Say why, so that others understand it later."


class RestoreForm(ReasonForm):
    """Which change's outcome comes back."""

    change = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


@login_required
@require_safe
def history_page(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Every change, newest first; `?from=2&to=5` compares what the record was after these changes."""
    past = past_of(kind, pk, request.user)
    page = page_of(request, past.history)
    older, newer = _asked(request, past)
    can_edit = past.record is not None and may_write(request.user, past.record)
    context: dict[str, Any] = {
        "past": past,
        "page": page,
        "total": len(past.history),
        "older": older,
        "newer": newer,
        "can_edit": can_edit,
        "withdrawal": withdrawal_of(past.record) if past.record else None,
        "ending": ReasonForm(initial={"version": past.version}, auto_id="id_end_%s"),
    }
    if older is not None and newer is not None:
        context |= _compared(past, older, newer, can_edit=can_edit)
    return render(request, "pages/history.html", context)


@login_required
@require_POST
def restore_change(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Makes the record what it was after a change."""
    past = past_of(kind, pk, request.user)
    if past.record is None:
        raise Http404
    form = RestoreForm(request.POST)
    if form.fault:
        messages.error(request, form.fault)
        return redirect("history", kind=kind, pk=pk)
    asked = form.cleaned_data
    _require_own(past.record, request.user)
    try:
        restore(
            past.record,
            actor=request.user,
            number=asked["change"],
            reason=asked["reason"],
            expected_version=asked["version"],
        )
    except ValidationError as refusal:
        messages.error(request, f"Not restored. {' '.join(refusal.messages)}")
    except StaleVersionError:
        messages.error(
            request, "Not restored: somebody changed the record meanwhile. Compare again with its newest state."
        )
    else:
        messages.success(request, f"Restored as it was after change {asked['change']}.")
    return redirect("history", kind=kind, pk=pk)


@login_required
@require_POST
def end_record(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Withdraws a record, takes its withdrawal back, or deletes it where nothing rests on it."""
    past = past_of(kind, pk, request.user)
    if past.record is None:
        raise Http404
    form = ReasonForm(request.POST)
    if form.fault:
        messages.error(request, form.fault)
        return redirect("history", kind=kind, pk=pk)
    _require_own(past.record, request.user)
    try:
        messages.success(request, _ended(request, past, form.cleaned_data))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    except StaleVersionError:
        messages.error(request, "Somebody changed the record meanwhile. Look at its newest state first.")
    except ProtectedError as refusal:
        named = name_dependants(refusal.protected_objects, request.user)
        messages.error(request, f"Not deleted: other records rest on it ({named}). Withdraw it instead.")
    return redirect("history", kind=kind, pk=pk)


def _require_own(record: Any, user: Any) -> None:
    """What people put beside a record is theirs and the project owners' to withdraw and restore."""
    if isinstance(record, Beside):
        require_withdrawal(record, user)


def _ended(request: HttpRequest, past: Past, asked: dict[str, Any]) -> str:
    by = {"actor": request.user, "expected_version": asked["version"]}
    if request.POST.get("do") == "reinstate":
        writing.reinstate(past.record, actor=request.user, reason=asked["reason"])
        return "Taken back: it stands again."
    if request.POST.get("do") == "delete":
        with acting(reason=asked["reason"]):
            writing.delete(past.record, **by)
        return "Deleted. Its history stays here."
    writing.withdraw(past.record, reason=asked["reason"], **by)
    return "Withdrawn: it stays for what rests on it, and lists leave it out."


def _asked(request: HttpRequest, past: Past) -> tuple[int | None, int | None]:
    """Which changes the address compares; None where it compares none or asks for nonsense."""
    numbers = []
    for name, missing in (("from", None), ("to", len(past.history))):
        text = request.GET.get(name, "")
        known = text.isascii() and text.isdigit() and int(text[:9]) <= len(past.history)
        numbers.append(int(text[:9]) if known else missing)
    return (numbers[0], numbers[1]) if numbers[0] is not None else (None, None)


def _compared(past: Past, older: int, newer: int, *, can_edit: bool) -> dict[str, Any]:
    rows: tuple[RowChange, ...] = past.history.compare(older, newer)
    heads: list[Change | None] = [past.history.head(number) if number else None for number in (older, newer)]
    restorable = can_edit and 0 < older < newer == len(past.history) and bool(rows)
    return {
        "rows": rows,
        "heads": heads,
        "restore": RestoreForm(initial={"change": older, "version": past.version}) if restorable else None,
    }
