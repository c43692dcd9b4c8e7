"""Tags and project fields on admin pages: a mixin for the admins of records, which makes the form fit the project.

A new record's project is the one that its form names; a script asks for the boxes of another one when it is chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.access import project_of
from core.admin import RecordForm
from core.admin.forms import text_field
from core.admin.skin import Select, TextInput
from custom.forms import box, faults_of, name_of, values_in, words_in
from custom.models import plain_tags
from custom.selectors import ShownField, copied_values, fields_of

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

    def clean_tag_words(self) -> str:
        """Words that can be tags."""
        text: str = self.cleaned_data[_TAGS]
        try:
            plain_tags(words_in(text))
        except ValidationError as error:
            raise ValidationError(error.message_dict["tags"]) from error
        return text

    def clean(self) -> Any:
        """Each value fits its field."""
        data: Any = super().clean()
        for name, fault in faults_of(self.custom_rows, self.cleaned_data):
            self.add_error(name, fault)
        return data

    def _post_clean(self) -> None:
        """A new record has them before it is checked whole; what is required has been asked for by the boxes."""
        record: Any = self.instance
        if record._state.adding:
            record.asks_fields = False
            record.tags, record.fields = self._tags(), values_in(self.custom_rows, self.cleaned_data)
        super()._post_clean()
        record.asks_fields = True

    def _tags(self) -> list[str]:
        return words_in(self.cleaned_data.get(_TAGS, ""))

    def entered(self) -> dict[str, Any]:
        """What was filled in, with tags and values."""
        return {**super().entered(), "tags": self._tags(), "fields": values_in(self.custom_rows, self.cleaned_data)}

    def changes(self) -> dict[str, Any]:
        """What was changed, with all tags and values where one of them was."""
        changed = super().changes()
        names = {name_of(row.field) for row in self.custom_rows}
        if _TAGS in self.changed_data:
            changed["tags"] = self._tags()
        if names & set(self.changed_data):
            changed["fields"] = values_in(self.custom_rows, self.cleaned_data)
        return changed


class WithCustomValues(_Admin):
    """Adds boxes for tags and project fields to the page of a record."""

    class Media:
        js = ("admin/cosinter/project_fields.js",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """With those of the project, for who may change them."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is not None and not self.has_change_permission(request, obj):
            return fieldsets
        names = (_TAGS, *(name_of(row.field) for row in self._rows(request, obj)))
        return (*fieldsets, ("Tags and fields of the project", {"fields": names, "classes": ("co-late",)}))

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """The form with a box for each."""
        if obj is None or self.has_change_permission(request, obj):
            rows = tuple(self._rows(request, obj))
            follows = {} if obj else {"data-follows": self._belongs_by()}
            tags = text_field("Tags", help_text="With commas between.", **follows)
            tags.initial = ", ".join((obj or self._begun(request)).tags)
            boxes: dict[str, Any] = {_TAGS: tags, **{name_of(row.field): _dressed(box(row)) for row in rows}}
            kwargs["form"] = type(self.form.__name__, (CustomValuesForm, self.form), {**boxes, "custom_rows": rows})
        return super().get_form(request, obj, change, **kwargs)

    def _rows(self, request: HttpRequest, obj: Any) -> list[ShownField]:
        record = obj or self._begun(request)
        return fields_of(record) if obj or getattr(record, f"{self._belongs_by()}_id") else []

    def _belongs_by(self) -> str:
        """The field of the form that decides to which project a new record belongs."""
        return str(self.model.project_lookup).split("__", maxsplit=1)[0]

    def _begun(self, request: Any) -> Any:
        """A new record as far as its form tells: in the project that is chosen, if the person may see it."""
        if not hasattr(request, "begun"):
            name = self._belongs_by()
            told = request.POST if request.method == "POST" else self.get_changeform_initial_data(request)
            related: Any = self.opts.get_field(name).related_model
            try:
                holder = related.objects.visible_to(request.user).filter(pk=told.get(name) or None).first()
            except ValidationError:  # no key at all
                holder = None
            request.begun = self.model(**{name: holder})
            draft = getattr(request, "draft", None)  # of a record that is made after another
            if draft is not None and holder is not None and project_of(draft.original) == project_of(request.begun):
                request.begun.tags, request.begun.fields = draft.original.tags, copied_values(draft.original)
        return request.begun


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
