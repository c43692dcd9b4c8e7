"""Events folded into states: what a record was after each change, and what differs between any two of its states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, overload

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.utils.text import capfirst

from core.history.shape import WITHDRAWAL, Table, own_tables, parts_of, root_of, tables_of
from core.history.words import Names, Row, references_in, said
from core.models import AuditEvent

Key = tuple[str, str]
"""Table and id of a row."""
State = Mapping[Key, Row]
"""Every row of a record at one time."""

_AT_ONCE = 300


@dataclass(frozen=True)
class FieldChange:
    """A field with its value before and after, in words; empty where there is none."""

    field: str
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class RowChange:
    """What happened to one row.

    Attributes:
        kind: `created`, `changed` or `deleted`.
        title: Which part it is (`thermal step 1`); empty for the record itself.
        fields: The fields that differ.
    """

    kind: str
    title: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Change:
    """What one transaction did to a record.

    Attributes:
        number: Counts from 1, the oldest.
        at: When.
        actor: User name of who did it, or the name of a process.
        door: Through which door: `admin`, `page`, `rest`, `command`, `task`.
        reason: Why, where somebody said so.
        rows: What differs in which row, the record itself first.
    """

    number: int
    at: datetime
    actor: str
    door: str
    reason: str
    rows: tuple[RowChange, ...]

    @property
    def kind(self) -> str:
        """What happened to the record as a whole."""
        return next((row.kind for row in self.rows if not row.title), "changed")


class History(Sequence[Change]):
    """All changes of a record, newest first. Only those that are looked at are put into words.

    Args:
        model: Kind of the record.
        events: Its events and those of its parts, oldest first.
        user: Who reads; references to what this person may not see have no names.
    """

    def __init__(self, model: type[models.Model], events: Iterable[AuditEvent], user: Any) -> None:
        self.model, self._user = model, user
        self._tables = tables_of(model)
        self._groups = _by_transaction(events)
        self._states: list[State] = [{}]
        for group in self._groups:
            self._states.append(_after(self._states[-1], group))

    def __len__(self) -> int:
        return len(self._groups)

    @overload
    def __getitem__(self, place: int) -> Change: ...
    @overload
    def __getitem__(self, place: slice) -> list[Change]: ...
    def __getitem__(self, place: int | slice) -> Change | list[Change]:
        numbers = range(len(self), 0, -1)[place]
        if isinstance(numbers, int):
            return self._told([numbers])[0]
        return self._told(numbers)

    def state(self, number: int) -> State:
        """Every row of the record as it was after that change; nothing before the first.

        Raises:
            IndexError: There is no such change.
        """
        if not 0 <= number <= len(self):
            raise IndexError(f"There is no change {number}; there are 1 to {len(self)}.")
        return self._states[number]

    def compare(self, older: int, newer: int) -> tuple[RowChange, ...]:
        """What differs between the record after one change and after another.

        Raises:
            IndexError: There is no such change.
        """
        before, after = self.state(older), self.state(newer)
        return self._differences(before, after, self._names([(before, after)]))

    def head(self, number: int) -> Change:
        """Who, when and why of a change, without what it did.

        Raises:
            IndexError: There is no such change.
        """
        if not 1 <= number <= len(self):
            raise IndexError(f"There is no change {number}; there are 1 to {len(self)}.")
        return _change(number, self._groups[number - 1], ())

    def shape(self, model: type[models.Model]) -> Table:
        """How the rows of a part belong to the record."""
        return self._tables[model._meta.db_table]

    def rows(self, number: int, table: str) -> list[Row]:
        """Rows of one table after that change, in their order."""
        found = [row for (name, _), row in self.state(number).items() if name == table]
        return sorted(found, key=_order)

    def _told(self, numbers: Iterable[int]) -> list[Change]:
        numbers = list(numbers)
        pairs = [(self._states[number - 1], self._states[number]) for number in numbers]
        names = self._names(pairs)
        return [
            _change(number, self._groups[number - 1], self._differences(*pair, names))
            for number, pair in zip(numbers, pairs, strict=True)
        ]

    def _names(self, pairs: Iterable[tuple[State, State]]) -> Names:
        references = set()
        for before, after in pairs:
            for state, other in ((before, after), (after, before)):
                for key, row in state.items():
                    if other.get(key) is not row:
                        references |= set(references_in(row, self._tables[key[0]].fields))
        return Names(self._user, references)

    def _differences(self, before: State, after: State, names: Names) -> tuple[RowChange, ...]:
        changed = [
            (before.get(key), after.get(key), self._tables[key[0]])
            for key in dict.fromkeys([*before, *after])
            if before.get(key) is not after.get(key)
        ]
        rows = [_row_change(old, new, table, names) for old, new, table in _paired(changed)]
        order = {name: place for place, name in enumerate(self._tables)}
        told = sorted(((table, row) for table, row in rows if row is not None), key=lambda entry: order[entry[0].name])
        return _with_own_rows_joined([row for _, row in told])


def history_of(record: models.Model, user: Any) -> History:
    """The history of a record that exists.

    Raises:
        PermissionDenied: The person may not see the record.
    """
    model = type(record)
    manager: Any = model._default_manager
    if not manager.visible_to(user).filter(pk=record.pk).exists():
        raise PermissionDenied("You may not see this record.")
    return History(model, _events(model, str(record.pk)), user)


def history_of_deleted(model: type[models.Model], key: object, user: Any) -> History | None:
    """The history of a record that was deleted; None where there never was one that this person might have seen."""
    events = _events(model, str(key))
    table = root_of(model)._meta.db_table
    last = next((event for event in reversed(events) if event.model == table), None)
    if last is None or last.operation != AuditEvent.Operation.DELETE or not _might_see(model, last.changes, user):
        return None
    return History(model, events, user)


def _might_see(model: type[models.Model], row: Row, user: Any) -> bool:
    if user.is_superuser and user.is_active:
        return True
    lookup: str = getattr(model, "project_lookup", "")
    if not lookup:
        return bool(user.is_authenticated and user.is_active)
    if lookup == "pk":
        return False
    field: Any = model._meta.get_field(lookup.partition("__")[0])
    visible = field.remote_field.model._default_manager.visible_to(user)
    return bool(visible.filter(pk=row[field.column]).exists())


def _events(model: type[models.Model], key: str) -> list[AuditEvent]:
    """Events of the record's own rows and of its parts, also of those that are gone, oldest first."""
    own = Q(record_id=key, model__in=[table.name for table in (*own_tables(model), WITHDRAWAL)])
    keys: set[str] = set()
    level = {model: {key}}
    while level:
        deeper: dict[type[models.Model], set[str]] = {}
        for owner_model, owners in level.items():
            for part, found in _part_keys(owner_model, owners):
                if found:
                    deeper.setdefault(part.model, set()).update(found)
                    keys |= found
        level = deeper
    parts = Q(record_id__in=keys, model__in=[name for name, table in tables_of(model).items() if table.owner])
    return list(AuditEvent.objects.filter(own | parts if keys else own).order_by("id"))


