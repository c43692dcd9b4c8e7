"""Form field for a number with its unit, used by the admin and the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from core.quantities import display_unit

if TYPE_CHECKING:
    from core.fields import QuantityField


class QuantityFormField(forms.CharField):
    """Takes `2.10 mg`, `700 degC` or a plain number in the canonical unit; gives the text on to the model field."""

    def __init__(self, *, model_field: QuantityField, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model_field = model_field
        unit = display_unit(model_field.unit)
        self.widget.attrs.setdefault("placeholder", f"number and unit, e.g. in {unit}" if unit else "number")

    def clean(self, value: Any) -> str:
        """The text itself, once it is known to be a fitting quantity."""
        text: str = super().clean(value)
        self.model_field.parse_text(text)
        return text

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed is shown again as typed."""
        return data
