"""The fields of a project: its owners add, change, retire and delete them here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts.access import OWNS, has_role
from accounts.models import Project
from core.quantities import QUANTITIES
from core.records import StaleVersionError
from custom.models import ProjectField
from custom.services import change_field, create_field, delete_field, values_of
from pages.errors import show_in


class ProjectFieldForm(forms.Form):
    """What a field is. Words to choose from stand in lines."""

    label = forms.CharField(label="Label", max_length=80, help_text="What people read, such as Humidity.")
    key = forms.CharField(
        label="Key",
        max_length=40,
        help_text="Its name in filters, exports and scripts: lower-case letters, digits and underscores.",
    )
    on = forms.ChoiceField(label="Of", choices=ProjectField.On.choices)
    kind = forms.ChoiceField(label="Kind", choices=ProjectField.Kind.choices)
    quantity = forms.ChoiceField(
        label="Quantity", required=False, help_text="Of a number: a known quantity, whose unit and range it takes."
    )
    unit = forms.CharField(label="Unit", max_length=30, required=False, help_text="Of another number, such as ppm.")
    choices = forms.CharField(
        label="To choose from",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Of a choice: a word or phrase in each line.",
    )
    description = forms.CharField(label="Explanation", max_length=300, required=False, help_text="Below its box.")
    required = forms.BooleanField(
        label="Required", required=False, help_text="Forms ask for it; records without it are listed as incomplete."
    )
    retired = forms.BooleanField(
        label="Retired", required=False, help_text="Not asked for any more; values that are there stay."
    )
    order = forms.IntegerField(label="Place in the form", min_value=0, max_value=999, initial=0)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        quantity: Any = self.fields["quantity"]
        named = sorted(QUANTITIES.values(), key=lambda entry: entry.label.casefold())
        quantity.choices = [("", "none of these"), *((entry.key, entry.label) for entry in named)]

    def entered(self) -> dict[str, Any]:
        """The values as the record takes them."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        values["choices"] = [line.strip() for line in values["choices"].splitlines() if line.strip()]
        return values


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def project_field(request: HttpRequest, slug: str, pk: UUID | None = None) -> HttpResponse:
    """A new field, or one that is there."""
    project: Any = get_object_or_404(Project.objects.visible_to(request.user), slug=slug)
    if not has_role(request.user, project, OWNS):
        raise PermissionDenied(f"Only owners of the project {project} decide about its fields; ask one of them.")
    record: Any = get_object_or_404(ProjectField, project=project, pk=pk) if pk is not None else None
    form = ProjectFieldForm(request.POST or None, initial=_start(record))
    if request.method == "POST" and _written(request, project, record, form):
        return redirect(f"{project.get_absolute_url()}#fields")
    used = values_of(record) if record is not None else 0
    context = {"project": project, "record": record, "form": form, "used": used}
    return render(request, "pages/project_field.html", context, status=422 if form.errors else 200)


def _start(record: ProjectField | None) -> dict[str, Any]:
    if record is None:
        return {}
    values = {name: getattr(record, name) for name in ProjectFieldForm.base_fields}
    return {**values, "choices": "\n".join(record.choices)}


def _written(request: HttpRequest, project: Project, record: ProjectField | None, form: ProjectFieldForm) -> bool:
    try:
        if record is not None and request.POST.get("do") == "delete":
            delete_field(record, actor=request.user)
            messages.success(request, f"{record} is deleted.")
            return True
        if not form.is_valid():
            return False
        if record is None:
            create_field(actor=request.user, project=project, **form.entered())
        else:
            version = form.cleaned_data["version"]
            change_field(record, actor=request.user, expected_version=version, **form.entered())
    except ValidationError as refusal:
        show_in(form, refusal)
        return False
    except StaleVersionError:
        form.add_error(None, "Somebody changed this field meanwhile. Open it again, then make your change.")
        return False
    messages.success(request, "Saved.")
    return True
