"""Who changed what, when, why and through which door: written by the database itself, so that no door can forget it.

A trigger on every record writes an event for each insert, update and delete, also for bulk edits and plain SQL. The
person, the door and the reason come from here: doors say `acting(...)`, and services `attribute()` the transaction.
A sealer chains the events by hash; `verify_audit` computes the chain again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from core.models import AuditEvent, AuditSeal

GENESIS = hashlib.sha256(b"cosinter audit chain 1").hexdigest()
_LOCK_SEALING = 726002
_SEAL_AT_ONCE = 10_000
_KEPT_BYTES = 8
_NAMED = 5


@dataclass(frozen=True)
class Act:
    """On whose behalf the current code works.

    Attributes:
        actor: User name of the person, or the name of a process (`worker`).
        door: `admin`, `page`, `rest`, `command`, `task`.
        reason: Why, where a person said so.
    """

    actor: str = ""
    door: str = ""
    reason: str = ""


_NOBODY = Act()
_act: ContextVar[Act] = ContextVar("act", default=_NOBODY)


@contextmanager
def acting(*, actor: str | None = None, door: str | None = None, reason: str | None = None) -> Iterator[None]:
    """Names the person, the door and the reason for all changes within; what is not given stays as it is outside."""
    outer = _act.get()
    token = _act.set(
        Act(
            outer.actor if actor is None else actor,
            outer.door if door is None else door,
            outer.reason if reason is None else reason,
        )
    )
    try:
        yield
    finally:
        _act.reset(token)


def current_act() -> Act:
    """On whose behalf the current code works."""
    return _act.get()


def attribute(actor: Any = None) -> None:
    """Tells the database, for the rest of this transaction, who acts. Services call it before they write.

    Args:
        actor: The person, where the service knows one; else the one `acting` named.
    """
    act = _act.get()
    name = actor.get_username() if getattr(actor, "is_authenticated", False) else act.actor
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('cosinter.actor', %s, true), set_config('cosinter.door', %s, true),"
            " set_config('cosinter.reason', %s, true)",
            [name, act.door, act.reason],
        )


def seal_audit() -> int:
    """Chains every event that is visible and has no seal yet; returns how many.

    Events of open transactions are not visible and wait for the next seal, so that a number given early and committed
    late breaks nothing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_SEALING])
        leaves = _leaves(cursor, "seal_id IS NULL ORDER BY id LIMIT %s", [_SEAL_AT_ONCE])
        if not leaves:
            return 0
        last = AuditSeal.objects.order_by("-id").first()
        previous = last.root if last else GENESIS
        seal = AuditSeal.objects.create(
            previous=previous,
            events=len(leaves),
            root=_chain(previous, (leaf for _, leaf in leaves)),
            leaves=b"".join(_beginning(leaf) for _, leaf in leaves),
        )
        cursor.execute("SELECT core_attach_seal(%s, %s)", [seal.pk, [pk for pk, _ in leaves]])
        return len(leaves)


def verify_audit() -> list[str]:
    """Computes the chain again.

    Returns:
        One sentence for each fault; empty where nothing was tampered with.
    """
    faults = []
    previous = GENESIS
    with connection.cursor() as cursor:
        for seal in AuditSeal.objects.order_by("id"):
            leaves = _leaves(cursor, "seal_id = %s ORDER BY id", [seal.pk])
            if seal.previous != previous:
                faults.append(f"Audit seal {seal.pk} does not follow the one before it: a seal was changed or removed.")
            elif len(leaves) != seal.events:
                faults.append(f"Audit seal {seal.pk} covers {seal.events} events, but {len(leaves)} are there.")
            elif _chain(previous, (leaf for _, leaf in leaves)) != seal.root:
                faults.append(
                    f"{_changed(seal, leaves)} under seal {seal.pk} ({seal.sealed_at:%Y-%m-%d %H:%M} UTC) was changed."
                )
            previous = seal.root
    return faults


def _changed(seal: AuditSeal, leaves: list[tuple[int, str]]) -> str:
    """Which event was changed, as far as the seal tells: what it keeps of each hash is no proof, the chain is."""
    kept = bytes(seal.leaves)
    parts = (kept[start : start + _KEPT_BYTES] for start in range(0, len(kept), _KEPT_BYTES))
    keys = [pk for (pk, leaf), part in zip(leaves, parts, strict=False) if _beginning(leaf) != part]
    events = AuditEvent.objects.filter(pk__in=keys[:_NAMED]).order_by("pk")
    named = "; ".join(
        f"{event.pk} ({event.get_operation_display()} {event.model} {event.record_id})" for event in events
    )
    more = f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else ""
    return f"Audit event {named}{more}" if named else "An audit event"


def _beginning(leaf: str) -> bytes:
    return bytes.fromhex(leaf)[:_KEPT_BYTES]


def _leaves(cursor: Any, where: str, parameters: list[Any]) -> list[tuple[int, str]]:
    """Numbers and hashes of events. The texts come from the database as it stores them, so that nothing is rounded."""
    cursor.execute(
        "SELECT id, concat_ws(chr(31), id, transaction, extract(epoch FROM at), actor, door, reason, model, operation,"
        f" record_id, changes::text) FROM core_auditevent WHERE {where}",
        parameters,
    )
    return [(pk, hashlib.sha256(text.encode()).hexdigest()) for pk, text in cursor.fetchall()]


def _chain(previous: str, leaves: Iterable[str]) -> str:
    digest = previous
    for leaf in leaves:
        digest = hashlib.sha256(f"{digest}{leaf}".encode()).hexdigest()
    return digest
