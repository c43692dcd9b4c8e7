"""What a field of a serializer is in SQL: the vocabulary that listings are made of.

Serializers and these expressions say the same of each field: a test holds them equal. What only a request knows, the
beginning of addresses, stands in the statement as a mark until then.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.db.models import Expression, F, Func, JSONField, Model, OuterRef, Subquery, Value
from rest_framework import serializers
from rest_framework.relations import SlugRelatedField

from accounts.models import Project
from core.models import Tombstone
from core.quantities import quantity
from core.serializers import (
    AddressField,
    FractionField,
    QuantityValueField,
    ReferenceField,
    WithdrawalField,
    address,
)
from core.units import display_unit

ROOT: Final = "\ue000root\ue000"
"""Stands where addresses begin."""
MARK: Final = secrets.token_hex(8)
"""Stands before and after what Python still has to make of a text."""
_NIL: Final = "00000000-0000-0000-0000-000000000000"
_TIME: Final = (
    "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
    " || CASE WHEN date_trunc('second', {}) = {} THEN '' ELSE to_char({} AT TIME ZONE 'UTC', '.US') END || 'Z'"
)
_SHAPES: Final = (
    (1000, "FM99999990"),
    (100, "FM99990.9"),
    (10, "FM9990.99"),
    (1, "FM990.999"),
    (0.1, "FM90.9999"),
    (0.01, "FM90.99999"),
    (0.001, "FM90.999999"),
)

Column = Callable[[], Expression | F]
Label = Callable[[str], Expression | F]
LABELS: dict[type[Model], Label] = {}
"""What a person calls a record, as SQL: given the path to it (`material__`), by model. Apps add theirs."""


class Sql(Func):
    """An SQL expression written out, with `{}` where other expressions go, each once and in order."""

    def __init__(self, template: str, *expressions: Any) -> None:
        super().__init__(*expressions, output_field=JSONField())
        self.text = template

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, list[Any]]:
        """The text with the expressions in it."""
        del connection, args, context
        pieces = [compiler.compile(expression) for expression in self.source_expressions]
        params = [param for _, given in pieces for param in given]
        return f"({self.text.format(*(sql for sql, _ in pieces))})", params

    def __repr__(self) -> str:
        return f"Sql({self.text!r})"


def text(value: str) -> Expression:
    """A constant."""
    return Sql("{}::text", Value(value))


def time(path: str) -> Expression:
    """A moment as the serializers write it."""
    return Sql(_TIME, *(F(path),) * 4)


def record_address(route: str, key: str) -> Expression:
    """The absolute address of a record, NULL where there is none."""
    before, after = address(None, route, _NIL).split(_NIL)
    return Sql("{} || {}::text || {}", text(f"{ROOT}{before}"), F(key), text(after))


def chosen(path: str, choices: Sequence[tuple[Any, Any]]) -> Expression:
    """What a person reads of a choice."""
    cases = " ".join("WHEN {} THEN {}" for _ in choices)
    pairs = [text(str(part)) for choice in choices for part in choice]
    return Sql(f"CASE {{}} {cases} ELSE '' END", F(path), *pairs)


def reference(model: type[Model], route: str, path: str = "", *, key: str = "pk", kind: str = "") -> Expression:
    """A reference `{"id", "url", "label"}`; NULL where there is none, without a label where the person may not see it.

    Args:
        model: Of the record referred to.
        route: Name of its list.
        path: To the record, with `__` at its end; empty for the row itself.
        key: The field that its address ends with.
        kind: What it is called where it may not be seen.
    """
    label: Any = LABELS[model](path)
    if hasattr(model, "project"):
        hidden = f"a {kind or model._meta.verbose_name} that you may not see"
        label = Sql(
            "CASE WHEN {} IN (SELECT key FROM visible) THEN {} ELSE {} END", F(f"{path}project"), label, text(hidden)
        )
    return Sql(
        "CASE WHEN {} IS NOT NULL THEN json_build_object('id', {}, 'url', {}, 'label', {}) END",
        F(f"{path}pk"),
        F(f"{path}pk"),
        record_address(route, f"{path}{key}"),
        label,
    )


def finished(name: str, given: Expression | F) -> Expression:
    """A value that Python makes of a text of the row: the listing's `finishers` say how, by this name."""
    return Sql("{}::text || coalesce({}::text, '') || {}::text", text(f"{MARK}{name}:"), given, text(MARK))


