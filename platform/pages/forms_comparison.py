"""Forms of the comparison pages: freezing, and sharing by a link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import Project
from comparisons.models import Comparison
from comparisons.services import free_address

_DAYS = (("7", "a week"), ("30", "30 days"), ("365", "a year"), ("", "until it is taken back"))


class NewComparisonForm(forms.Form):
    """A new comparison: what it is called, where it belongs and what its rows are."""

    title = forms.CharField(label="Title", max_length=300)
    project = forms.ModelChoiceField(Project.objects.none(), label="Project", to_field_name="slug", empty_label=None)
    about = forms.ChoiceField(label="Its rows are", choices=Comparison.About.choices)
    q = forms.CharField(
        label="Rows from a query",
        max_length=2000,
        required=False,
        help_text="Left empty, you choose them by hand; both is possible. Such as material:LLZTO and cycle_count > 10.",
        widget=forms.TextInput(attrs={"spellcheck": "false", "class": "code"}),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project: Any = self.fields["project"]
        project.queryset = Project.objects.editable_by(user)

    def asked(self) -> dict[str, Any]:
        """What the service takes; the address is made of the title."""
        data = self.cleaned_data
        state = {"q": data["q"]} if data["q"] else {}
        slug = free_address(slugify(data["title"]))
        return {**{name: data[name] for name in ("title", "project", "about")}, "slug": slug, "state": state}


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
