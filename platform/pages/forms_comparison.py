"""Forms of the comparison pages: freezing, and sharing by a link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone

_DAYS = (("7", "a week"), ("30", "30 days"), ("365", "a year"), ("", "until it is taken back"))


class FreezeForm(forms.Form):
    """What a snapshot is for."""

    reason = forms.CharField(
        label="What for", max_length=500, required=False, widget=forms.TextInput(attrs={"placeholder": "as submitted"})
    )


class ShareForm(forms.Form):
    """For whom a link is, and how long it works."""

    name = forms.CharField(
        label="For whom", max_length=100, required=False, widget=forms.TextInput(attrs={"placeholder": "reviewers"})
    )
    days = forms.ChoiceField(label="Works for", choices=_DAYS, required=False, initial="30")

    def asked(self) -> dict[str, Any]:
        """What the service takes."""
        days = self.cleaned_data["days"]
        expires = timezone.now() + timedelta(days=int(days)) if days else None
        return {"name": self.cleaned_data["name"], "expires_at": expires}
