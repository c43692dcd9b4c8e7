"""Long lists straight from the database: one SQL statement gives the JSON that the serializers would give, row by row.

A listing is made from a serializer: its fields become columns of one statement, and what the serializer computes in
Python is given as SQL beside it. The statement is made once; a request adds which rows to show and what the person may
see. A test holds both outputs equal, field by field.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import Expression, F, Func, UUIDField
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from rest_framework.request import Request

from accounts.models import Project, User
from core.listing_columns import MARK, ROOT, Column, column_of, path_of
from core.serializers import RecordSerializer


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
        self._made = functools.lru_cache(maxsize=4096)(self._make)
        self._shown = functools.lru_cache(maxsize=64)(self._write_shown)

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The fields in their order."""
        return tuple(name for name, field in self._fields.items() if not field.write_only)

    @functools.cached_property
    def _fields(self) -> dict[str, Any]:
        return dict(self.serializer().fields)

    def rows(self, page: Any, request: Request, names: Sequence[str] | None = None) -> list[Buffer]:
        """A JSON list of records, in pieces to be joined.

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
        user = request.user
        seen = _seen_by(user.pk, is_active=user.is_active, is_superuser=user.is_superuser)
        chosen = _CHOSEN.format(page=_keys(page), seen=seen)
        with connection.cursor() as cursor:
            cursor.cursor.adapters.register_loader("text", _AsItComes)  # of this cursor only
            cursor.execute(chosen + self._shown(wanted, request.build_absolute_uri("/").rstrip("/")))
            pieces: list[Buffer] = [piece for (piece,) in cursor.fetchall()]
        if self._finishers:
            pieces = [self._finished(piece) for piece in pieces]
        between = [part for piece in pieces for part in (b",", piece)][1:]
        return [b"[", *between, b"]"]

    def _finished(self, written: Buffer) -> bytes:
        """The piece with what Python makes of its marked texts in their places, quotes and all."""
        first, *others = bytes(written).split(_BEFORE)
        parts = [first]
        for other in others:
            told, _, after = other.partition(_AFTER)
            parts += self._made(told), after
        return b"".join(parts)

    def _make(self, told: bytes) -> bytes:
        name, _, given = told.partition(b":")
        return orjson.dumps(self._finishers[name.decode()](orjson.loads(b'"%b"' % given)))

    def _write_shown(self, names: tuple[str, ...], root: str) -> str:
        """The statement that shows the page, with its constants in it: a request has nothing to fill in."""
        columns = {f"column{place}": self._sql_of(name) for place, name in enumerate(names)}
        model: Any = self.serializer.Meta.model
        row = model._base_manager.order_by().filter(pk=_KeyOfPage())
        records = row.annotate(**columns).values_list("pk", *columns)
        sql, params = records.query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
        known = [param.replace(ROOT, root) if isinstance(param, str) else param for param in params]
        return _SHOWN.format(
            columns=_bound(sql, known),
            aliases=", ".join(columns),
            values=", ".join(f"stored.{alias}" for alias in columns),
            names=", ".join(f'"{name}"' for name in names),
        )

    def _sql_of(self, name: str) -> Expression | F:
        if name in self._computed:
            return self._computed[name]()
        field = self._fields[name]
        return column_of(field, path_of(field))


class _AsItComes(Loader):
    """Megabytes of JSON where the driver holds them: they are copied once, into the answer."""

    def load(self, data: Buffer) -> Buffer:
        """What the database sent."""
        return data


class _KeyOfPage(Func):
    """The key of the page's row, so that each row is looked up by it.

    A record joins more tables than PostgreSQL orders freely: joined to the page as a whole, all rows would be read.
    """

    output_field = UUIDField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> tuple[str, list[Any]]:
        """A column of the statement around."""
        del compiler, connection, args, context
        return "page.key", []


_BEFORE: Final = f'"{MARK}'.encode()
_AFTER: Final = f'{MARK}"'.encode()
_CHOSEN: Final = (
    "WITH page AS MATERIALIZED (SELECT key, row_number() OVER () - 1 AS place FROM ({page}) AS asked(key)),"
    " visible AS MATERIALIZED (SELECT key FROM ({seen}) AS seen(key))"
)
# One value of megabytes would be moved in memory again and again while it grows.
_SHOWN: Final = (
    " SELECT string_agg((SELECT row_to_json(whole_row) FROM (SELECT {values}) AS whole_row({names}))::text, ','"
    " ORDER BY page.place)"
    " FROM page CROSS JOIN LATERAL ({columns} OFFSET 0) AS stored(key, {aliases})"
    " GROUP BY page.place / 50 ORDER BY page.place / 50"
)


def _keys(page: Any) -> str:
    """SQL of the keys of a query, or of those that are given."""
    if isinstance(page, list):
        return _bound("SELECT unnest(%s::uuid[])", [page])
    try:
        return _bound(*page.values("pk").query.sql_with_params())
    except EmptyResultSet:  # the query knows that nothing can be found
        return "SELECT NULL::uuid WHERE false"


def _bound(sql: str, params: Sequence[Any]) -> str:
    """A statement with its parameters in it."""
    operations: Any = connection.ops
    return str(operations.compose_sql(sql, params))


@functools.lru_cache(maxsize=1024)
def _seen_by(key: Any, *, is_active: bool, is_superuser: bool) -> str:
    """SQL of the projects that a person sees: the question is remembered, never the answer."""
    person = User(pk=key, is_active=is_active, is_superuser=is_superuser)
    return _keys(Project.objects.visible_to(person).order_by())
