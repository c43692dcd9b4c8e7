"""The list of results as the database writes it: what its serializer computes in Python, said in SQL."""

from __future__ import annotations

from typing import Any

import orjson
from django.db.models import Exists, F, OuterRef, Value

from analysis_tasks.models import Slot, Staleness
from analysis_tasks.selectors import currency_in_words
from analysis_tasks.serializers import ResultSerializer, RunSerializer
from core.listing import Listing
from core.listing_columns import Sql, finished, list_of, record_address, text, time
from core.quantities import QUANTITIES
from measurements import listings as _labels_of_measurements  # noqa: F401 (a result refers to them)


def _label() -> Any:
    labels = orjson.dumps({key: entry.label for key, entry in QUANTITIES.items()}).decode()
    return Sql("coalesce({}::jsonb ->> {}, {})", Value(labels), F("quantity"), F("quantity"))


def _uncertainty() -> Any:
    """As the serializer says it: with the value added and taken away again."""
    return Sql("abs(({} + {}) - {})", F("value"), F("uncertainty"), F("value"))


def _origin() -> Any:
    full_name = Sql("trim({} || ' ' || {})", F("person__first_name"), F("person__last_name"))
    person = Sql("coalesce(nullif({}, ''), {})", full_name, F("person__username"))
    entries = {
        "run": (record_address("run", "run__pk"), _joined("run__release__name", " ", "run__release__version")),
        "publication": (
            record_address("publication", "publication__pk"),
            _joined("publication__label", ", ", "locator"),
        ),
        "manual": (record_address("result", "pk"), Sql("{} || ': ' || {}", person, F("reason"))),
    }
    shown = [
        Sql(
            "json_build_object('kind', {}, 'url', {}, 'label', {}, 'simulated', {})",
            text(kind),
            url,
            label,
            F("simulated"),
        )
        for kind, (url, label) in entries.items()
    ]
    template = "CASE WHEN {} IS NOT NULL THEN {} WHEN {} IS NOT NULL THEN {} ELSE {} END"
    run, publication, manual = shown
    return Sql(template, F("run"), run, F("publication"), publication, manual)


def _joined(first: str, between: str, second: str) -> Any:
    return Sql("{} || {} || {}", F(first), text(between), F(second))


RESULTS = Listing(
    ResultSerializer,
    {
        "version": lambda: Sql("1"),
        "label": _label,
        "value": lambda: F("value"),
        "uncertainty": _uncertainty,
        "unit": lambda: F("unit"),
        "technique": lambda: Sql("coalesce({}, '')", F("measurement__technique")),
        "origin": _origin,
        "updated_at": lambda: time("created_at"),
    },
)


def _updated() -> Any:
    """When a run last moved on."""
    template = "CASE WHEN {} IS NOT NULL THEN {} WHEN {} IS NOT NULL THEN {} ELSE {} END"
    ended, started = F("finished_at"), F("started_at")
    return Sql(template, ended, time("finished_at"), started, time("started_at"), time("queued_at"))


def _currency() -> Any:
    """What the words about a run's currency are made of."""
    why = Sql("json_build_array({}, {}, {}, {})", F("reason"), F("field"), F("old"), F("new"))
    known = Sql(
        "json_build_object('state', {}, 'current', {}, 'verifies', {}, 'kernel', {}, 'stale', {})",
        F("state"),
        Exists(Slot.objects.filter(current_run=OuterRef("pk"))),
        F("verifies"),
        F("release__name"),
        list_of(Staleness.objects.filter(run=OuterRef("pk")), why, "{}, {}", F("reason"), F("field")),
    )
    return finished("currency", known)


def _said_currency(known: str) -> Any:
    found = currency_in_words(**orjson.loads(known))
    return {"state": found.state, "reasons": found.reasons} if found.state else None


RUNS = Listing(RunSerializer, {"updated_at": _updated, "currency": _currency}, {"currency": _said_currency})
