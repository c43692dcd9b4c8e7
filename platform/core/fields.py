"""A model field for numbers with units: the canonical value, and beside it the text as somebody entered it.

`QuantityField("active_mass")` makes two columns: `active_mass` (float, in the canonical unit of that quantity) and
`active_mass_text`. Assigning a text sets both; assigning a number clears the text, which no longer tells the truth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from core.quantities import QuantityError, format_value, quantity, read_quantity

_TEXT_LENGTH = 60

if TYPE_CHECKING:
    _FloatField = models.FloatField[float | str | None, float | None]
else:
    _FloatField = models.FloatField


def refusal(message: str) -> ValidationError:
    """A validation error whose text may hold per cent signs, which form and REST frameworks would take for formats."""
    return ValidationError("%(message)s", params={"message": message})


class _QuantityAttribute(DeferredAttribute):
    """Keeps value and entered text in step when either is assigned through the value's name."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        field: QuantityField = self.field  # type: ignore[assignment]
        attributes = instance.__dict__
        if isinstance(value, str):
            attributes[field.name], attributes[field.text_name] = field.parse_text(value)
            return
        changed = field.name in attributes and attributes[field.name] != value
        attributes[field.name] = value
        if changed:
            attributes[field.text_name] = ""


class QuantityField(_FloatField):
    """A number in the canonical unit of a declared quantity, entered with any fitting unit.

    Args:
        quantity_key: Key in `core.quantities`.
        words: Texts accepted instead of a number (`RT`); they are kept and have no value.
    """

    descriptor_class = _QuantityAttribute

    def __init__(self, quantity_key: str, *args: Any, words: tuple[str, ...] = (), **kwargs: Any) -> None:
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)
        self.quantity_key = quantity_key
        self.words = tuple(words)

    @property
    def unit(self) -> str:
        """Canonical unit of the stored value."""
        return quantity(self.quantity_key).unit

    @property
    def text_name(self) -> str:
        """Name of the column that keeps the entered text."""
        return f"{self.name}_text"

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Adds what a migration must know to make the field again."""
        name, path, args, kwargs = super().deconstruct()
        if self.words:
            kwargs["words"] = self.words
        return name, path, [self.quantity_key, *args], kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:  # noqa: FBT001, FBT002
        """Adds the companion text column, in front of the value, so that loading sets the text first."""
        super().contribute_to_class(cls, name, private_only)
        if cls.__module__ != "__fake__":  # migrations list both columns themselves
            text: Any = models.CharField(max_length=_TEXT_LENGTH, blank=True, default="", editable=False)
            text.creation_counter = self.creation_counter - 0.5
            cls.add_to_class(self.text_name, text)

    def parse_text(self, entered: str) -> tuple[float | None, str]:
        """Value and kept text of what somebody entered.

        Raises:
            ValidationError: It is not a number with a fitting unit; the message says what would be.
        """
        entered = entered.strip()
        if not entered:
            return None, ""
        if entered.casefold() in (word.casefold() for word in self.words):
            return None, entered
        if len(entered) > _TEXT_LENGTH:
            raise ValidationError(f"{self.verbose_name}: at most {_TEXT_LENGTH} characters, found {len(entered)}")
        try:
            return read_quantity(self.quantity_key, entered, what=str(self.verbose_name)).value, entered
        except QuantityError as error:
            raise refusal(str(error)) from error

    def to_python(self, value: Any) -> float | None:
        """A number from whatever a form or a caller gives."""
        return self.parse_text(value)[0] if isinstance(value, str) else super().to_python(value)

    def value_from_object(self, obj: models.Model) -> Any:
        """What a form shows first: the entered text, else the number in full precision, so that nothing is lost."""
        text: str = getattr(obj, self.text_name)
        value: float | None = getattr(obj, self.name)
        if text or value is None:
            return text
        return f"{value!r} {self.unit}".strip()

    def value_to_string(self, obj: models.Model) -> str:
        """The text for serialised data."""
        return str(self.value_from_object(obj))

    def formfield(self, form_class: Any = None, choices_form_class: Any = None, **kwargs: Any) -> Any:
        """A text box that takes any fitting unit."""
        from core.forms import QuantityFormField

        del form_class, choices_form_class  # there is one way to enter a quantity
        return QuantityFormField(
            model_field=self,
            required=not self.blank,
            label=kwargs.pop("label", None) or str(self.verbose_name).capitalize(),
            help_text=self.help_text,
            initial=kwargs.get("initial"),
        )

    def shown(self, instance: models.Model) -> str:
        """What a person reads: the entered text, else the value with its canonical unit, else nothing."""
        text: str = getattr(instance, self.text_name)
        value: float | None = getattr(instance, self.name)
        if text or value is None:
            return text
        return format_value(value, self.unit)


def quantity_field(instance: models.Model, name: str) -> QuantityField:
    """The quantity field of that name.

    Raises:
        TypeError: The record's field of that name is no quantity.
    """
    field = instance._meta.get_field(name)
    if not isinstance(field, QuantityField):
        raise TypeError(f"{name} of {instance._meta.verbose_name} is not a quantity")
    return field


def shown(instance: models.Model, name: str) -> str:
    """What a person reads of a quantity of this record; empty where it is unknown."""
    return quantity_field(instance, name).shown(instance)


def as_entered(instance: models.Model, name: str) -> str | float | None:
    """A quantity in the form that loses nothing when it is assigned to another record: its text, else its value."""
    field = quantity_field(instance, name)
    text: str = getattr(instance, field.text_name)
    value: float | None = getattr(instance, name)
    return text or value
