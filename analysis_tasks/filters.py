"""What runs and results can be filtered by, on pages and in REST."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet

from analysis_tasks.models import AnalysisRun, Campaign, Result, Slot
from analysis_tasks.selectors import current_results
from core.fields import refusal
from core.filters import ReferenceFilter, SearchFilter, StrictFilters, TimeFilter
from core.jobs import State
from core.quantities import QUANTITIES, QuantityError, convert, display_unit, fits, parse
from core.units import is_number
from measurements.models import Technique
from search.filters import QueryFilter

NOTHING: tuple[str, ...] = ()


class RunFilters(StrictFilters):
    """Filters of runs."""

    project = ReferenceFilter("subject__project", "slug")
    sample = ReferenceFilter("subject", "code")
    cell = ReferenceFilter("subject__cell", "code")
    measurement = django_filters.UUIDFilter("measurement")
    technique = django_filters.ChoiceFilter(field_name="measurement__technique", choices=Technique.choices)
    kernel = django_filters.CharFilter("release__name", help_text="Name of a kernel, such as cycling.capacity.")
    kernel_version = django_filters.CharFilter("release__version")
    state = django_filters.ChoiceFilter(choices=State.choices)
    preset = django_filters.CharFilter()
    verifies = django_filters.UUIDFilter("verifies", help_text="Id of the run that it repeats.")
    current = django_filters.BooleanFilter(method="filter_current", help_text="Whether it is its measurement's answer.")
    queued_after = TimeFilter("queued_at", "gte")
    queued_before = TimeFilter("queued_at", "lt")
    started_after = TimeFilter("started_at", "gte")
    started_before = TimeFilter("started_at", "lt")
    finished_after = TimeFilter("finished_at", "gte")
    finished_before = TimeFilter("finished_at", "lt")
    requested_by = django_filters.CharFilter("requested_by__username", help_text="User name.")
    supersedes = django_filters.UUIDFilter("supersedes", help_text="Id of the run that it took the place of.")
    forced = django_filters.BooleanFilter(help_text="Whether somebody asked for the same work again.")
    campaign = django_filters.UUIDFilter(
        "campaign_entries__campaign", distinct=True, help_text="Id of a campaign that asked for it or found it done."
    )

    class Meta:
        model = AnalysisRun
        fields = NOTHING

    def filter_current(self, queryset: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:  # noqa: FBT001
        """Those that a slot points at, or the others."""
        del name
        is_current = Exists(Slot.objects.filter(current_run=OuterRef("pk")))
        return queryset.filter(is_current) if value else queryset.filter(~is_current)


class CampaignFilters(StrictFilters):
    """Filters of campaigns."""

    project = ReferenceFilter("project", "slug")
    created_after = TimeFilter("created_at", "gte", help_text="Started at or after this time.")
    created_before = TimeFilter("created_at", "lt", help_text="Started before this time.")
    cancelled = django_filters.BooleanFilter(
        "cancelled_at", "isnull", exclude=True, help_text="Whether it was stopped."
    )
    search = SearchFilter("name", "reason")

    class Meta:
        model = Campaign
        fields = NOTHING


class ResultForm(forms.Form):
    """Checks that unit and bounds fit the quantity."""

    def clean(self) -> dict[str, Any]:
        """The bounds in the quantity's canonical unit."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        key = cleaned.get("quantity") or ""
        if key and key not in QUANTITIES:
            raise ValidationError({"quantity": refusal(f"{key[:60]!r} is not a quantity; see /api/v1/quantities/.")})
        for name in ("unit", "value_min", "value_max"):
            if cleaned.get(name) and not key:
                raise ValidationError({name: "Say of which quantity."})
        if key:
            self._check_unit(key, cleaned.get("unit") or "")
            for name in ("value_min", "value_max"):
                if cleaned.get(name):
                    cleaned[name] = self._canonical(name, cleaned[name], key, cleaned.get("unit") or "")
        return cleaned

    def _check_unit(self, key: str, unit: str) -> None:
        canonical = QUANTITIES[key].unit
        if unit and not fits(unit, canonical):
            message = f"{unit[:30]!r} does not fit {key}, which is in {display_unit(canonical)}."
            raise ValidationError({"unit": refusal(message)})

    def _canonical(self, name: str, text: str, key: str, unit: str) -> float:
        canonical = QUANTITIES[key].unit
        try:
            if unit and is_number(text):
                return convert(parse(text, "1", what=name).value, unit, canonical)
            return parse(text, canonical, what=name).value
        except QuantityError as error:
            raise ValidationError({name: refusal(str(error))}) from error


class ResultFilters(StrictFilters):
    """Filters of results. Those of superseded runs are left out unless asked for."""

    q = QueryFilter("results")
    quantity = django_filters.CharFilter(help_text="Key of a quantity, such as initial_discharge_capacity.")
    unit = django_filters.CharFilter(method="keep", help_text="Show values and read bounds in this unit.")
    value_min = django_filters.CharFilter("value", "gte", help_text="At least this, in `unit` or with a unit.")
    value_max = django_filters.CharFilter("value", "lte", help_text="At most this, in `unit` or with a unit.")
    project = ReferenceFilter("subject__project", "slug")
    sample = ReferenceFilter("subject", "code")
    cell = ReferenceFilter("subject__cell", "code")
    measurement = django_filters.UUIDFilter("measurement")
    technique = django_filters.ChoiceFilter(field_name="measurement__technique", choices=Technique.choices)
    run = django_filters.UUIDFilter("run")
    kernel = django_filters.CharFilter("run__release__name", help_text="Name of a kernel.")
    publication = ReferenceFilter("publication", "label", "doi")
    person = django_filters.CharFilter("person__username", help_text="User name of who entered it.")
    origin = django_filters.ChoiceFilter(
        method="filter_origin",
        choices=[("run", "computed"), ("publication", "reported"), ("manual", "entered by a person")],
    )
    simulated = django_filters.BooleanFilter()
    superseded = django_filters.BooleanFilter(method="keep", help_text="Also results that others have superseded.")
    created_after = TimeFilter("created_at", "gte")
    created_before = TimeFilter("created_at", "lt")

    class Meta:
        model = Result
        form = ResultForm
        fields = NOTHING

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Without superseded results, unless they are asked for."""
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("superseded") else current_results(found)

    def keep(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """Changes what is shown or how, not which rows."""
        del name, value
        return queryset

    def filter_origin(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Results that a run, a publication or a person gave."""
        del name
        field = "person" if value == "manual" else value
        return queryset.filter(**{f"{field}__isnull": False})