def _part_keys(model: type[models.Model], owners: set[str]) -> Iterable[tuple[Table, set[str]]]:
    """Ids of all parts there ever were: each was inserted once, with the id of what it belongs to."""
    parts = parts_of(model)
    if not parts:
        return []
    inserted = AuditEvent.objects.filter(operation=AuditEvent.Operation.INSERT)
    found: dict[str, set[str]] = {part.name: set() for part in parts}
    ordered = sorted(owners)
    for start in range(0, len(ordered), _AT_ONCE):
        wanted = Q()
        for part in parts:
            for owner in ordered[start : start + _AT_ONCE]:
                wanted |= Q(model=part.name, changes__contains={part.owner: owner})
        for name, key in inserted.filter(wanted).values_list("model", "record_id"):
            found[name].add(key)
    return [(part, found[part.name]) for part in parts]


def _by_transaction(events: Iterable[AuditEvent]) -> list[list[AuditEvent]]:
    groups: dict[int, list[AuditEvent]] = {}
    for event in events:
        groups.setdefault(event.transaction, []).append(event)
    return sorted(groups.values(), key=lambda group: group[-1].pk)


def _after(before: State, events: Iterable[AuditEvent]) -> State:
    rows = dict(before)
    for event in events:
        key = (event.model, event.record_id)
        if event.operation == AuditEvent.Operation.DELETE:
            rows.pop(key, None)
        elif event.operation == AuditEvent.Operation.INSERT:
            rows[key] = event.changes
        else:
            rows[key] = {**rows.get(key, {}), **{name: pair[1] for name, pair in event.changes.items()}}
    return rows


