"""Labels by the sheet, and the page behind the code on a label, made for a telephone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts.access import EDITS, has_role
from accounts.models import Project
from core.addresses import public_address
from core.filters import as_uuid
from core.withdrawal import standing, with_withdrawal
from exchange.labels import SHEETS, LabelSheet, key_of, qr_svg, short_code
from samples.models import Sample
from samples.selectors import composition_of

MOST = 500


@dataclass(frozen=True)
class Label:
    """A label: the sample, its short address and the code that leads there."""

    sample: Sample
    address: str
    code: SafeString


class LabelForm(forms.Form):
    """Which samples, on which sheet; its state is the address."""

    samples = forms.CharField(
        label="Samples and cells",
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "placeholder": "codes, one to a line"}),
        help_text="Codes, or project/code.",
    )
    project = forms.ModelChoiceField(
        Project.objects.none(), label="All of a project", required=False, to_field_name="slug", empty_label="no"
    )
    sheet = forms.ChoiceField(label="Sheet", choices=[(sheet.key, sheet.label) for sheet in SHEETS.values()])
    skip = forms.IntegerField(
        label="Labels used already", required=False, min_value=0, max_value=64, help_text="Of the first sheet."
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project: Any = self.fields["project"]
        project.queryset = Project.objects.visible_to(user)


@login_required
@require_safe
def label_page(request: HttpRequest) -> HttpResponse:
    """The form, and the sheets as they will be printed."""
    asked = request.GET or None
    form = LabelForm(asked, user=request.user, initial={"sheet": next(iter(SHEETS))})
    context: dict[str, Any] = {"form": form}
    if asked is not None and form.is_valid():
        samples, unknown = _chosen(request, form.cleaned_data)
        sheet = SHEETS[form.cleaned_data["sheet"]]
        labels = [_label(request, sample) for sample in samples[:MOST]]
        skip = min(form.cleaned_data["skip"] or 0, sheet.places - 1)
        context |= {
            "sheet": sheet,
            "sheets": _on_sheets(labels, sheet, skip),
            "unknown": unknown,
            "count": len(labels),
            "left_out": len(samples) - len(labels),
        }
    return render(request, "exchange/labels.html", context)


@login_required
@require_safe
def short_page(request: HttpRequest, code: str) -> HttpResponse:
    """What one wants to know with the vial in hand, and what one does then."""
    key = key_of(code)
    if key is None:
        raise Http404("There is no such sample.")
    visible = with_withdrawal(Sample.objects.visible_to(request.user))
    sample = get_object_or_404(visible.select_related("project", "material", "morphology"), pk=key)
    context = {
        "sample": sample,
        "composition": composition_of(sample),
        "measurements": standing(sample.measurements.order_by("-created_at"))[:5],
        "can_edit": has_role(request.user, sample.project, EDITS),
    }
    return render(request, "exchange/short.html", context)


def _chosen(request: HttpRequest, asked: dict[str, Any]) -> tuple[list[Sample], list[str]]:
    """The samples that are meant, by code, and what is none that this person may see."""
    visible = standing(Sample.objects.visible_to(request.user)).select_related("project", "material", "morphology")
    names = asked["samples"].replace(",", "\n").split()
    wanted = Q(pk__in=[])
    for name in names[:MOST]:
        project, _, code = name.rpartition("/")
        key = as_uuid(name)
        one = Q(pk=key) if key else Q(code__iexact=code)
        wanted |= one & Q(project__slug=project) if project else one
    if asked["project"]:
        wanted |= Q(project=asked["project"])
    found = list(visible.filter(wanted).order_by("project__slug", "code"))
    known = {str(sample.pk) for sample in found} | {sample.code.casefold() for sample in found}
    return found, [name for name in names if name.rpartition("/")[2].casefold() not in known]


def _label(request: HttpRequest, sample: Sample) -> Label:
    address = public_address(reverse("short", args=[short_code(sample.pk)]), request)
    return Label(sample, address, qr_svg(address))


def _on_sheets(labels: list[Label], sheet: LabelSheet, skip: int) -> list[list[Label | None]]:
    """Labels by sheet, after the places that are used already."""
    places: list[Label | None] = [*[None] * skip, *labels]
    return [places[start : start + sheet.places] for start in range(0, len(places), sheet.places)] if labels else []
