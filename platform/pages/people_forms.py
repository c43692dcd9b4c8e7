"""Forms with which people come: inviting, accepting an invitation; and the page that shows a link once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts import mail
from accounts.access import Role
from accounts.models import Invitation
from core.addresses import public_address


class InviteForm(forms.Form):
    """Who comes as what, for how long the link works."""

    role = forms.ChoiceField(label="As", choices=Role.choices, initial=Role.EDITOR)
    email = forms.EmailField(label="E-mail", required=False)
    days = forms.IntegerField(label="Works for (days)", min_value=1, max_value=60, initial=7)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if mail.is_configured():
            self.fields["email"].label = "E-mail, where the link is sent"


class JoinForm(forms.Form):
    """The account of somebody who comes by an invitation."""

    username = forms.CharField(label="User name", max_length=150, validators=[UnicodeUsernameValidator()])
    first_name = forms.CharField(label="First name", max_length=150, required=False)
    last_name = forms.CharField(label="Last name", max_length=150, required=False)
    password = forms.CharField(
        label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )
    again = forms.CharField(
        label="Password again", widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), strip=False
    )

    def clean(self) -> dict[str, Any]:
        """Both passwords are the same."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("password") and data.get("again") and data["password"] != data["again"]:
            self.add_error("again", "This is another password than the one above.")
        return data


def invitation_made(request: HttpRequest, invitation: Invitation, key: str) -> HttpResponse:
    """Shows the link, this once, and sends it where there is a mail server."""
    link = public_address(reverse("join", args=[key]), request)
    text = (
        f"{invitation.created_by} invites you to the project {invitation.project} in Cosinter.\n\n{link}\n\n"
        f"The link works once, until {invitation.expires_at:%Y-%m-%d}."
    )
    sent = mail.send(invitation.email, f"Invitation to {invitation.project}", text)
    return show_link(
        request,
        title="Invitation",
        link=link,
        sent_to=invitation.email if sent else "",
        note=f"It lets one person join {invitation.project} as {invitation.role}, once, "
        f"until {invitation.expires_at:%Y-%m-%d}.",
        back=invitation.project.get_absolute_url(),
    )


def show_link(request: HttpRequest, **context: Any) -> HttpResponse:
    """A page with a secret link, which no cache keeps."""
    answer = render(request, "pages/secret_link.html", context)
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    return answer
