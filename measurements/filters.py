"""What measurements and files can be filtered by, on pages and in REST."""

from __future__ import annotations

import django_filters

from core.filters import ReferenceFilter, SearchFilter, StrictFilters, TimeFilter, quantity_bounds
from core.jobs import State
from custom.filters import CustomFilters, CustomSearchFilter
from measurements.models import Measurement, RawFile, Technique
from search.filters import QueryFilter

NOTHING: tuple[str, ...] = ()


class MeasurementFilters(CustomFilters):
    """Filters of measurements and cell tests."""

    q = QueryFilter("measurements")
    project = ReferenceFilter("sample__project", "slug")
    sample = ReferenceFilter("sample", "code")
    cell = ReferenceFilter("sample__cell", "code")
    technique = django_filters.ChoiceFilter(choices=Technique.choices)
    instrument = ReferenceFilter("instrument", "name")
    operator = django_filters.CharFilter("operator__username", help_text="User name.")
    publication = ReferenceFilter("publication", "label", "doi")
    protocol = ReferenceFilter("celltest__protocol", "name")
    state = django_filters.ChoiceFilter(
        field_name="files__readings__state", choices=State.choices, distinct=True, help_text="Of a reading of a file."
    )
    simulated = django_filters.BooleanFilter()
    measured_after = TimeFilter("measured_at", "gte")
    measured_before = TimeFilter("measured_at", "lt")
    temperature_min, temperature_max = quantity_bounds("temperature")
    rate = django_filters.CharFilter("celltest__rate", "icontains", help_text="A part of the rate as entered.")
    search = CustomSearchFilter("sample__code", "note", "files__name", distinct=True)

    class Meta:
        model = Measurement
        fields = NOTHING


class FileFilters(StrictFilters):
    """Filters of raw files."""

    project = ReferenceFilter("measurement__sample__project", "slug")
    sample = ReferenceFilter("measurement__sample", "code")
    cell = ReferenceFilter("measurement__sample__cell", "code")
    measurement = django_filters.UUIDFilter("measurement")
    technique = django_filters.ChoiceFilter(field_name="measurement__technique", choices=Technique.choices)
    name = django_filters.CharFilter(lookup_expr="iexact")
    sha256 = django_filters.CharFilter("blob__sha256", "iexact", help_text="Hash of its bytes.")
    format = django_filters.CharFilter("readings__format", distinct=True, help_text="As recognised: biologic-mpr.")
    state = django_filters.ChoiceFilter(field_name="readings__state", choices=State.choices, distinct=True)
    version_of = django_filters.UUIDFilter("version_of", help_text="Id of the first version of a running cell's file.")
    uploader = django_filters.CharFilter("uploader__username", help_text="User name.")
    received_after = TimeFilter("received_at", "gte")
    received_before = TimeFilter("received_at", "lt")
    search = SearchFilter("name", "measurement__sample__code")

    class Meta:
        model = RawFile
        fields = NOTHING
