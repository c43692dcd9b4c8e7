"""What the records of this app can be filtered by, on pages and in REST."""

from __future__ import annotations

import django_filters

from core.filters import RecordFilters, ReferenceFilter, SearchFilter, TimeFilter, quantity_bounds
from custom.filters import CustomFilters, CustomSearchFilter
from samples.models import Cell, Instrument, Material, Process, Protocol, Publication, Sample, Term
from search.filters import QueryFilter

NOTHING: tuple[str, ...] = ()


class TermFilters(RecordFilters):
    """Filters of words."""

    vocabulary = django_filters.ChoiceFilter(choices=Term.Vocabulary.choices)
    label = django_filters.CharFilter(lookup_expr="iexact")
    search = SearchFilter("label", "description")

    class Meta:
        model = Term
        fields = NOTHING


class MaterialFilters(RecordFilters):
    """Filters of materials."""

    name = django_filters.CharFilter(lookup_expr="iexact")
    formula = django_filters.CharFilter(help_text="As it is written.")
    family = django_filters.CharFilter(lookup_expr="icontains")
    cas = django_filters.CharFilter()
    search = SearchFilter("name", "formula", "family", "note")
    theoretical_capacity_min, theoretical_capacity_max = quantity_bounds("theoretical_capacity")
    density_min, density_max = quantity_bounds("density")

    class Meta:
        model = Material
        fields = NOTHING


class PublicationFilters(RecordFilters):
    """Filters of publications."""

    label = django_filters.CharFilter(lookup_expr="iexact")
    doi = django_filters.CharFilter(lookup_expr="iexact")
    year = django_filters.NumberFilter()
    journal = django_filters.CharFilter(lookup_expr="icontains")
    search = SearchFilter("label", "title", "authors", "journal", "doi")

    class Meta:
        model = Publication
        fields = NOTHING


class InstrumentFilters(RecordFilters):
    """Filters of instruments."""

    name = django_filters.CharFilter(lookup_expr="iexact")
    kind = django_filters.ChoiceFilter(choices=Instrument.Kind.choices)
    serial = django_filters.CharFilter(lookup_expr="iexact")
    search = SearchFilter("name", "manufacturer", "model", "serial", "location")

    class Meta:
        model = Instrument
        fields = NOTHING


class SampleFilters(CustomFilters):
    """Filters of samples, cells among them."""

    q = QueryFilter("samples")
    project = ReferenceFilter("project", "slug")
    code = django_filters.CharFilter(lookup_expr="iexact")
    kind = django_filters.ChoiceFilter(choices=Sample.Kind.choices)
    material = ReferenceFilter("material", "name")
    morphology = ReferenceFilter("morphology", "label")
    status = django_filters.ChoiceFilter(choices=Sample.Status.choices)
    source = django_filters.ChoiceFilter(choices=Sample.Source.choices)
    location = django_filters.CharFilter(lookup_expr="icontains")
    supplier = django_filters.CharFilter(lookup_expr="icontains")
    lot = django_filters.CharFilter(lookup_expr="iexact")
    made_by = ReferenceFilter("production__process", "name", help_text="Id or name of the process.")
    used_in = ReferenceFilter("usages__process", "name", distinct=True, help_text="Id or name of a process.")
    simulated = django_filters.BooleanFilter()
    search = CustomSearchFilter("code", "name", "material__name", "note")
    amount_min, amount_max = quantity_bounds("mass", "amount")
    relative_density_min, relative_density_max = quantity_bounds("relative_density")
    particle_size_d50_min, particle_size_d50_max = quantity_bounds("particle_diameter_d50", "particle_size_d50")
    diameter_min, diameter_max = quantity_bounds("diameter")
    thickness_min, thickness_max = quantity_bounds("thickness")
    mass_before_firing_min, mass_before_firing_max = quantity_bounds("mass", "mass_before_firing")
    mass_after_firing_min, mass_after_firing_max = quantity_bounds("mass", "mass_after_firing")
    opened_after = django_filters.DateFilter("opened_on", "gte", help_text="Opened on or after this day.")
    opened_before = django_filters.DateFilter("opened_on", "lt", help_text="Opened before this day.")

    class Meta:
        model = Sample
        fields = NOTHING


class ProtocolFilters(RecordFilters):
    """Filters of protocols."""

    project = ReferenceFilter("project", "slug")
    name = django_filters.CharFilter(lookup_expr="iexact")
    revision = django_filters.NumberFilter()
    kind = django_filters.CharFilter()
    search = SearchFilter("name", "instructions")

    class Meta:
        model = Protocol
        fields = NOTHING


class ProcessFilters(CustomFilters):
    """Filters of processes."""

    q = QueryFilter("processes")
    project = ReferenceFilter("project", "slug")
    kind = django_filters.ChoiceFilter(choices=Process.Kind.choices)
    input = ReferenceFilter("inputs__sample", "code", distinct=True, help_text="Id or code of a sample.")
    material = ReferenceFilter("inputs__material", "name", distinct=True, help_text="Of a bare material that went in.")
    output = ReferenceFilter("outputs__sample", "code", distinct=True, help_text="Id or code of a sample.")
    protocol = ReferenceFilter("protocol", "name")
    instrument = ReferenceFilter("instrument", "name")
    operator = django_filters.CharFilter("operator__username", help_text="User name.")
    atmosphere = ReferenceFilter("thermal_steps__atmosphere", "label", distinct=True)
    started_after = TimeFilter("started_at", "gte")
    started_before = TimeFilter("started_at", "lt")
    search = CustomSearchFilter("name", "ratio_text", "note")
    target_min, target_max = quantity_bounds("temperature", "thermal_steps__target")
    dwell_min, dwell_max = quantity_bounds("dwell_time", "thermal_steps__dwell")
    ended_after = TimeFilter("ended_at", "gte")
    ended_before = TimeFilter("ended_at", "lt")
    pressure_min, pressure_max = quantity_bounds("pressure")
    duration_min, duration_max = quantity_bounds("duration")
    gas_flow_min, gas_flow_max = quantity_bounds("gas_flow")

    class Meta:
        model = Process
        fields = NOTHING


class CellFilters(SampleFilters):
    """Filters of cells: those of samples and what only cells have."""

    q = QueryFilter("cells")
    cell_type = django_filters.ChoiceFilter(choices=Cell.CellType.choices)
    electrolyte_class = django_filters.ChoiceFilter(choices=Cell.ElectrolyteClass.choices)
    layer_material = ReferenceFilter(
        "layers__components__material", "name", distinct=True, help_text="Id or name of a material in any layer."
    )
    built_from = ReferenceFilter("layers__sample", "code", distinct=True, help_text="Id or code of a sample.")
    search = SearchFilter("code", "name", "layers__components__material__name", "note", distinct=True)
    active_mass_min, active_mass_max = quantity_bounds("active_mass")
    electrode_area_min, electrode_area_max = quantity_bounds("electrode_area")
    electrolyte_volume_min, electrolyte_volume_max = quantity_bounds("volume", "electrolyte_volume")
    cathode_mass_min, cathode_mass_max = quantity_bounds("cathode_mass")
    lithium_thickness_min, lithium_thickness_max = quantity_bounds("thickness", "lithium_thickness")
    assembly_pressure_min, assembly_pressure_max = quantity_bounds("pressure", "assembly_pressure")
    stack_pressure_min, stack_pressure_max = quantity_bounds("stack_pressure")

    class Meta:
        model = Cell
        fields = NOTHING
