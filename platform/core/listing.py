"""Long lists straight from the database: one SQL statement gives the JSON that the serializers would give, row by row.

A listing is made from a serializer: its fields become columns of one statement, and what the serializer computes in
Python is given as SQL beside it. The statement is made once; a request adds which rows to show and what the person may
see. A test holds both outputs equal, field by field.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, F, Func, JSONField, Model, OuterRef, Subquery, UUIDField, Value
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from rest_framework import serializers
from rest_framework.relations import SlugRelatedField
from rest_framework.request import Request

from accounts.models import Project
from core.models import Tombstone
from core.quantities import quantity
from core.serializers import (
    AddressField,
    FractionField,
    QuantityValueField,
    RecordSerializer,
    ReferenceField,
    WithdrawalField,
    address,
)
from core.units import format_value

# What a statement says in place of what only the request knows.
_ROOT: Final = "\ue000root\ue000"
_MARK: Final = "\ue000mark\ue000"
_NIL: Final = "00000000-0000-0000-0000-000000000000"
_TIME: Final = (
    "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
    " || CASE WHEN date_trunc('second', {}) = {} THEN '' ELSE to_char({} AT TIME ZONE 'UTC', '.US') END || 'Z'"
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
    return Sql("{} || {}::text || {}", text(f"{_ROOT}{before}"), F(key), text(after))


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
    return Sql("{}::text || coalesce({}::text, '') || {}::text", text(f"{_MARK}{name}:"), given, text(_MARK))


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


def _quantity(path: str, key: str) -> Expression:
    """Number, unit and text; a text that nobody entered is marked, to be written as Python writes numbers."""
    unit = quantity(key).unit
    return Sql(
        "CASE WHEN {} IS NOT NULL OR {} <> '' THEN json_build_object('value', {}, 'unit', {}, 'text',"
        " CASE WHEN {} <> '' THEN {}::text ELSE {} || {}::text || {} END) END",
        F(path),
        F(f"{path}_text"),
        F(path),
        text(unit),
        F(f"{path}_text"),
        F(f"{path}_text"),
        text(_MARK),
        F(path),
        text(f" {unit}{_MARK}"),
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
    columns = [known.get(name) or column_of(field, _path_of(field)) for name, field in fields.items()]
    members = ", ".join(f"'{name}', {{}}" for name in fields)
    return Sql(f"json_build_object({members})", *columns)


def _path_of(field: Any) -> str:
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


@dataclass(frozen=True)
class _Statement:
    """The columns of a listing as SQL, with marks for what only a request knows."""

    sql: str
    params: tuple[Any, ...]
    aliases: tuple[str, ...]
    names: tuple[str, ...]


class Listing:
    """A kind of record as the database writes it.

    Args:
        serializer: Whose output it gives.
        computed: SQL of the fields that the serializer computes in Python, by name.
        finishers: What Python makes of the texts that `finished` marks, by name.
    """

    def __init__(
        self,
        serializer: type[RecordSerializer],
        computed: Mapping[str, Column] | None = None,
        finishers: Mapping[str, Callable[[str], Any]] | None = None,
    ) -> None:
        self.serializer = serializer
        self._computed = dict(computed or {})
        self._finishers = dict(finishers or {})
        self._statement = functools.lru_cache(maxsize=64)(self._make_statement)

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The fields in their order."""
        return tuple(name for name, field in self._fields.items() if not field.write_only)

    @functools.cached_property
    def _fields(self) -> dict[str, Any]:
        return dict(self.serializer().fields)

    def rows(self, page: Any, request: Request, names: Sequence[str] | None = None) -> bytes:
        """A JSON list of records.

        Args:
            page: Query of the rows to show, in their order, or their keys.
            request: Whose; decides what is visible and how addresses begin.
            names: The fields to show, in any order; all where None.

        Raises:
            ValidationError: There is no field of such a name; the serializer says which there are.
        """
        wanted = self.names if names is None else tuple(name for name in self.names if name in set(names))
        if names is not None and set(names) - set(self.names):
            list(self.serializer(context={"fields": list(names), "request": request}).fields)
        statement = self._statement(wanted)
        page_sql, page_params = _page(page)
        seen_sql, seen_params = _page(Project.objects.visible_to(request.user).order_by())
        mark = secrets.token_hex(8)
        known = {_ROOT: request.build_absolute_uri("/").rstrip("/"), _MARK: mark}
        params = (*page_params, *seen_params, *_filled(statement.params, known))
        with connection.cursor() as cursor:
            cursor.cursor.adapters.register_loader("text", _AsBytes)  # of this cursor only
            cursor.execute(_WHOLE.format(page=page_sql, seen=seen_sql, **_parts(statement)), params)
            (rows,) = cursor.fetchone()
        return self._finished(rows, mark.encode())

    def _finished(self, rows: bytes, mark: bytes) -> bytes:
        """What is marked as Python writes it: numbers within their texts, and values in place of theirs.

        Marks stand before and after, so every second piece between them is marked. Equal ones are made once.
        """
        pieces = rows.split(mark)
        made: dict[bytes, bytes] = {}
        for place in range(1, len(pieces), 2):
            piece = pieces[place]
            if not piece[:1].islower():
                pieces[place] = _number_as_text(piece)
                continue
            if piece not in made:
                name, _, told = piece.partition(b":")
                made[piece] = orjson.dumps(self._finishers[name.decode()](orjson.loads(b'"%b"' % told)))
            before, after = pieces[place - 1], pieces[place + 1]
            pieces[place - 1 : place + 2] = before[:-1], made[piece], after[1:]  # a value takes the place of its quotes
        return b"".join(pieces)

    def _make_statement(self, names: tuple[str, ...]) -> _Statement:
        columns = {f"column{place}": self._sql_of(name) for place, name in enumerate(names)}
        model: Any = self.serializer.Meta.model
        row = model._base_manager.order_by().filter(pk=_KeyOfPage())
        records = row.annotate(**columns).values_list("pk", *columns)
        sql, params = records.query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
        return _Statement(sql, tuple(params), tuple(columns), names)

    def _sql_of(self, name: str) -> Expression | F:
        if name in self._computed:
            return self._computed[name]()
        field = self._fields[name]
        return column_of(field, _path_of(field))


