"""The forms of the pages by kind of record: each is the admin's page of that kind, drawn and led on by the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.contrib import messages
from django.contrib.admin.sites import AdminSite
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.text import capfirst

from core.admin import RecordAdmin
from core.admin.uploads import FilesField
from measurements.admin.measurement import CellTestAdmin, MeasurementAdmin
from measurements.models import CellTest, Measurement
from pages.recording.choosing import NAMINGS, Chosen
from samples.admin.catalogue import InstrumentAdmin, MaterialAdmin, ProtocolAdmin, PublicationAdmin
from samples.admin.cell import CellAdmin
from samples.admin.process import ProcessAdmin
from samples.admin.sample import SampleAdmin
from samples.models import Cell, Instrument, Material, Process, Protocol, Publication, Sample

if TYPE_CHECKING:
    _Admin = RecordAdmin
else:
    _Admin = object


class RecordingSite(AdminSite):
    """The pages as a site of forms."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever is signed in; roles in projects decide the rest, as in the admin."""
        return bool(request.user.is_authenticated and request.user.is_active)


_SITE = RecordingSite(name="recording")


class RecordingForm(_Admin):
    """A mixin for the admin page of a record, which makes it a form of the pages."""

    change_form_template: ClassVar[str] = "pages/recording.html"
    kind: ClassVar[str] = ""

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002
        """With the pages' fields."""
        return on_page(super().get_form(request, obj, change, **kwargs))

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """Rows with the pages' fields."""
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            formset.form = on_page(formset.form)
            yield formset, inline

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002 (Django's signature)
        change: bool = False,  # noqa: FBT001, FBT002
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """The page; what was refused is told by its status, too."""
        context |= {"kind": self.kind, "name": self.opts.verbose_name, "back": _page_of(obj) or self.list_address}
        answer: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        if request.method == "POST":
            answer.status_code = 422
        return answer

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        """The page of the new record, or a form for one more."""
        messages.success(request, f"{self._as_stored(obj)} is recorded.")
        if "_addanother" in request.POST:
            return redirect("record-new", kind=self.kind)
        return redirect(_page_of(self._as_stored(obj)) or self.list_address)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """The page of the record."""
        messages.success(request, f"{self._as_stored(obj)} is saved.")
        return redirect(_page_of(self._as_stored(obj)) or self.list_address)

    @property
    def list_address(self) -> str:
        """Where to go from a record that has no page of its own."""
        lists = {"sample": "samples", "process": "samples", "cell": "cells", "material": "materials",
                 "measurement": "measurements", "test": "measurements", "publication": "publications"}  # fmt: skip
        return reverse(lists.get(self.kind, "home"))

    def _as_stored(self, obj: Any) -> Any:
        return self.model._base_manager.get(pk=obj.pk)


def on_page(form: Any) -> Any:
    """A form class whose fields are drawn by the pages."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807 (a method of the class below)
        form.__init__(self, *args, **kwargs)
        for name, field in self.fields.items():
            self.fields[name] = _on_page(field)
            self.fields[name].label = capfirst(str(field.label or name.replace("_", " ")))
        if "configuration" in self.fields:
            asks = {
                "data-address": reverse("record-configuration"),
                "data-materials": reverse("record-new", args=["material"]),
            }
            self.fields["configuration"].widget.attrs |= asks

    return type(form.__name__, (form,), {"__init__": __init__})


class _Moment(forms.DateTimeInput):
    """A date with a time, chosen by the browser's own means."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "any"}, format="%Y-%m-%dT%H:%M:%S")


def _on_page(field: Any) -> Any:
    """The same field without the skin, as the pages draw it."""
    widget = getattr(field.widget, "widget", field.widget)  # the admin wraps choices of records
    if isinstance(field, FilesField) or widget.is_hidden:
        return field
    if isinstance(field, forms.ModelChoiceField) and field.queryset is not None and field.queryset.model in NAMINGS:
        made: forms.Field = Chosen(field)
        made.widget.attrs |= {"aria-label": widget.attrs["aria-label"]} if "aria-label" in widget.attrs else {}
        return made
    if isinstance(field, forms.SplitDateTimeField):
        return forms.DateTimeField(
            required=field.required,
            label=field.label,
            help_text=field.help_text,
            initial=field.initial,
            widget=_Moment(),
        )
    attrs = {name: value for name, value in widget.attrs.items() if name not in {"class", "rows", "cols", "size"}}
    if isinstance(field, forms.ChoiceField | forms.ModelChoiceField):
        return _choice(field, attrs)
    field.widget = _plain(field, widget, attrs)
    field.widget.is_required = field.required
    return field


def _choice(field: Any, attrs: dict[str, Any]) -> Any:
    """A list to choose from; what may stay open does not ask for a choice."""
    many = isinstance(field, forms.MultipleChoiceField | forms.ModelMultipleChoiceField)
    widget: Any = (forms.SelectMultiple if many else forms.Select)(attrs=attrs)
    widget.is_required = field.required
    if isinstance(field, forms.ModelChoiceField):
        if not many:
            field.empty_label = "Choose" if field.required else "–"
    else:
        field.choices = [(key, _unasked(label, field.required)) for key, label in field.choices]
    field.widget = widget
    widget.choices = field.choices
    return field


def _unasked(label: Any, required: bool) -> Any:  # noqa: FBT001
    return "–" if label == "Select value" and not required else label


def _plain(field: forms.Field, widget: Any, attrs: dict[str, Any]) -> forms.Widget:
    if isinstance(field, forms.DateField):
        return forms.DateInput(attrs={**attrs, "type": "date"}, format="%Y-%m-%d")
    if isinstance(field, forms.BooleanField):
        return forms.CheckboxInput(attrs=attrs)
    if isinstance(widget, forms.Textarea):
        return forms.Textarea(attrs={**attrs, "rows": 3})
    if isinstance(widget, forms.NumberInput):
        return forms.NumberInput(attrs=attrs)
    return forms.TextInput(attrs=attrs)


def _page_of(record: Any) -> str:
    return record.get_absolute_url() if hasattr(record, "get_absolute_url") else ""


_PAGES: Final[dict[str, tuple[type[Any], type[Any]]]] = {
    "sample": (Sample, SampleAdmin),
    "process": (Process, ProcessAdmin),
    "cell": (Cell, CellAdmin),
    "measurement": (Measurement, MeasurementAdmin),
    "test": (CellTest, CellTestAdmin),
    "material": (Material, MaterialAdmin),
    "publication": (Publication, PublicationAdmin),
    "instrument": (Instrument, InstrumentAdmin),
    "protocol": (Protocol, ProtocolAdmin),
}
KINDS: Final = {kind: model for kind, (model, _) in _PAGES.items()}
"""What can be added and changed on the pages, by its name in addresses."""


def form_of(kind: str) -> Any:
    """The form of a kind of record.

    Raises:
        Http404: There is none.
    """
    if kind not in _PAGES:
        raise Http404(f"Records of the kind {kind} are not added on a page.")
    model, page = _PAGES[kind]
    made = type(f"{page.__name__}OnPages", (RecordingForm, page), {"kind": kind})
    return made(model, _SITE)
