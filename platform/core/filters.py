"""What every list can be filtered by: references by id or name, quantities with any fitting unit, words anywhere.

FilterSets of the apps are built from these and shared by REST and pages. A parameter that a list does not know is an
error, because a filter that is silently ignored shows wrong rows.
"""

from __future__ import annotations

import functools
import operator
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from rest_framework import filters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from core.fields import refusal
from core.quantities import QuantityError, display_unit, parse, quantity


def as_uuid(text: str) -> uuid.UUID | None:
    """The UUID that a text is, None where it is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


class ReferenceFilter(django_filters.CharFilter):  # type: ignore[misc]
    """Rows that refer to a record, given by its id or by its name.

    Args:
        field_name: Path to the reference, such as `sample__material`.
        names: Lookups on the referred record that hold its names, such as `slug`.
    """

    def __init__(self, field_name: str, *names: str, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", f"Id or {' or '.join(name.split('__')[-1] for name in names)}.")
        super().__init__(field_name=field_name, **kwargs)
        self.names = names

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """The rows."""
        if not value:
            return qs
        if self.distinct:
            qs = qs.distinct()
        identifier = as_uuid(value)
        if identifier is not None:
            return qs.filter(**{self.field_name: identifier})
        return qs.filter(any_of(f"{self.field_name}__{name}__iexact" for name in self.names).for_value(value))


class any_of:  # noqa: N801 (reads as a word)
    """Lookups of which one must hold."""

    def __init__(self, lookups: Iterable[str]) -> None:
        self.lookups = tuple(lookups)

    def for_value(self, value: Any) -> Q:
        """The condition for one value; what has no names is found by none."""
        return functools.reduce(operator.or_, (Q(**{lookup: value}) for lookup in self.lookups), Q(pk__in=[]))


class SearchFilter(django_filters.CharFilter):  # type: ignore[misc]
    """Rows in which each word occurs somewhere in the named fields."""

    def __init__(self, *names: str, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", f"Words that occur in {', '.join(names).replace('__', ' ')}.")
        super().__init__(**kwargs)
        self.lookups = any_of(f"{name}__icontains" for name in names)

    def filter(self, qs: QuerySet[Any], value: Any) -> QuerySet[Any]:
        """The rows."""
        words = (value or "").split()
        for word in words:
            qs = qs.filter(self.lookups.for_value(word))
        return qs.distinct() if words and self.distinct else qs


class _QuantityBound(forms.CharField):
    def __init__(self, *, quantity_key: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.quantity_key = quantity_key

    def clean(self, value: Any) -> float | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse(text, quantity(self.quantity_key).unit, what=quantity(self.quantity_key).label.lower()).value
        except QuantityError as error:
            raise refusal(str(error)) from error


class QuantityBoundFilter(django_filters.CharFilter):  # type: ignore[misc]
    """Rows whose quantity is at least (`gte`) or at most (`lte`) a value, which may carry any fitting unit."""

    field_class = _QuantityBound

    def __init__(self, quantity_key: str, field_name: str, lookup_expr: str) -> None:
        side = "At least" if lookup_expr == "gte" else "At most"
        unit = display_unit(quantity(quantity_key).unit) or "1"
        super().__init__(
            field_name=field_name,
            lookup_expr=lookup_expr,
            quantity_key=quantity_key,
            distinct="__" in field_name,
            help_text=f"{side} this; a number in {unit} or with another fitting unit.",
        )


def quantity_bounds(quantity_key: str, field_name: str = "") -> tuple[QuantityBoundFilter, QuantityBoundFilter]:
    """Two filters of a quantity, at least and at most; the field has the quantity's name unless it is given."""
    name = field_name or quantity_key
    return QuantityBoundFilter(quantity_key, name, "gte"), QuantityBoundFilter(quantity_key, name, "lte")


class _Time(django_filters.fields.IsoDateTimeField):  # type: ignore[misc]
    def clean(self, value: Any) -> datetime | None:
        moment: datetime | None = super().clean(value)
        try:
            return None if moment is None else moment.astimezone(UTC)
        except (OverflowError, ValueError) as error:
            raise refusal(f"{value} is outside the years that can be compared.") from error


class TimeFilter(django_filters.IsoDateTimeFilter):  # type: ignore[misc]
    """Rows before or after a time, in ISO 8601; times without a zone are UTC."""

    field_class = _Time


class StrictFilters(django_filters.FilterSet):  # type: ignore[misc]
    """Base of all sets of filters: a choice that is not offered is answered with those that are."""

    def get_form_class(self) -> Any:
        """The form that reads the parameters."""
        form = super().get_form_class()
        for field in form.base_fields.values():
            if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
                choices: Any = field.choices
                offered = ", ".join(str(value) for value, _ in choices if value not in ("", None))
                words = f'"%(value)s" is not offered; there are {offered.replace("%", "%%")}.'
                field.error_messages["invalid_choice"] = words
        return form


class RecordFilters(StrictFilters):
    """Filters that every kind of record has."""

    created_after = TimeFilter("created_at", "gte", help_text="Recorded at or after this time.")
    created_before = TimeFilter("created_at", "lt", help_text="Recorded before this time.")
    updated_after = TimeFilter("updated_at", "gte", help_text="Changed at or after this time.")


class StrictOrdering(filters.OrderingFilter):
    """`?ordering=-created_at,code`; equal rows keep one order, an unknown field is refused."""

    def get_ordering(self, request: Request, queryset: QuerySet[Any], view: Any) -> Any:
        """Fields to order by, ending with the key.

        Raises:
            ValidationError: The view has no such field to order by.
        """
        known = [name for name, _ in self.get_valid_fields(queryset, view, {"request": request})]
        asked = [name.strip() for name in request.query_params.get(self.ordering_param, "").split(",") if name.strip()]
        unknown = [name for name in asked if name.removeprefix("-") not in known]
        if unknown:
            raise ValidationError(
                {"ordering": f"{', '.join(unknown)[:60]} is nothing to order by; there are {', '.join(known)}."}
            )
        ordering = asked or list(self.get_default_ordering(view) or queryset.model._meta.ordering)
        return ordering if ordering[-1:] == ["pk"] else [*ordering, "pk"]