def _change(number: int, events: Sequence[AuditEvent], rows: tuple[RowChange, ...]) -> Change:
    first = events[0]
    reasons = dict.fromkeys(event.reason for event in events if event.reason)
    return Change(number, events[-1].at, first.actor, first.door, "; ".join(reasons), rows)


Pair = tuple[Row | None, Row | None, Table]


def _paired(changed: Sequence[Pair]) -> list[Pair]:
    """Joins rows that were deleted with those that were created in their place, as services do that replace lists."""
    kept = [pair for pair in changed if (pair[0] is not None and pair[1] is not None) or not pair[2].owner]
    gone = [pair for pair in changed if pair[1] is None and pair[2].owner]
    new = [pair for pair in changed if pair[0] is None and pair[2].owner]
    for same in (_identity, _place):
        by_sameness: dict[Any, list[Pair]] = {}
        for pair in new:
            by_sameness.setdefault((pair[2].name, same(pair[1], pair[2])), []).append(pair)
        for pair in list(gone):
            twins = by_sameness.get((pair[2].name, same(pair[0], pair[2])))
            if twins:
                twin = twins.pop(0)
                kept.append((pair[0], twin[1], pair[2]))
                gone.remove(pair)
                new.remove(twin)
    return [*kept, *gone, *new]


def _identity(row: Row | None, table: Table) -> tuple[Any, ...]:
    """What a part is: the records it refers to and what it is there for."""
    fields = [f for f in table.fields if isinstance(f, models.ForeignKey) or f.name in {"role", "kind"}]
    return tuple((row or {}).get(field.column) for field in fields) if fields else (_order(row or {}),)


def _place(row: Row | None, table: Table) -> Any:
    del table
    return _order(row or {})


def _order(row: Row) -> Any:
    place = row.get("order", row.get("position"))
    return -1 if place is None else place


def _row_change(old: Row | None, new: Row | None, table: Table, names: Names) -> tuple[Table, RowChange | None]:
    kind = "created" if old is None else "deleted" if new is None else "changed"
    fields = tuple(
        FieldChange(field.name, capfirst(str(field.verbose_name)), before, after)
        for field in table.fields
        for before, after in [(said(old, field, names), said(new, field, names))]
        if before != after and not (kind != "changed" and (before or after) in ("no", "[]", "{}"))
    )
    if not fields and kind == "changed":
        return table, None
    return table, RowChange(kind, _title(new or old or {}, table, names) if table.owner else "", fields)


def _title(row: Row, table: Table, names: Names) -> str:
    """Which part it is: its kind of record and what it refers to, else its place."""
    for field in table.fields:
        if isinstance(field, models.ForeignKey) and row.get(field.column) is not None:
            return f"{table.model._meta.verbose_name} {said(row, field, names)}"
    place = _order(row)
    return f"{table.model._meta.verbose_name} {place + 1 if place >= 0 else ''}".strip()


def _with_own_rows_joined(rows: Sequence[RowChange]) -> tuple[RowChange, ...]:
    """A record of several tables, such as a cell, is one record to people."""
    own = [row for row in rows if not row.title]
    if len(own) < 2:
        return tuple(rows)
    kinds = {row.kind for row in own}
    joined = RowChange(
        kinds.pop() if len(kinds) == 1 else "changed", "", tuple(field for row in own for field in row.fields)
    )
    return (joined, *(row for row in rows if row.title))
