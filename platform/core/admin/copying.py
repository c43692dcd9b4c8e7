"""Records made after another: a button on a record's page opens the form of a new one, filled, and stores nothing.

What is taken over is the app's to say (`draft`). That the original is open to the person, and that the new one begins
in a project they write in, is seen to here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.forms.models import model_to_dict
from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from accounts.access import project_of
from core.admin.permissions import Reach
from core.admin.show import link

if TYPE_CHECKING:
    from core.admin.base import RecordAdmin

    _Admin = RecordAdmin
else:
    _Admin = object

COPY_OF = "copy_of"
"""Parameter of the address of a new record's page: the key of the record it shall be like."""


@dataclass(frozen=True)
class Draft:
    """What the form of a new record begins with.

    Attributes:
        original: The record that it is like.
        values: Of the record's own form, by field.
        rows: Of its lists, by prefix.
        left: What stays with the original although it had a value, as people call it.
        hidden: How many entries of its lists are not open to the person.
    """

    original: Any
    values: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    left: tuple[str, ...] = ()
    hidden: int = 0


def copy_address(record: Any) -> str:
    """The page of a new record like this one."""
    meta = record._meta
    return f"{reverse(f'admin:{meta.app_label}_{meta.model_name}_add')}?{urlencode({COPY_OF: record.pk})}"


class Copyable(_Admin):
    """Adds the button, and fills the form that it leads to."""

    own_facts: ClassVar[frozenset[str]] = frozenset()
    """Fields that stay with the original."""

    def draft(self, request: HttpRequest, original: Any) -> Draft:
        """What a new record like this one begins with."""
        names = [f.name for f in self.opts.concrete_fields if f.editable and not f.primary_key]
        values = model_to_dict(original, fields=[name for name in names if name not in self.own_facts])
        project = project_of(original)
        if project is not None and project.pk not in Reach.of(request).editable:
            del values["project"]
        left = tuple(_label(original, name) for name in names if name in self.own_facts and _told(original, name))
        return Draft(original, values, left=left)

    def why_no_copy(self, record: Any) -> str:
        """Why this record cannot be copied; empty where it can."""
        del record
        return ""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None) -> Any:
        """The page of a new record, like the one that the address names."""
        if key := request.GET.get(COPY_OF):
            request.draft = self.draft(request, self._original(request, key))  # type: ignore[attr-defined]
        return super().add_view(request, form_url, extra_context)

    def _original(self, request: HttpRequest, key: str) -> Any:
        try:
            found = self.get_queryset(request).filter(pk=key).first()
        except ValidationError as error:  # no key at all
            raise Http404 from error
        if found is None:
            raise Http404
        if why := self.why_no_copy(found):
            raise PermissionDenied(why)
        return found

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Begins with what is taken over."""
        initial = super().get_changeform_initial_data(request)
        draft: Draft | None = getattr(request, "draft", None)
        if draft is None:
            return initial
        asked = {name: request.GET[name] for name in draft.values if name in request.GET}
        return {**initial, **draft.values, **asked}

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """The lists begin with what is taken over; what comes back is compared with nothing."""
        given: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        draft: Draft | None = getattr(request, "draft", None)
        if draft is not None and request.method == "GET" and prefix in draft.rows:
            given["initial"] = draft.rows[prefix]
        return given

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002 (Django's signature)
        change: bool = False,  # noqa: FBT001, FBT002
        form_url: str = "",
        obj: Any = None,
    ) -> Any:
        """With the button, or with what the form was filled from."""
        draft: Draft | None = getattr(request, "draft", None)
        if draft is not None:
            context |= {"draft": draft, "draft_of": link(draft.original)}
        if obj is not None and self.has_add_permission(request) and not self.why_no_copy(obj):
            context["copy_address"] = copy_address(obj)
        return super().render_change_form(request, context, add, change, form_url, obj)


def _label(record: Any, name: str) -> str:
    return str(record._meta.get_field(name).verbose_name)


def _told(record: Any, name: str) -> bool:
    """Whether somebody said something of a field that would be lost unseen."""
    field_: Any = record._meta.get_field(name)
    value = getattr(record, field_.attname)
    return value not in (None, "") and not (field_.has_default() and value == field_.get_default()) and name != "code"
