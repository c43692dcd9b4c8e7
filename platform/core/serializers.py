"""What the JSON of every record has in common: address, version, quantities with units, references by id or name.

Serializers check the shape of a request; what is right for the laboratory is decided by models and services, once for
all doors.
"""

from __future__ import annotations

import functools
import math
import uuid
from collections.abc import Callable, Hashable
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.validators import UniqueValidator

from accounts.models import Project
from core.asked import KnownFields, OfferedField
from core.fields import QuantityField
from core.filters import any_of, as_uuid
from core.quantities import QuantityError, convert, format_value, parse, quantity, read_quantity
from core.remembering import remember
from core.withdrawal import can_be_withdrawn, withdrawal_of

_NIL = uuid.UUID(int=0)
_LONGEST_NAME = 300
_SHOWN_DIGITS = 5e-4  # relative; a text of four significant digits is that far from its number
BASE_FIELDS = ("id", "created_at", "updated_at", "version")
RECORD_FIELDS = (*BASE_FIELDS, "created_by")


def address(request: Request | None, route: str, key: Any) -> str:
    """The address of a record, absolute where there is a request; `route` is the name of its list (`sample`)."""
    path = _pattern(route).replace(str(_NIL), str(key))
    return request.build_absolute_uri(path) if request is not None else path


@functools.cache
def _pattern(route: str) -> str:
    return reverse(f"{route}-detail", args=[_NIL])


def brief(request: Request | None, route: str, record: models.Model, label: str = "") -> dict[str, str]:
    """A reference as it is shown: id, address and what a person calls the record."""
    key = str(record.pk)
    return {
        "id": key,
        "url": address(request, route, getattr(record, "slug", None) or key),
        "label": label or str(record),
    }


def may_see(request: Request | None, record: models.Model) -> bool:
    """Whether the person may see a record that another one refers to; asks the database once per request."""
    project = getattr(record, "project_id", None)
    if request is None or project is None or request.user.is_superuser:
        return True
    visible = getattr(request, "visible_projects", None)
    if visible is None:
        visible = set(Project.objects.visible_to(request.user).values_list("pk", flat=True))
        request.visible_projects = visible  # type: ignore[attr-defined]
    return project in visible


class AddressField(serializers.Field[Any, Any, str, Any]):
    """The record's own address."""

    def __init__(self, route: str, key: str = "pk", **kwargs: Any) -> None:
        super().__init__(read_only=True, source="*", **kwargs)
        self.route = route
        self.key = key

    def to_representation(self, value: Any) -> str:
        """The absolute address."""
        return address(self.context.get("request"), self.route, getattr(value, self.key))


