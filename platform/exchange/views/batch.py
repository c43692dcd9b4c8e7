"""The page of a batch: a series of ratios or a grid, seen before it is made."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import Project
from exchange.batch import Batch, Line, WrongBatch, listed, make_batch, plan_batch, rows_of
from pages.errors import show_in
from samples.models import Process, Sample

_HEATS = (Process.Kind.CO_SINTERING, Process.Kind.SINTERING, Process.Kind.CALCINATION, Process.Kind.DRYING)


class BatchForm(forms.Form):
    """What is planned; lists one to a line, or with semicolons or commas between."""

    project = forms.ModelChoiceField(Project.objects.none(), label="Project", to_field_name="slug", empty_label=None)
    components = forms.CharField(
        label="Components",
        help_text="Codes of samples or names of materials, in the order of the ratios: NCM622, LLZTO, LBO.",
        max_length=1000,
    )
    ratios = forms.CharField(
        label="Weight ratios",
        widget=forms.Textarea(attrs={"rows": 5, "placeholder": "43:35:22\n45:40:15"}),
        help_text="Or paste rows from a spreadsheet: ratio, temperature, time and code in columns.",
        max_length=20_000,
    )
    temperatures = forms.CharField(
        label="Temperatures", required=False, max_length=1000, help_text="650, 700 degC, 973 K; plain numbers are °C."
    )
    times = forms.CharField(
        label="Times", required=False, max_length=1000, help_text="1 h, 30 min; plain numbers are hours."
    )
    total_mass = forms.CharField(
        label="Mass of each mixture",
        required=False,
        max_length=40,
        help_text="2 g: gives each component its planned mass.",
    )
    heating = forms.ChoiceField(label="Heated by", choices=[(kind.value, kind.label) for kind in _HEATS])
    product_kind = forms.ChoiceField(
        label="Products are",
        choices=[(value, label) for value, label in Sample.Kind.choices if value != Sample.Kind.CELL],
        initial=Sample.Kind.COMPOSITE_CATHODE,
    )
    mixture_code = forms.CharField(label="Codes of mixtures", max_length=60, initial="MIX-{ratio}")
    product_code = forms.CharField(
        label="Codes of products",
        max_length=80,
        initial="CC-{ratio}-{temperature}-{time}",
        help_text="{ratio}, {temperature}, {time} and {n} are filled in.",
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        project: Any = self.fields["project"]
        project.queryset = Project.objects.editable_by(user)

    def batch(self) -> Batch:
        """What was asked for."""
        data = dict(self.cleaned_data)
        rows = rows_of(data.pop("ratios"), data.pop("temperatures"), data.pop("times"))
        components = listed(data.pop("components").replace(",", "\n").replace("+", "\n"))
        return Batch(rows=rows, components=components, **data)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def batch_page(request: HttpRequest) -> HttpResponse:
    """The form, what it would make, and the making of it."""
    form = BatchForm(request.POST or None, user=request.user)
    lines: list[Line] = []
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("do") == "make":
                lines = make_batch(form.batch(), actor=request.user)
                messages.success(request, f"{len(lines)} planned products were made, with their processes.")
                return redirect(f"/samples/?project={form.cleaned_data['project'].slug}")
            lines = plan_batch(form.batch(), actor=request.user)
        except WrongBatch as error:
            lines = error.lines
        except ValidationError as error:
            show_in(form, error)
        except PermissionDenied as error:
            form.add_error("project", str(error))
    wrong = any(line.problems for line in lines)
    context = {
        "form": form,
        "lines": lines,
        "wrong": wrong,
        "may_make": Project.objects.editable_by(request.user).exists(),
    }
    return render(request, "exchange/batch.html", context, status=422 if form.errors or wrong else 200)
