"""Naming the columns of a table that says nothing about itself: one choice and one unit per column.

Nothing is filled in by guess. What a person chose is kept on the reading, so a second attempt starts from the first.
"""

from __future__ import annotations

import json
from typing import Any

from django import forms

from measurements.models import FileReading
from measurements.readers.bdf_terms import TERMS

_LAYOUT = {
    "delimiter": "Delimiter",
    "decimal": "Decimal sign",
    "header_row": "Line with the column names",
    "first_row": "First line with values",
    "encoding": "Encoding",
}
_SIGNS = (
    ("", "no current column"),
    ("charge-positive", "positive while charging"),
    ("discharge-positive", "positive while discharging"),
)
_FIRST = ("test_time_second", "voltage_volt", "current_ampere", "cycle_count", "step_count")


class MappingForm(forms.Form):
    """Meaning and unit of each column found, the sign of the current, and the layout where it was taken wrongly."""

    current_sign = forms.ChoiceField(label="The current is", choices=_SIGNS, required=False)

    def __init__(self, *args: Any, reading: FileReading, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reading = reading
        self.columns: list[str] = list(reading.proposal.get("columns", []))
        self.sample: list[list[str]] = list(reading.proposal.get("sample", []))
        before = _as_stored(reading.options.get("columns", ""))
        self.fields["current_sign"].initial = reading.options.get("current_sign", "")
        for place, column in enumerate(self.columns):
            term, unit = before.get(column, ("", ""))
            self.fields[f"term_{place}"] = forms.ChoiceField(
                label=f"Meaning of {column}", choices=_choices(), required=False, initial=term
            )
            self.fields[f"unit_{place}"] = forms.CharField(
                label=f"Unit of {column}", required=False, max_length=30, initial=unit
            )
        proposed = reading.proposal.get("layout", {})
        for name, label in _LAYOUT.items():
            known = reading.options.get(name, "")
            self.fields[name] = forms.CharField(
                label=label,
                required=False,
                max_length=20,
                initial=known,
                strip=False,
                widget=forms.TextInput(attrs={"placeholder": proposed.get(name, "as found")}),
            )

    def rows(self) -> list[dict[str, Any]]:
        """Each column with its form fields and the first values, for the template."""
        return [
            {
                "name": column,
                "term": self[f"term_{place}"],
                "unit": self[f"unit_{place}"],
                "values": [row[place] for row in self.sample[:4] if place < len(row)],
            }
            for place, column in enumerate(self.columns)
        ]

    def layout(self) -> list[forms.BoundField]:
        """The fields of the layout."""
        return [self[name] for name in _LAYOUT]

    def clean(self) -> dict[str, Any]:
        """At least one column is named, none twice, each with a unit where it needs one."""
        data: dict[str, Any] = super().clean() or {}
        taken: dict[str, str] = {}
        for place, column in enumerate(self.columns):
            term = data.get(f"term_{place}")
            if not term:
                continue
            if term in taken:
                self.add_error(f"term_{place}", f"{TERMS[term].label} is the meaning of {taken[term]} already.")
            taken[term] = column
            if TERMS[term].unit and not data.get(f"unit_{place}", "").strip():
                self.add_error(f"unit_{place}", f"Give its unit in the file, such as {TERMS[term].unit}.")
        if not taken:
            self.add_error(None, "Name at least the time, the voltage and the current.")
        if "current_ampere" in taken and not data.get("current_sign"):
            self.add_error("current_sign", "Say which direction of the current is positive in this file.")
        return data

    def options(self) -> dict[str, str]:
        """What the reader is told."""
        data = self.cleaned_data
        mapping = {
            data[f"term_{place}"]: {"column": column, "unit": data[f"unit_{place}"].strip() or None}
            for place, column in enumerate(self.columns)
            if data[f"term_{place}"]
        }
        options = {"columns": json.dumps(mapping, ensure_ascii=False)}
        names = ("current_sign", *_LAYOUT)
        return options | {name: data[name] for name in names if data[name]}


def _choices() -> list[Any]:
    first = [(name, TERMS[name].label) for name in _FIRST]
    others = sorted((name, term.label) for name, term in TERMS.items() if name not in _FIRST)
    return [("", "keep as it is"), ("Most used", first), ("All", others)]


def _as_stored(text: str) -> dict[str, tuple[str, str]]:
    """Meaning and unit by column of a mapping that was given before as JSON; nothing of one in words."""
    try:
        given = json.loads(text)
    except ValueError:
        return {}
    return {entry["column"]: (term, entry.get("unit") or "") for term, entry in given.items()}