class QuantityValueField(serializers.Field[Any, Any, Any, Any]):
    """A number with its unit: `{"value": 2.1, "unit": "mg", "text": "2.10 mg"}`, null where it is unknown.

    Accepts a text with any fitting unit (`"2.10 mg"`), a number in the canonical unit, or an object with `value` and
    `unit`, or with `text`.

    Args:
        quantity_key: Key in `core.quantities`.
        model_field: Name of the model's field, where it is not the serializer field's.
        words: Texts accepted instead of a number.
    """

    def __init__(self, quantity_key: str, *, words: tuple[str, ...] = (), **kwargs: Any) -> None:
        kwargs.setdefault("required", False)
        kwargs.setdefault("allow_null", True)
        super().__init__(**kwargs)
        self.quantity_key = quantity_key
        self._reader = QuantityField(quantity_key, words=words, verbose_name=quantity(quantity_key).label.lower())

    def get_attribute(self, instance: Any) -> Any:
        """The number and its text, None where both are missing."""
        name = str(self.source)
        value, text = getattr(instance, name), getattr(instance, f"{name}_text", "")
        return None if value is None and not text else (value, text)

    def to_representation(self, value: Any) -> dict[str, Any]:
        """The number, its canonical unit and the text as entered (or written from the number)."""
        number, text = value
        unit = quantity(self.quantity_key).unit
        return {"value": number, "unit": unit, "text": text or format_value(number, unit)}

    def to_internal_value(self, data: Any) -> Any:
        """A text with unit, or a number in the canonical unit."""
        if isinstance(data, dict):
            return self._from_object(data)
        if isinstance(data, str):
            self._number(data)
            return data.strip()
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise ValidationError(f"{self._reader.verbose_name}: write a text such as {self._example()}, or a number.")
        return self._checked(data)

    def _from_object(self, data: dict[str, Any]) -> Any:
        unknown = sorted(str(key) for key in set(data) - {"value", "unit", "text"})
        if unknown:
            raise ValidationError(f"An object has value and unit, or text; {', '.join(unknown)} is neither.")
        text, value, unit = data.get("text"), data.get("value"), data.get("unit")
        if value is None:
            if not isinstance(text, str):
                raise ValidationError("An object has value and unit, or text.")
            return self.to_internal_value(text)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isinstance(unit, str | None):
            raise ValidationError("value is a number and unit a text.")
        canonical = quantity(self.quantity_key).unit
        try:
            number = convert(float(value), unit, canonical) if unit else float(value)
        except (QuantityError, OverflowError) as error:
            raise ValidationError(f"{self._reader.verbose_name}: {error}") from error
        number = self._checked(number)
        if not isinstance(text, str) or not text:
            return number if unit in (None, "", canonical) else f"{value!r} {unit}"
        if number == self._number(text):
            return text
        if math.isclose(number, self._number(text) or 0.0, rel_tol=_SHOWN_DIGITS):
            return number
        raise ValidationError(f'value and unit say {number:g} {canonical}, text says "{text}"; leave one of them out.')

    def _number(self, text: str) -> float | None:
        try:
            return self._reader.parse_text(text)[0]
        except DjangoValidationError as error:
            raise ValidationError(error.messages) from error

    def _checked(self, number: float) -> float:
        try:
            return read_quantity(self.quantity_key, number, what=str(self._reader.verbose_name)).value
        except QuantityError as error:
            raise ValidationError(str(error)) from error

    def _example(self) -> str:
        return f'"1 {quantity(self.quantity_key).unit}"'


class FractionField(serializers.Field[Any, Any, Any, Any]):
    """A share of the whole: 0.43, `"0.43"` or `"43 %"`; shown as a number from 0 to 1."""

    def to_representation(self, value: Any) -> float:
        """The share."""
        return float(value)

    def to_internal_value(self, data: Any) -> float:
        """The share."""
        if isinstance(data, bool) or not isinstance(data, int | float | str):
            raise ValidationError("A share is a number from 0 to 1 or a text such as 43 %.")
        try:
            share = parse(data, "1", what="share").value
        except QuantityError as error:
            raise ValidationError(str(error)) from error
        if not 0 < share <= 1:
            raise ValidationError(f"{str(data)[:30]!r} is not above 0 and at most 1; write 0.43 or 43 %.")
        return share