def _withdrawal() -> Expression:
    """That the row was withdrawn: when, by whom, why; NULL where it was not."""
    told = Sql(
        "json_build_object('at', {}, 'by', {}, 'reason', {}, 'successor', {})",
        time("at"),
        F("by"),
        F("reason"),
        F("successor"),
    )
    return Sql("{}", Subquery(Tombstone.objects.filter(pk=OuterRef("pk")).annotate(told=told).values("told")))


def number(path: str) -> Expression:
    """A number as `core.units.format_value` writes it, with its four significant digits.

    `to_char` rounds as C does, which is Python's way, too; one place more before the point takes what is rounded up.
    """
    value = F(path)
    plain = " ".join(f"WHEN abs({{}}) >= {least} THEN rtrim(to_char({{}}, '{shape}'), '.')" for least, shape in _SHAPES)
    power = "split_part(to_char({}, '9.999EEEE'), 'e', 2)::int::text"
    mantissa = "rtrim(rtrim(ltrim(split_part(to_char({}, '9.999EEEE'), 'e', 1)), '0'), '.')"
    raised = f"{mantissa} || '×10' || translate({power}, '0123456789-', '⁰¹²³⁴⁵⁶⁷⁸⁹⁻')"
    template = f"CASE WHEN {{}} = 0 THEN '0' WHEN abs({{}}) >= 1e6 THEN {raised} {plain} ELSE {raised} END"
    return Sql(template, *(value,) * template.count("{}"))


def _quantity(path: str, key: str) -> Expression:
    """Number, unit and text; a text that nobody entered is written from the number."""
    unit = quantity(key).unit
    written = f" {display_unit(unit)}".rstrip()
    return Sql(
        "CASE WHEN {} IS NOT NULL OR {} <> '' THEN json_build_object('value', {}, 'unit', {}, 'text',"
        " CASE WHEN {} <> '' THEN {} ELSE {} || {} END) END",
        F(path),
        F(f"{path}_text"),
        F(path),
        text(unit),
        F(f"{path}_text"),
        F(f"{path}_text"),
        number(path),
        text(written),
    )


def list_of(records: Any, shown: Expression | F, order: str, *by: Any) -> Expression:
    """A JSON list of rows that belong to the row.

    Args:
        records: Query of them, with an `OuterRef` to the row.
        shown: What is shown of each.
        order: How they are sorted, with `{}` for each of `by`.
        by: Expressions that `order` names.
    """
    rows = Sql(f"json_agg({{}} ORDER BY {order})", shown, *by)
    return Sql("coalesce({}, '[]'::json)", Subquery(records.order_by().annotate(shown_rows=rows).values("shown_rows")))


def as_object(serializer: type[Any], computed: Mapping[str, Expression | F] | None = None) -> Expression:
    """The row as a JSON object with the fields of a serializer; `computed` as in `Listing`."""
    known = dict(computed or {})
    fields = {name: field for name, field in serializer().fields.items() if not field.write_only}
    columns = [known.get(name) or column_of(field, path_of(field)) for name, field in fields.items()]
    members = ", ".join(f"'{name}', {{}}" for name in fields)
    return Sql(f"json_build_object({members})", *columns)


def path_of(field: Any) -> str:
    """Where the value of a serializer's field is."""
    return str(field.source).replace(".", "__")


def column_of(field: Any, path: str, *, plain: bool = False) -> Expression | F:
    """What a field of a serializer is in SQL.

    Args:
        field: The field, bound to its serializer.
        path: To its value.
        plain: Its value is shown as it is stored, whatever its class.

    Raises:
        TypeError: The listing must say it itself.
    """
    match field:
        case AddressField() | WithdrawalField():
            return record_address(field.route, field.key) if isinstance(field, AddressField) else _withdrawal()
        case QuantityValueField():
            return _quantity(path, field.quantity_key)
        case ReferenceField():
            model = field.queryset().model
            return reference(model, field.route, f"{path}__", key="slug" if model is Project else "pk")
        case SlugRelatedField():
            return F(f"{path}__{field.slug_field}")
        case serializers.DateTimeField():
            return time(path)
    plain = plain or type(field) in _PLAIN or getattr(field, "is_stored_as_shown", False)
    if plain or isinstance(field, serializers.IntegerField):
        return F(path)
    raise TypeError(
        f"{field.field_name} is a {type(field).__name__}, computed in Python; the listing must give its SQL"
    )


_PLAIN: Final = frozenset(
    {
        FractionField,
        serializers.BooleanField,
        serializers.CharField,
        serializers.ChoiceField,
        serializers.DateField,
        serializers.FloatField,
        serializers.JSONField,
        serializers.PrimaryKeyRelatedField,
        serializers.SlugField,
        serializers.UUIDField,
    }
)
