"""The form of a record's tags and project fields, made from what the project defines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import forms

from core.quantities import display_unit
from custom.models import ProjectField
from custom.selectors import ShownField, fields_of
from custom.values import ValueRefused, normalised, unit_of


class CustomForm(forms.Form):
    """Tags in a line, and a box for each field of the project.

    Args:
        record: A sample, cell, process or measurement.
    """

    tags = forms.CharField(label="Tags", required=False, max_length=2000, help_text="With commas between.")
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, record: Any, known_tags: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = fields_of(record)
        self.fields["tags"].initial = ", ".join(record.tags)
        self.fields["version"].initial = record.version
        if known_tags:
            self.fields["tags"].help_text = f"With commas between. In this project: {', '.join(known_tags[:30])}."
        for row in self.rows:
            self.fields[name_of(row.field)] = box(row)

    def clean(self) -> dict[str, Any]:
        """Each value fits its field; what does not is said there."""
        data: dict[str, Any] = super().clean() or {}
        for name, fault in faults_of(self.rows, data):
            self.add_error(name, fault)
        return data

    def entered(self) -> dict[str, Any]:
        """Tags and values as a record takes them."""
        return {"tags": words_in(self.cleaned_data["tags"]), "fields": values_in(self.rows, self.cleaned_data)}


def words_in(text: str) -> list[str]:
    """The tags of a line with commas between."""
    words = [" ".join(word.split()) for word in text.split(",")]
    return [word for word in words if word]


def values_in(rows: Iterable[ShownField], data: Mapping[str, Any]) -> dict[str, Any]:
    """What was entered in the boxes of project fields, by key; nothing of empty ones."""
    values = {row.field.key: data.get(name_of(row.field)) for row in rows}
    return {key: value for key, value in values.items() if value not in (None, "")}


def faults_of(rows: Iterable[ShownField], data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Of each box with a value that does not fit: its name, and what would be right."""
    for row in rows:
        name = name_of(row.field)
        try:
            normalised(row.field, data.get(name))
        except ValueRefused as error:
            yield name, str(error)


def name_of(field: ProjectField) -> str:
    """Name of the box of a field."""
    return f"field_{field.key}"


def box(row: ShownField) -> forms.Field:
    """The box in which a value is entered, as its kind wants it."""
    field = row.field
    initial = row.value["text"] if isinstance(row.value, dict) else row.value
    common: dict[str, Any] = {
        "label": field.label if not field.retired else f"{field.label} (retired)",
        "required": field.required and not field.retired,
        "help_text": field.description,
        "initial": initial,
    }
    kinds = ProjectField.Kind
    if field.kind == kinds.CHOICE:
        return forms.ChoiceField(choices=[("", "–"), *((word, word) for word in field.choices)], **common)
    if field.kind == kinds.YES_NO:
        common["initial"] = {True: "yes", False: "no"}.get(row.value, "")
        return forms.ChoiceField(choices=[("", "–"), ("yes", "yes"), ("no", "no")], **common)
    if field.kind == kinds.DATE:
        return forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), **common)
    if field.kind == kinds.NUMBER:
        unit = display_unit(unit_of(field))
        hint = forms.TextInput(attrs={"placeholder": f"in {unit}" if unit else "", "autocomplete": "off"})
        return forms.CharField(widget=hint, max_length=60, **common)
    if field.kind == kinds.LINK:
        return forms.CharField(widget=forms.TextInput(attrs={"placeholder": "https://"}), max_length=2000, **common)
    return forms.CharField(max_length=2000, **common)