class ReferenceField(serializers.Field[Any, Any, Any, Any]):
    """Another record: shown as `{"id", "url", "label"}`, accepted as its id, its name or such an object.

    Args:
        queryset: Where to look; made anew for each use.
        route: Name of the record's list, for its address.
        names: Lookups that hold its names, such as `name`.
    """

    def __init__(self, queryset: Callable[[], Any], route: str, *names: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.queryset, self.route, self.names = queryset, route, names

    def to_representation(self, value: Any) -> dict[str, str]:
        """Id, address and label; no label of what the person may not see."""
        request = self.context.get("request")
        label = "" if may_see(request, value) else f"a {self._kind()} that you may not see"
        return brief(request, self.route, value, label)

    def to_internal_value(self, data: Any) -> Any:
        """The record that is meant, among those that the person may see."""
        key = data.get("id") if isinstance(data, dict) else data
        if isinstance(key, uuid.UUID):
            key = str(key)
        if not isinstance(key, str) or not key.strip() or len(key) > _LONGEST_NAME or "\0" in key:
            raise ValidationError(f"Write the id or {self._named()} of a {self._kind()}.")
        found = self._found(key.strip())
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(self._unknown(key))
        raise ValidationError(f"There is more than one {self._kind()} {key}; give its id, or PROJECT/{key}.")

    def _found(self, key: str) -> list[Any]:
        """The records with this id or name that the person may see; two of them at most."""
        user = self.context["request"].user
        queryset = self.queryset()

        def find() -> list[Any]:
            visible = queryset.visible_to(user)
            identifier = as_uuid(key)
            return list(visible.filter(pk=identifier)[:1]) if identifier else self._by_name(visible, key)

        return remember(queryset.model, (type(self), user.pk, self._asked_within(), key), find)

    def _asked_within(self) -> Hashable:
        """What else decides which record a name means."""
        return self.names

    def _by_name(self, visible: Any, name: str) -> list[Any]:
        return list(visible.filter(any_of(f"{lookup}__iexact" for lookup in self.names).for_value(name))[:2])

    def _unknown(self, key: str) -> str:
        return f"There is no {self._kind()} {key} that you may see. Create it first, or check the spelling."

    def _kind(self) -> str:
        return str(self.queryset().model._meta.verbose_name)

    def _named(self) -> str:
        return " or ".join(name.split("__")[-1] for name in self.names) or "the object"


class PartSerializer(KnownFields, serializers.ModelSerializer[Any]):
    """Base of parts of records: quantities as numbers with units, rules left to the model."""

    serializer_choice_field = OfferedField

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        """Quantities get their own field; uniqueness is the model's to check, so that it is said in one way."""
        if isinstance(model_field, QuantityField):
            arguments: dict[str, Any] = {"quantity_key": model_field.quantity_key, "words": model_field.words}
            if model_field.help_text:
                arguments["help_text"] = str(model_field.help_text)
            return QuantityValueField, arguments
        field_class, arguments = super().build_standard_field(field_name, model_field)
        if "validators" in arguments:
            arguments["validators"] = [v for v in arguments["validators"] if not isinstance(v, UniqueValidator)]
        return field_class, arguments

    def get_validators(self) -> list[Any]:
        """None of its own: services validate the whole record."""
        return []


class WithdrawalSerializer(serializers.Serializer[Any]):
    """That a record was withdrawn: it stays for what rests on it, and lists leave it out."""

    at = serializers.DateTimeField()
    by = serializers.CharField()
    reason = serializers.CharField()
    successor = serializers.UUIDField(allow_null=True, help_text="Id of the record that takes its place.")


@extend_schema_field(WithdrawalSerializer(allow_null=True))
class WithdrawalField(serializers.Field[Any, Any, Any, Any]):
    """When, by whom and why a record was withdrawn; null where it was not."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"source": "*", "read_only": True, **kwargs})

    def to_representation(self, value: Any) -> dict[str, Any] | None:
        """The withdrawal of the record."""
        told = withdrawal_of(value)
        return None if told is None else WithdrawalSerializer(told).data


class RecordSerializer(PartSerializer):
    """Base of all records, with address and version; `?fields=` trims.

    Subclasses give `route` (name of the list) and, where the address has another key than the id, `url_key`.
    """

    route = ""
    url_key = "pk"

    created_by = serializers.SlugRelatedField[Any](slug_field="username", read_only=True, allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        """All fields, with the address, trimmed to what the request asks for."""
        fields: dict[str, Any] = super().get_fields()
        fields = {"id": fields.pop("id"), "url": AddressField(self.route, self.url_key), **fields}
        if can_be_withdrawn(self.Meta.model):
            fields["withdrawn"] = WithdrawalField()
        wanted = self.context.get("fields") if self._is_outermost() else None
        if wanted is None:
            return fields
        unknown = sorted(set(wanted) - set(fields))
        if unknown:
            raise ValidationError({"fields": f"No field {', '.join(unknown)[:60]}; there are {', '.join(fields)}."})
        return {name: field for name, field in fields.items() if name in wanted}

    def _is_outermost(self) -> bool:
        above: Any = self.parent
        return above is None or (isinstance(above, serializers.ListSerializer) and above.parent is None)


class ImmutableSerializer(RecordSerializer):
    """Base of what never changes once stored: always version 1, updated when it was made."""

    created_by = None  # type: ignore[assignment]

    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(source="created_at", read_only=True)
    version = serializers.SerializerMethodField()

    def get_version(self, record: Any) -> int:
        """Always 1."""
        del record
        return 1
