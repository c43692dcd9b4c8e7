"""One's tokens: made for a script or an instrument's computer, shown once, revoked in one click."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import Scope, Token, User, every_scope
from accounts.services import create_token, revoke_token

_LIVES = (("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "until it is revoked"))


class TokenForm(forms.Form):
    """A new token: what it is for, what it opens, how long it lives."""

    name = forms.CharField(label="What it is for", max_length=100, help_text="Such as: cycler in room 204.")
    scopes = forms.MultipleChoiceField(
        label="What it opens", choices=Scope.choices, initial=every_scope, widget=forms.CheckboxSelectMultiple
    )
    days = forms.ChoiceField(label="How long it lives", choices=_LIVES, initial="365", required=False)

    def asked(self) -> dict[str, Any]:
        """As the service takes it."""
        given = dict(self.cleaned_data)
        days = given.pop("days")
        return {**given, "expires_at": timezone.now() + timedelta(days=int(days)) if days else None}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """One's tokens, newest first; a new one's key is in the answer that makes it and nowhere else."""
    form = TokenForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    status = 200
    if request.method == "POST":
        if form.is_valid():
            context["made"], context["key"] = create_token(user=request.user, **form.asked())
            context["form"] = TokenForm()
        else:
            status = 422
    context["tokens"] = Token.objects.filter(user=cast("User", request.user))
    answer = render(request, "pages/tokens.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@login_required
@require_POST
def revoke(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Makes one of one's tokens useless; it stays in the list."""
    token = get_object_or_404(Token, pk=pk, user_id=request.user.pk)
    if token.revoked_at is None:
        revoke_token(token)
        messages.success(request, f"{token.name} is revoked: it opens nothing any more.")
    return redirect("tokens")
