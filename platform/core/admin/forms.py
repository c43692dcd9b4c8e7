"""Forms of records: the version that was shown travels along, and what a service refuses is shown at its field.

A door does not know the rules of the domain. It asks a service to write; where that refuses, the same form is built
once more with the refusal in it, and everything that was typed stays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, cast

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, models
from django.utils.text import capfirst

from core.admin.skin import TextArea, TextInput
from core.fields import QuantityField
from core.forms import QuantityFormField
from core.merging import merge_with_stored, sealed, shown_values
from core.quantities import display_unit
from core.records import StaleVersionError

if TYPE_CHECKING:
    _ModelForm = forms.ModelForm[Any]
else:
    _ModelForm = forms.ModelForm

_TRIGGERS = {
    "lineage_is_acyclic": ("outputs", "A sample cannot be made from itself, directly or through other processes."),
    "fractions_add_to_one": ("inputs", "The weight fractions of the components do not add to 100 %."),
}


@dataclass(frozen=True)
class Refusal:
    """Why a service did not write, by field.

    Attributes:
        errors: Messages by field name; `__all__` for those of the whole record.
        stale: Somebody else changed the record meanwhile.
    """

    errors: dict[str, list[str]] = field(default_factory=dict)
    stale: bool = False

    @classmethod
    def of(cls, error: ValidationError | StaleVersionError | IntegrityError) -> Refusal:
        """The refusal that an exception means."""
        if isinstance(error, StaleVersionError):
            return cls(stale=True)
        if isinstance(error, ValidationError):
            found = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
            return cls(found)
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        place, words = _TRIGGERS.get(name, (NON_FIELD_ERRORS, f"The database refuses this ({name or error})."))
        return cls({place: [words]})


class CheckedForm(_ModelForm):
    """A model form whose database rules speak at the field they are about."""

    error_places: ClassVar[dict[str, str]] = {}
    """Names that services use for fields which this form calls otherwise."""

    def _post_clean(self) -> None:
        """Django asks the constraints all at once and does not say which field each is about: they are asked here."""
        self.instance.validate_constraints = lambda exclude=None: None  # noqa: ARG005
        try:
            super()._post_clean()  # type: ignore[misc]
        finally:
            del self.instance.validate_constraints
        self.check_constraints()

    def check_constraints(self) -> None:
        """Asks each constraint, and shows what it says at its field where it is about one."""
        exclude = self._get_validation_exclusions()  # type: ignore[attr-defined]
        for model, constraints in self.instance.get_constraints():
            for constraint in constraints:
                if self.skips(constraint):
                    continue
                try:
                    constraint.validate(model, self.instance, exclude=exclude)
                except ValidationError as error:
                    self._refuse(constraint, error)

    def skips(self, constraint: Any) -> bool:
        """Whether the form leaves this constraint to the service."""
        return False

    def _refuse(self, constraint: Any, error: ValidationError) -> None:
        names = _fields_of(constraint)
        place = next((name for name in names if name in self.fields), None) if len(names) == 1 else None
        self.add_error(place, error)


class RecordForm(CheckedForm):
    """The form of one record."""

    refusal: ClassVar[Refusal | None] = None
    request: ClassVar[Any] = None

    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen_values = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["seen_version"].initial = self.instance.version
            # Asked for when the page is written, after the forms below this one have had their say.
            self.fields["seen_values"].initial = lambda: sealed(shown_values(self))

    @property
    def expected_version(self) -> int | None:
        """The version that the person was shown; None for a new record."""
        version: int | None = self.cleaned_data.get("seen_version")
        return version

    def entered(self) -> dict[str, Any]:
        """What was filled in, by name of the model's field, in the form that services take."""
        names = {f.name for f in self.instance._meta.concrete_fields}
        return {name: value for name, value in self.cleaned_data.items() if name in names and self._given(name, value)}

    def changes(self) -> dict[str, Any]:
        """What was changed, by name of the model's field."""
        names = {f.name for f in self.instance._meta.concrete_fields}
        return {name: self.cleaned_data[name] for name in self.changed_data if name in names}

    def _given(self, name: str, value: Any) -> bool:
        if not isinstance(self.fields[name], QuantityFormField):
            return True
        return value not in ("", None)

    def _post_clean(self) -> None:
        super()._post_clean()
        version = self.cleaned_data.get("seen_version")
        adding = self.instance._state.adding
        if not adding and (self._is_stale(version) or (self.refusal and self.refusal.stale)):
            self._say_stale()
        elif self.refusal is not None:
            self._show(self.refusal)

    def _is_stale(self, version: int | None) -> bool:
        return version is not None and version != self.instance.version

    def _say_stale(self) -> None:
        """Says who changed what; a second save is a decision and goes through."""
        current = type(self.instance)._base_manager.get(pk=self.instance.pk)
        merge = merge_with_stored(self, current)
        lines = [merge.sentence, *(f"{d.label} is now: {d.theirs or 'empty'}" for d in merge.differences)]
        self.add_error(None, [ValidationError(line) for line in lines])

    def _show(self, refusal: Refusal) -> None:
        for key, messages in refusal.errors.items():
            name = self.error_places.get(key, key)
            if name in self.rows_prefixes:
                continue
            if name in self.fields:
                self.add_error(name, messages)
            else:
                said = key if key != NON_FIELD_ERRORS else ""
                self.add_error(None, [f"{capfirst(said.replace('_', ' '))}: {m}" if said else m for m in messages])

    rows_prefixes: ClassVar[frozenset[str]] = frozenset()
    """Prefixes of the page's lists, which show their own refusals."""


def text_field(label: str, *, help_text: str = "", placeholder: str = "", **attrs: str) -> forms.CharField:
    """An optional text box in the skin's clothes."""
    widget = TextInput(attrs={"placeholder": placeholder, **attrs})
    return forms.CharField(label=label, required=False, help_text=help_text, widget=widget)


def dressed(db_field: Any, *, in_row: bool = False) -> Any:
    """The form field of a quantity, or of a longer text, in the skin's clothes; None for other fields."""
    if isinstance(db_field, models.TextField):
        return db_field.formfield(widget=TextInput() if in_row else TextArea(attrs={"rows": 3}))
    if not isinstance(db_field, QuantityField):
        return None
    field: Any = db_field.formfield()
    hint = {"placeholder": display_unit(db_field.unit)} if in_row else field.widget.attrs
    field.widget = TextInput(attrs={**hint, "autocomplete": "off", "class": "co-quantity"})
    field.widget.is_required = field.required
    return field


def _fields_of(constraint: Any) -> set[str]:
    """The model's fields that a constraint is about."""
    if isinstance(constraint, models.CheckConstraint):
        return set(cast("models.Q", constraint.condition).referenced_base_fields)
    named = set(getattr(constraint, "fields", ()))
    for expression in getattr(constraint, "expressions", ()):
        named |= {part.name for part in expression.flatten() if isinstance(part, models.F)}
    return named - {"project"}
