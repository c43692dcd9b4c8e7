"""The words of the laboratory: added, renamed with their uses following, retired, and merged where there are two."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import writing
from accounts.access import may_edit_lab_wide
from core.records import StaleVersionError
from core.withdrawal import with_withdrawal
from pages.errors import show_in
from pages.listing import count_of
from samples.models import LayerComponent, Sample, Term, ThermalStep


class WordForm(forms.Form):
    """A new word."""

    vocabulary = forms.ChoiceField(label="Vocabulary", choices=Term.Vocabulary.choices)
    label = forms.CharField(label="Word", max_length=100)
    description = forms.CharField(label="Meaning", required=False, max_length=1000)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def vocabulary_list(request: HttpRequest) -> HttpResponse:
    """Every vocabulary with its words and how often each is used."""
    form = WordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            word = writing.create(Term(**form.cleaned_data), actor=request.user)
        except ValidationError as refusal:
            show_in(form, refusal)
        else:
            messages.success(request, f"{word} is added.")
            return redirect("vocabularies")
    rows = with_withdrawal(Term.objects.visible_to(request.user)).annotate(
        of_samples=count_of(Sample.objects.all(), "morphology"),
        of_layers=count_of(LayerComponent.objects.all(), "morphology"),
        of_steps=count_of(ThermalStep.objects.all(), "atmosphere"),
    )
    groups: list[tuple[str, list[Any]]] = [
        (str(label), [word for word in rows if word.vocabulary == key]) for key, label in Term.Vocabulary.choices
    ]
    context = {"groups": groups, "form": form, "can_edit": may_edit_lab_wide(request.user)}
    return render(request, "pages/vocabularies.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def change_word(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Renames a word, retires it, or takes it up again. What refers to it follows its new name."""
    word: Term = get_object_or_404(Term.objects.visible_to(request.user), pk=pk)
    do, reason = request.POST.get("do"), request.POST.get("reason", "")[:400]
    try:
        if do == "retire":
            writing.withdraw(word, actor=request.user, reason=reason)
            messages.success(request, f"{word} is retired: records keep it, and lists leave it out.")
        elif do == "again":
            writing.reinstate(word, actor=request.user, reason=reason or "used again")
            messages.success(request, f"{word} is used again.")
        else:
            version = request.POST.get("version", "")
            writing.change(
                word,
                actor=request.user,
                expected_version=int(version) if version.isdecimal() else None,
                label=request.POST.get("label", "")[:200].strip(),
                description=request.POST.get("description", "")[:1000].strip(),
            )
            messages.success(request, "Saved. What refers to the word follows.")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    except StaleVersionError:
        messages.error(request, "Somebody changed this word meanwhile; look at it again.")
    return redirect("vocabularies")