class _AsBytes(Loader):
    """Megabytes of JSON as they come: nothing is gained by making a text of them, and bytes of it again."""

    def load(self, data: Buffer) -> bytes:
        """What the database sent."""
        return bytes(data)


class _KeyOfPage(Func):
    """The key of the page's row, so that each row is looked up by it.

    A record joins more tables than PostgreSQL orders freely: joined to the page as a whole, all rows would be read.
    """

    output_field = UUIDField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, list[Any]]:
        """A column of the statement around."""
        del compiler, connection, args, context
        return "page.key", []


_WHOLE: Final = (
    "WITH page AS MATERIALIZED (SELECT key, row_number() OVER () AS place FROM ({page}) AS asked(key)),"
    " visible AS MATERIALIZED (SELECT key FROM ({seen}) AS seen(key))"
    " SELECT coalesce(json_agg((SELECT row_to_json(whole_row) FROM (SELECT {values}) AS whole_row({names}))"
    " ORDER BY page.place)::text, '[]')"
    " FROM page CROSS JOIN LATERAL ({columns} OFFSET 0) AS stored(key, {aliases})"
)


def _page(page: Any) -> tuple[str, Sequence[Any]]:
    if isinstance(page, list):
        return "SELECT unnest(%s::uuid[])", [page]
    try:
        sql, params = page.values("pk").query.sql_with_params()
    except EmptyResultSet:  # the query knows that nothing can be found
        return "SELECT NULL::uuid WHERE false", []
    return sql, params


def _parts(statement: _Statement) -> dict[str, str]:
    return {
        "columns": statement.sql,
        "aliases": ", ".join(statement.aliases),
        "values": ", ".join(f"stored.{alias}" for alias in statement.aliases),
        "names": ", ".join(f'"{name}"' for name in statement.names),
    }


def _filled(params: Sequence[Any], known: Mapping[str, str]) -> Iterator[Any]:
    for param in params:
        value = param
        if isinstance(value, str) and "\ue000" in value:
            for mark, meant in known.items():
                value = value.replace(mark, meant)
        yield value


@functools.lru_cache(maxsize=1 << 16)
def _number_as_text(marked: bytes) -> bytes:
    """A number that nobody entered as a text, written as the serializers write it."""
    number, _, unit = marked.partition(b" ")
    return format_value(float(number), unit.decode()).encode()
