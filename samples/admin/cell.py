"""Admin page of cells: layers as rows or as one configuration text, masses and areas, files of its tests."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import OuterRef, Prefetch, Subquery
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from analysis_tasks.models import Result
from core.admin import Copyable, Draft, Reach, RecordAdmin, RecordForm, RowForm, Rows, RowsInline, text_field
from core.admin.show import chip, counted, links, simulated_chip
from core.admin.skin import Select
from core.admin.uploads import receive, say_received
from core.fields import shown
from core.quantities import display_unit
from custom.admin_forms import WithCustomValues
from measurements.models import Measurement
from samples.admin.configuration import answer
from samples.admin.sample import SampleForm, around, count_of, proposed_code
from samples.configuration import ConfigurationError, parse_configuration
from samples.models import Cell, CellLayer, LayerComponent, Material, Sample, Term
from samples.selectors import OWN_FACTS, composition_of, configuration_text, materials_of
from samples.services import LayerSpec, change_cell, create_cell

_INITIAL = "initial_discharge_capacity"


class LayerForm(RowForm):
    """One layer: what was built in, or which materials it is made of."""

    materials = text_field(
        "materials",
        placeholder="NCM622+LBO+LLZTO",
        help_text="With + between them. Leave empty where the sample's own composition is meant.",
    )

    morphology = forms.ModelChoiceField(Term.objects.none(), label="morphology", required=False, widget=Select)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial.update(self.initial_of(self.instance))

    @classmethod
    def initial_of(cls, row: Any) -> dict[str, Any]:
        """The stored layer; materials are named only where they are not those of the sample."""
        components = list(row.components.select_related("material"))
        names = [component.material.name for component in components]
        told = [part.material.name for part in composition_of(row.sample)] if row.sample else []
        morphology = next((c.morphology_id for c in components if c.morphology_id), None)
        return {
            **super().initial_of(row),
            "materials": "" if names == told else "+".join(names),
            "morphology": None if row.sample else morphology,
        }

    def clean_materials(self) -> list[Material]:
        """The materials that are named.

        Raises:
            ValidationError: A name is not known; near ones are offered.
        """
        text = self.cleaned_data["materials"].strip()
        if not text:
            return []
        if "/" in text:
            raise ValidationError("A slash separates layers; give each layer a row of its own.")
        try:
            return materials_of(text)
        except ConfigurationError as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """A layer is made of something."""
        data = super().clean() or {}
        if not self.errors and not data.get("sample") and not data.get("materials"):
            raise ValidationError({"materials": "Choose a sample or name the materials of this layer."})
        return data


class LayersInline(RowsInline):
    """The cell from cathode to anode."""

    model = CellLayer
    fk_name = "cell"
    form = LayerForm
    fields = ("role", "sample", "materials", "morphology", "thickness")
    autocomplete_fields = ("sample",)
    first_rows = 0
    verbose_name = "layer"
    verbose_name_plural = "Layers, from the cathode to the anode"

    @admin.display(description="materials")
    def materials(self, layer: CellLayer) -> str:
        """What it is made of, for those who may only look."""
        return "+".join(component.material.name for component in layer.components.select_related("material"))

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        """Morphology is the layer's active powder's, where no sample tells it."""
        formset = super().get_formset(request, obj, **kwargs)
        words = Term.objects.filter(vocabulary=Term.Vocabulary.MORPHOLOGY)
        formset.form.base_fields["morphology"].queryset = words
        return formset


class CellForm(SampleForm):
    """A cell; its configuration can be typed as one text."""

    configuration = text_field(
        "Configuration",
        placeholder="NCM622+LBO+LLZTO/LLZTO/Gel/Li",
        help_text="From cathode to anode: / between layers, + between materials. Text and layers follow each other.",
        **{"data-configuration": "layers"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["configuration"].widget.attrs |= {
            "data-address": reverse("admin:samples_cell_configuration"),
            "data-materials": reverse("admin:samples_material_add"),
        }
        if not self.instance._state.adding:
            self.initial["configuration"] = configuration_text(self.instance)

    def clean_configuration(self) -> str:
        """The text, if every material in it is known."""
        text: str = self.cleaned_data["configuration"].strip()
        if text and text != self.initial.get("configuration"):
            try:
                parse_configuration(text, list(Material.objects.values_list("name", flat=True)))
            except ConfigurationError as error:
                raise ValidationError(str(error)) from error
        return text


@admin.register(Cell)
class CellAdmin(Copyable, WithCustomValues, RecordAdmin):
    """Cells with their layers."""

    form = CellForm
    list_display = (
        "code", "configuration", "built_from", "cell_type", "mass_and_area", "test_count", "capacity", "state",
    )  # fmt: skip
    list_filter = ("cell_type", "electrolyte_class", "status", "simulated", "project")
    search_fields = ("code", "name", "layers__components__material__name", "layers__sample__code")
    inlines = (LayersInline,)
    error_places = {"file": "files"}
    own_facts = OWN_FACTS[Cell]

    fieldsets = (
        (None, {"fields": ("project", "code", "name", "configuration", "cell_type")}),
        (
            "Masses and area",
            {
                "fields": (
                    "active_mass", "active_mass_uncertainty", "cathode_mass", "active_fraction", "electrode_area",
                    "n_p_ratio",
                ),
                "classes": ("co-late",),
            },
        ),
        ("Files", {"fields": ("files", "technique"), "classes": ("co-late",)}),
        (
            "Electrolyte and housing",
            {
                "fields": (
                    "electrolyte_class", "electrolyte_composition", "electrolyte_volume", "separator", "housing",
                    "lithium_thickness", "assembly_pressure", "stack_pressure",
                ),
                "classes": ("collapse", "co-late"),
            },
        ),
        ("More", {"fields": ("status", "location", "note", "simulated"), "classes": ("collapse", "co-late")}),
    )  # fmt: skip

    class Media:
        js = ("admin/cosinter/configuration.js",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With layers, tests and the latest initial capacity in the list."""
        rows = super().get_queryset(request)
        if not self.is_list(request):
            return rows
        components = LayerComponent.objects.select_related("material").order_by("order")
        layers = CellLayer.objects.order_by("order").prefetch_related(Prefetch("components", components))
        latest = Result.objects.filter(subject=OuterRef("pk"), quantity=_INITIAL).order_by("-created_at")
        seen: Any = CellLayer.objects.filter(sample__in=Sample.objects.visible_to(request.user)).order_by("order")
        from_samples = Prefetch("layers", seen.select_related("sample"), to_attr="seen_layers_")
        return rows.prefetch_related(Prefetch("layers", layers), from_samples).annotate(
            measurements_=count_of(Measurement, "sample"), capacity_=Subquery(latest.values("value")[:1])
        )

    def get_urls(self) -> list[Any]:
        """Also what the form asks while it is typed."""
        ask = self.admin_site.admin_view(require_safe(answer))
        return [path("configuration/", ask, name="samples_cell_configuration"), *super().get_urls()]

    def draft(self, request: HttpRequest, original: Cell) -> Draft:
        """With a code that is free, and the layers; of a sample that is not open to the person, only its materials."""
        draft = super().draft(request, original)
        draft.values["code"] = proposed_code(draft, original)
        reach = Reach.of(request)
        draft.rows["layers"] = [_copied(layer, reach) for layer in original.layers.select_related("sample")]
        return draft

    def write(self, request: HttpRequest, form: Any, rows: Rows, *, change: bool) -> None:
        """The cell with its layers by its service, then its files."""
        layers = [_layer(row.cleaned_data) for row in rows["layers"].living()]
        if change:
            self._change(request, form, layers if rows["layers"].is_changed() else None)
        else:
            cell = create_cell(
                actor=request.user, id=form.instance.id, layers=layers,
                configuration=form.cleaned_data["configuration"], **form.entered(),
            )  # fmt: skip
            form.instance.pk = cell.pk
        subject = Sample.objects.get(pk=form.instance.pk)
        say_received(request, receive(request, form, subject=subject, technique=form.cleaned_data["technique"]))

    def _change(self, request: HttpRequest, form: RecordForm, layers: list[LayerSpec] | None) -> None:
        configuration = form.cleaned_data["configuration"] if "configuration" in form.changed_data else None
        changes = form.changes()
        if changes or layers is not None or configuration is not None:
            change_cell(
                self.stored(form), actor=request.user, expected_version=form.expected_version, layers=layers,
                configuration=configuration, **changes,
            )  # fmt: skip

    def headline(self, request: HttpRequest, obj: Cell) -> SafeString | str:
        """What the cell is, in a line."""
        text = configuration_text(obj)
        return format_html(
            '<p class="co-configuration">{}</p><p class="co-mute">{} {}</p>',
            text or "No layers yet",
            " · ".join(map(display_unit, _divisors(obj)))
            or "No active mass yet: capacities per mass cannot be computed.",
            simulated_chip(obj),
        )

    def panel(self, request: HttpRequest, obj: Cell) -> SafeString:
        """Where it came from and what was measured."""
        return render_to_string("admin/samples/sample/panel.html", around(Sample.objects.get(pk=obj.pk), request))

    @admin.display(description="configuration")
    def configuration(self, cell: Cell) -> str:
        """Written from its layers; a narrow column breaks it between them."""
        parts = re.split(r"(?<=[+/])", configuration_text(cell))
        return format_html_join(SafeString("<wbr>"), "{}", ((part,) for part in parts))

    @admin.display(description="mass and area", ordering="active_mass")
    def mass_and_area(self, cell: Cell) -> str:
        """As entered: of the active material, and of the electrode."""
        return format_html_join(" · ", "{}", ((display_unit(text),) for text in _divisors(cell)))

    @admin.display(description="tests", ordering="measurements_")
    def test_count(self, cell: Any) -> str:
        """How often it was measured."""
        return counted(cell.measurements_, "measurements_celltest", sample__id__exact=cell.pk)

    @admin.display(description="built from")
    def built_from(self, cell: Any) -> str:
        """Samples that were built in, as far as they are open to the person."""
        return links({layer.sample.pk: layer.sample for layer in cell.seen_layers_}.values())

    @admin.display(description="initial capacity", ordering="capacity_")
    def capacity(self, cell: Any) -> str:
        """The latest known, per active mass."""
        return "" if cell.capacity_ is None else f"{cell.capacity_:.1f} mAh/g"

    @admin.display(description="status", ordering="status")
    def state(self, cell: Cell) -> SafeString:
        """Whether it can be used, and whether it is real."""
        told = chip(cell.get_status_display(), "good" if cell.status == "available" else "")
        return format_html("{} {}", told, simulated_chip(cell))


def _divisors(cell: Cell) -> list[str]:
    """What charge and current are divided by, as far as it is known."""
    return [text for text in (shown(cell, "active_mass"), shown(cell, "electrode_area")) if text]


def _copied(layer: CellLayer, reach: Reach) -> dict[str, Any]:
    told = LayerForm.initial_of(layer)
    if layer.sample is not None and not reach.may_see(layer.sample):
        told |= {"sample": None, "materials": "+".join(part.material.name for part in layer.components.all())}
    return {name: told[name] for name in ("role", "sample", "materials", "morphology")}


def _layer(data: dict[str, Any]) -> LayerSpec:
    return LayerSpec(
        role=data["role"],
        sample=data.get("sample"),
        materials=data.get("materials") or (),
        morphology=data.get("morphology"),
        thickness=data.get("thickness") or None,
    )
