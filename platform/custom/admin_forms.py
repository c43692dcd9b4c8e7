"""Tags and project fields on admin pages: a mixin for the admins of records, which makes the form fit the project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest

from core.admin import RecordForm
from core.admin.forms import text_field
from core.admin.skin import Select, TextInput
from custom.forms import box, faults_of, name_of, values_in, words_in
from custom.selectors import ShownField, fields_of

if TYPE_CHECKING:
    from core.admin import RecordAdmin

    _Admin = RecordAdmin
    _Form = RecordForm
else:
    _Admin = _Form = object

_TAGS = "tag_words"


class CustomValuesForm(_Form):
    """Takes what was entered of tags and project fields along as two fields of the record."""

    custom_rows: tuple[ShownField, ...] = ()

    def clean(self) -> Any:
        """Each value fits its field."""
        data: Any = super().clean()
        for name, fault in faults_of(self.custom_rows, self.cleaned_data):
            self.add_error(name, fault)
        return data

    def changes(self) -> dict[str, Any]:
        """What was changed, with all tags and values where one of them was."""
        changed = super().changes()
        names = {name_of(row.field) for row in self.custom_rows}
        if _TAGS in self.changed_data:
            changed["tags"] = words_in(self.cleaned_data[_TAGS])
        if names & set(self.changed_data):
            changed["fields"] = values_in(self.custom_rows, self.cleaned_data)
        return changed


class WithCustomValues(_Admin):
    """Adds boxes for tags and project fields to the page of a record that exists."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With those of the project, for who may change them."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or not self.has_change_permission(request, obj):
            return fieldsets
        names = (_TAGS, *(name_of(row.field) for row in fields_of(obj)))
        return (*fieldsets, ("Tags and fields of the project", {"fields": names}))

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """The form with a box for each."""
        if obj is not None and self.has_change_permission(request, obj):
            rows = tuple(fields_of(obj))
            tags = text_field("Tags", help_text="With commas between.")
            tags.initial = ", ".join(obj.tags)
            boxes: dict[str, Any] = {_TAGS: tags, **{name_of(row.field): _dressed(box(row)) for row in rows}}
            kwargs["form"] = type(self.form.__name__, (CustomValuesForm, self.form), {**boxes, "custom_rows": rows})
        return super().get_form(request, obj, change, **kwargs)


def _dressed(field: forms.Field) -> forms.Field:
    """In the skin's clothes."""
    widget: Any = field.widget
    if isinstance(field, forms.ChoiceField):
        choices = field.choices
        field.widget = Select()
        field.choices = choices
    elif not isinstance(widget, forms.DateInput):
        field.widget = TextInput(attrs=widget.attrs)
    field.widget.is_required = field.required
    return field
