"""Choosing a record by its name: a text box with offers, where the admin has an autocomplete of keys.

What is typed is what stands on the label: `demo/NCM622-3` of a sample, `LLZTO` of a material. It works without scripts,
on a phone and by keyboard; the offers of a script say what helps to choose, such as what is left of a lot.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.urls import reverse

from core.filters import as_uuid
from samples.models import Instrument, Material, Protocol, Publication, Sample

if TYPE_CHECKING:
    _ModelChoiceField = forms.ModelChoiceField[Any]
else:
    _ModelChoiceField = forms.ModelChoiceField

Rows = QuerySet[Any]
_MOST = 12


@dataclass(frozen=True)
class Naming:
    """How people name the records of one kind.

    Attributes:
        kind: In addresses.
        said: What it is called in a sentence.
        name: Of a record.
        find: Records of that name.
        such_as: A name as an example.
        by: The field of a new one that is filled with the name.
    """

    kind: str
    said: str
    name: Callable[[Any], str]
    find: Callable[[Rows, str], Rows]
    such_as: str
    by: str = "name"


def _samples(rows: Rows, text: str) -> Rows:
    project, _, code = text.rpartition("/")
    found = rows.filter(code__iexact=code.strip())
    return found.filter(project__slug=project.strip()) if project else found


def _protocols(rows: Rows, text: str) -> Rows:
    name, _, revision = text.rpartition(", revision ")
    return rows.filter(name=name, revision=revision) if name and revision.isdigit() else rows.filter(name=text)


NAMINGS: Final[dict[type[Any], Naming]] = {
    Sample: Naming("sample", "sample", lambda s: f"{s.project.slug}/{s.code}", _samples, "demo/NCM622-3", "code"),
    Material: Naming("material", "material", lambda m: m.name, lambda rows, t: rows.filter(name__iexact=t), "LLZTO"),
    Instrument: Naming(
        "instrument", "instrument", lambda i: i.name, lambda rows, t: rows.filter(name__iexact=t), "tube furnace 2"
    ),
    Publication: Naming(
        "publication", "publication", lambda p: p.label, lambda rows, t: rows.filter(label__iexact=t), "[45]", "label"
    ),
    Protocol: Naming(
        "protocol", "protocol", lambda p: f"{p.name}, revision {p.revision}", _protocols, "co-sintering, revision 2"
    ),
}
OFFERED_KINDS: Final = {naming.kind: model for model, naming in NAMINGS.items()}


class Chosen(_ModelChoiceField):
    """A record that is chosen by its name."""

    widget = forms.TextInput

    def __init__(self, field: Any) -> None:
        rows: Any = field.queryset
        self.naming = NAMINGS[rows.model]
        super().__init__(
            rows, required=field.required, label=field.label, help_text=field.help_text, initial=field.initial
        )

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Where a script finds what to offer."""
        kind = self.naming.kind
        new = f"{reverse('record-new', args=[kind])}?{self.naming.by}="
        told = {"data-choose": reverse("choose", args=[kind]), "data-new": new, "data-said": self.naming.said}
        return {**super().widget_attrs(widget), **told, "autocomplete": "off", "spellcheck": "false"}

    def prepare_value(self, value: Any) -> Any:
        """The name of a stored record that may be chosen, nothing of a hidden one; what was typed stays as it was."""
        if isinstance(value, str) and not as_uuid(value):
            return value
        rows: Any = self.queryset
        found = rows.filter(pk=getattr(value, "pk", value)).first() if value else None
        return self.naming.name(found) if found is not None else ""

    def to_python(self, value: Any) -> Any:
        """The record of that name, among those that may be chosen.

        Raises:
            ValidationError: There is none, or more than one.
        """
        text = str(value or "").strip()
        if not text:
            return None
        rows: Any = self.queryset
        key = as_uuid(text)
        found = list((rows.filter(pk=key) if key else self.naming.find(rows, text))[:2])
        if len(found) == 1:
            return found[0]
        if found:
            names = " and ".join(self.naming.name(one) for one in found)
            raise ValidationError(f"More than one {self.naming.said} has this name: {names}. Write which.")
        raise ValidationError(
            f'There is no {self.naming.said} "{text}" to choose; take one of those offered, such as '
            f"{self.naming.such_as}."
        )


def key_of(model: Any, text: str, user: Any) -> str:
    """The key of the record that a text names, empty where it names none that the person may see."""
    found = list(NAMINGS[model].find(model.objects.visible_to(user), text.strip())[:2]) if text.strip() else []
    return str(found[0].pk) if len(found) == 1 else ""


def offered(page: Any, request: Any, text: str) -> list[dict[str, str]]:
    """Records whose names and words match what was typed, as a page offers them.

    Args:
        page: The admin page of their kind, which knows where to search and which words help to choose.
        request: Whose.
        text: What was typed.
    """
    rows = page.model.objects.visible_to(request.user)
    rows, repeats = page.get_search_results(request, rows, text.rpartition("/")[2] if page.model is Sample else text)
    if repeats:
        rows = page.model.objects.filter(pk__in=rows.values("pk"))
    if page.model is Sample:
        rows = rows.select_related("project").order_by("-created_at")
    rows = page.offered(rows) if hasattr(page, "offered") else rows
    words = page.offered_as if hasattr(page, "offered_as") else str
    return [{"value": NAMINGS[page.model].name(one), "label": words(one)} for one in rows[:_MOST]]
