"""The form by which a person names the columns of a table that no reader knows. Nothing is guessed for them."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.admin import Select, TextInput
from core.quantities import fits
from measurements.readers.bdf_terms import CURRENT, TERMS

_SIGNS = [
    ("", "Select value"),
    ("charge-positive", "positive while charging"),
    ("discharge-positive", "positive while discharging"),
]
_COMMON = (
    "test_time_second", "voltage_volt", "current_ampere", "cycle_count", "step_count", "frequency_hertz",
    "real_impedance_ohm", "imaginary_impedance_ohm",
)  # fmt: skip


class MappingForm(forms.Form):
    """A meaning and a unit for each column of the file; columns without a meaning are kept as they are."""

    current_sign = forms.ChoiceField(label="The current is", required=False, choices=_SIGNS, widget=Select)

    def __init__(self, data: Any = None, *, columns: list[str]) -> None:
        super().__init__(data)
        self.columns = columns
        for place, name in enumerate(columns):
            self.fields[f"meaning_{place}"] = forms.ChoiceField(
                label=name, required=False, choices=_meanings(), widget=Select
            )
            self.fields[f"unit_{place}"] = forms.CharField(
                label="unit", required=False, widget=TextInput(attrs={"placeholder": "V, mA, h ..."})
            )

    def rows(self) -> list[tuple[str, Any, Any]]:
        """Each column with its two fields."""
        return [(name, self[f"meaning_{i}"], self[f"unit_{i}"]) for i, name in enumerate(self.columns)]

    def clean(self) -> dict[str, Any]:
        """Each meaning once, with a unit that fits it."""
        data = super().clean() or {}
        seen: dict[str, str] = {}
        for place, name in enumerate(self.columns):
            meaning, unit = data.get(f"meaning_{place}"), (data.get(f"unit_{place}") or "").strip()
            if not meaning:
                continue
            if meaning in seen:
                self.add_error(f"meaning_{place}", f"{seen[meaning]} is called {TERMS[meaning].label} already.")
            seen[meaning] = name
            self._check_unit(place, meaning, unit)
        if not seen:
            raise ValidationError("Name at least the columns that the measurement is made of.")
        if CURRENT in seen and not data.get("current_sign"):
            self.add_error("current_sign", "Instruments differ: say when the current is positive in this file.")
        return data

    def _check_unit(self, place: int, meaning: str, unit: str) -> None:
        needed = TERMS[meaning].unit
        if not needed or "%" in unit or unit == "h:m:s":
            return
        if not unit:
            self.add_error(f"unit_{place}", f"In which unit? For example {needed}.")
        elif not fits(unit.removeprefix("-"), needed):
            self.add_error(f"unit_{place}", f"{unit} is no unit of this quantity; {needed} would be one.")

    def options(self) -> dict[str, str]:
        """What the reader is told."""
        columns = {}
        for place, name in enumerate(self.columns):
            meaning = self.cleaned_data[f"meaning_{place}"]
            if meaning:
                unit = self.cleaned_data[f"unit_{place}"].strip()
                columns[meaning] = {"column": name, "unit": unit or None}
        told = {"columns": json.dumps(columns, ensure_ascii=False)}
        sign = self.cleaned_data["current_sign"]
        return {**told, "current_sign": sign} if sign else told


def _meanings() -> list[Any]:
    rest = sorted((name for name in TERMS if name not in _COMMON), key=lambda name: TERMS[name].label)
    usual = [(name, TERMS[name].label) for name in _COMMON if name in TERMS]
    return [("", "leave as it is"), ("Usual", usual), ("Others", [(name, TERMS[name].label) for name in rest])]
