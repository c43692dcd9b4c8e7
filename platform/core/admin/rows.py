"""Lists inside a record's page (inputs of a process, layers of a cell): typed as rows, written as one list.

The rows of such a list have no life of their own: services take the whole list and put it in place of the stored one.
So a row that is sent back is always a new one here, whatever somebody else did to the stored rows meanwhile.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db import models
from django.forms.models import BaseInlineFormSet, model_to_dict
from django.http import HttpRequest
from django.utils.text import capfirst

from core.admin.forms import CheckedForm, Refusal, dressed
from core.admin.permissions import ByRole, Reach
from core.admin.skin import TabularInline
from core.merging import sealed, shown_values, unsealed

if TYPE_CHECKING:
    _InlineFormSet = BaseInlineFormSet[Any, Any, Any]
else:
    _InlineFormSet = BaseInlineFormSet


class RowForm(CheckedForm):
    """One row. It is checked by itself; what concerns the whole list is the service's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # the heading of the column is no label to a screen reader
            if field.label:
                widget: Any = getattr(field.widget, "widget", field.widget)  # the admin wraps choices of records
                widget.attrs.setdefault("aria-label", capfirst(str(field.label)))

    @classmethod
    def initial_of(cls, row: models.Model) -> dict[str, Any]:
        """What the row's form shows of a stored row."""
        return model_to_dict(row)

    def validate_unique(self) -> None:
        """Stored rows are replaced, so they are no obstacle."""

    def skips(self, constraint: Any) -> bool:
        """Stored rows are replaced, so only what a row says of itself counts."""
        return isinstance(constraint, models.UniqueConstraint)


class RowsFormSet(_InlineFormSet):
    """The list."""

    refusal: ClassVar[Refusal | None] = None
    refusal_places: ClassVar[dict[str, str]] = {}
    writable: ClassVar[bool] = True

    def initial_form_count(self) -> int:
        """Stored rows when they are shown; none when they come back."""
        return 0 if self.is_bound else super().initial_form_count()

    def add_fields(self, form: Any, index: int | None) -> None:
        """The hidden key of a row that comes back means nothing and is not checked."""
        super().add_fields(form, index)
        key = self._pk_field.name  # type: ignore[attr-defined]
        if self.is_bound and key in form.fields:
            form.fields[key] = forms.CharField(required=False, widget=forms.HiddenInput)

    def full_clean(self) -> None:
        """Adds what the service said of the list."""
        super().full_clean()
        if self.is_bound and self.refusal is not None:
            for key, messages in self.refusal.errors.items():
                if self.refusal_places.get(key, key) == self.prefix:
                    for message in messages:
                        self._non_form_errors.append(message)  # type: ignore[attr-defined]

    @property
    def management_form(self) -> Any:
        """Django's own, with what was shown: a list that nobody touched is not written."""
        form: Any = super().management_form
        if "SEEN" not in form.fields:
            form.fields["SEEN"] = forms.CharField(required=False, widget=forms.HiddenInput)
            if not self.is_bound:
                form.initial["SEEN"] = sealed(self._as_shown())
        return form

    def _as_shown(self) -> dict[str, str]:
        values: dict[str, str] = {}
        for form in self.initial_forms:
            values |= {name: value for name, value in shown_values(form).items() if value}
        return values

    def _untouched(self) -> bool:
        seen = unsealed(str(self.data.get(f"{self.prefix}-SEEN", "")))
        own = re.compile(rf"{re.escape(str(self.prefix))}-\d+-")
        sent = {name: str(self.data[name]) for name in self.data if own.match(name) and self.data[name]}
        known = [name for name in {*seen, *sent} if not name.endswith(self._unwritten())]
        return bool(seen) and all(sent.get(name, "") == seen.get(name, "") for name in known)

    def _unwritten(self) -> tuple[str, str]:
        return (f"-{self._pk_field.name}", f"-{self.fk.name}")  # type: ignore[attr-defined]

    def is_valid(self) -> bool:
        """A list that nobody touched is not written and need not be right: it may name what the person cannot see."""
        left_alone = self.is_bound and self.refusal is None and self._untouched()
        return left_alone or super().is_valid()

    def living(self) -> list[Any]:
        """The rows that were filled in and not removed, in order; none of a list that nobody touched."""
        if self._untouched():
            return []
        removed = {id(form) for form in self.deleted_forms}
        return [form for form in self.forms if form.has_changed() and id(form) not in removed]

    def is_changed(self) -> bool:
        """Whether the list differs from the stored one."""
        if not self.writable or self._untouched():
            return False
        stored, rows = list(self.get_queryset()), self.living()
        if len(stored) != len(rows):
            return True
        return any(_differs(form, row) for form, row in zip(rows, stored, strict=True))


def _differs(form: Any, row: models.Model) -> bool:
    before = form.initial_of(row)
    ignored = {"id", "DELETE", *(f.name for f in row._meta.fields if f.primary_key)}
    return any(
        field.has_changed(before.get(name), form[name].data)
        for name, field in form.fields.items()
        if name not in ignored and not isinstance(field, forms.models.InlineForeignKeyField)
    )


class RowsInline(ByRole, TabularInline):
    """A list on the page of its record; who may change the record may change the list."""

    form = RowForm
    formset = RowsFormSet
    extra = 0
    first_rows = 1
    hide_title = True
    refusal_places: ClassVar[dict[str, str]] = {}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Quantities are text boxes that take any fitting unit."""
        return dressed(db_field, in_row=True) or super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        """Empty rows to begin with, on the page of a new record."""
        return self.first_rows if obj is None else 0

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """For those who may only look, quantities with their units."""
        if obj is None or self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": self.looked_at(request, self.get_fields(request, obj))})]

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Hands the service's refusal on to the list."""
        kwargs.setdefault("fields", list(self.get_fields(request, obj)))
        formset: Any = super().get_formset(request, obj, **kwargs)
        formset.refusal = getattr(request, "refusal", None)
        formset.refusal_places = self.refusal_places
        formset.writable = self.has_change_permission(request, obj)
        draft = getattr(request, "draft", None)  # of a record that is made after another
        if draft is not None:
            formset.extra = len(draft.rows.get(formset.get_default_prefix(), ())) or formset.extra
        return formset

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the record."""
        return obj is None or Reach.of(request).may_see(obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As the record."""
        return self.has_change_permission(request, obj)
