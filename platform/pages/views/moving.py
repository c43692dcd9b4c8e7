"""Putting right what was recorded wrongly: merging duplicates, and moving a file or a measurement to its subject."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.access import require_write
from measurements.models import Measurement, RawFile
from pages.errors import show_in
from provenance.services import MergePlan, merge, move_file, move_measurement, plan_merge
from samples.models import Cell, Material, Sample, Term

_MERGED: dict[str, type[Any]] = {"material": Material, "sample": Sample, "cell": Cell, "term": Term}
_MOVED: dict[str, type[Any]] = {"file": RawFile, "measurement": Measurement}


class MergeForm(forms.Form):
    """Which record stays, and why the two are the same."""

    into = forms.CharField(label="Merge into", max_length=200)
    reason = forms.CharField(label="Why are they the same?", max_length=400, required=False)

    def __init__(self, *args: Any, model: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.model, self.user = model, user
        said = {Material: "Name of the material.", Term: "The other word of the vocabulary."}
        self.fields["into"].help_text = said.get(model, "Project and code, such as demo/LLZTO-particles.")

    def found(self, text: str, like: Any) -> Any:
        """The record that a text names; None where there is none that the person may see."""
        rows = self.model.objects.visible_to(self.user)
        if self.model is Material:
            return rows.filter(name__iexact=text.strip()).first()
        if self.model is Term:
            return rows.filter(vocabulary=like.vocabulary, label__iexact=text.strip()).first()
        return subject_named(rows, text, like.project)


class MoveForm(forms.Form):
    """To which sample or cell, and why."""

    to = forms.CharField(label="To sample or cell", max_length=200, help_text="Project and code, or the code alone.")
    reason = forms.CharField(label="Why?", max_length=400)


def subject_named(rows: Any, text: str, project: Any) -> Any:
    """A sample or cell by `project/code`, or by its code in the project."""
    slug, slash, code = text.strip().rpartition("/")
    rows = rows.select_related("project")
    if slash:
        return rows.filter(project__slug=slug, code__iexact=code).first()
    return rows.filter(project=project, code__iexact=code).first()


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def merge_page(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Asks for the other one, shows what would move, and merges."""
    model = _MERGED.get(kind)
    if model is None:
        raise Http404
    duplicate: Any = get_object_or_404(model.objects.visible_to(request.user), pk=pk)
    require_write(request.user, duplicate)
    asked = request.POST if request.method == "POST" else request.GET
    form = MergeForm(asked or None, model=model, user=request.user)
    plan: MergePlan | None = None
    if asked and form.is_valid():
        into = form.found(form.cleaned_data["into"], duplicate)
        if into is None:
            form.add_error("into", "There is none of this name that you may see.")
        else:
            plan = plan_merge(duplicate, into, actor=request.user)
    if request.method == "POST" and plan is not None and not plan.refusals and _merged(request, plan, form):
        return redirect(_page_of(plan.into))
    context = {"duplicate": duplicate, "form": form, "plan": plan, "back": _page_of(duplicate)}
    refused = bool(form.errors) or (request.method == "POST" and plan is not None)
    return render(request, "pages/merge.html", context, status=422 if refused else 200)


def _merged(request: HttpRequest, plan: MergePlan, form: MergeForm) -> bool:
    try:
        merge(plan.duplicate, into=plan.into, actor=request.user, reason=form.cleaned_data["reason"])
    except ValidationError as refusal:
        show_in(form, refusal)
        return False
    messages.success(request, f"{plan.duplicate} is merged into {plan.into}.")
    return True


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def move_page(request: HttpRequest, kind: str, pk: UUID) -> HttpResponse:
    """Asks for the right sample or cell, and moves a file or a whole measurement there."""
    model = _MOVED.get(kind)
    if model is None:
        raise Http404
    record: Any = get_object_or_404(model.objects.visible_to(request.user), pk=pk)
    measurement: Measurement = record.measurement if kind == "file" else record
    require_write(request.user, measurement)
    form = MoveForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        moved = _moved(request, record, measurement, form)
        if moved is not None:
            return redirect(moved)
    others = measurement.files.exclude(pk=pk).count() if kind == "file" else 0
    context = {"record": record, "kind": kind, "measurement": measurement, "form": form, "others": others}
    return render(request, "pages/move.html", context, status=422 if form.errors else 200)


def _moved(request: HttpRequest, record: Any, measurement: Measurement, form: MoveForm) -> Measurement | None:
    subjects = Sample.objects.visible_to(request.user)
    to = subject_named(subjects, form.cleaned_data["to"], measurement.sample.project)
    if to is None:
        form.add_error("to", "There is no such sample or cell that you may see; write project/code.")
        return None
    by: dict[str, Any] = {"to": to, "actor": request.user, "reason": form.cleaned_data["reason"]}
    try:
        if isinstance(record, RawFile):
            moved: Measurement = move_file(record, **by).measurement
        else:
            moved = move_measurement(record, **by)
    except ValidationError as refusal:
        show_in(form, refusal)
        return None
    messages.success(request, f"Moved to {to}. It is read and analysed there.")
    return moved


def _page_of(record: Any) -> str:
    return reverse("vocabularies") if isinstance(record, Term) else str(record.get_absolute_url())
