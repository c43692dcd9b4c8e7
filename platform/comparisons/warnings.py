"""What a reader must know before comparing: numbers taken under unequal conditions, or past what is possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from comparisons.columns import RowFacts
from core.withdrawal import withdrawal_of


def table_warnings(facts: Sequence[RowFacts]) -> tuple[str, ...]:
    """Sentences about the table as a whole: what differs between the rows besides what is compared."""
    tested = [known for known in facts if known.measurement is not None]
    unequal = []
    for name, read in _CONDITIONS:
        texts = dict(filter(None, map(read, tested)))
        if len(texts) > 1:
            unequal.append(f"{name} ({', '.join(texts[value] for value in sorted(texts))})")
    if not unequal:
        return ()
    return (f"The rows were measured under different conditions: {'; '.join(unequal)}. Compare with care.",)


def row_warnings(known: RowFacts) -> tuple[str, ...]:
    """Sentences about one row: that its subject was withdrawn, and those of the runs behind its numbers."""
    runs = {result.run.pk: result.run for result in known.results.values() if result.run is not None}
    withdrawal = withdrawal_of(known.subject)
    first = [f"{known.subject} was withdrawn: {withdrawal['reason']}"] if withdrawal else []
    return tuple(dict.fromkeys([*first, *(warning for run in runs.values() for warning in run.warnings)]))


def _cycles(known: RowFacts) -> _Said | None:
    result = known.results.get("cycle_count")
    return (result.value, f"{result.value:g}") if result else None


def _temperature(known: RowFacts) -> _Said | None:
    value = known.measurement.temperature if known.measurement else None
    return None if value is None else (value, f"{value:g} °C")


def _window(known: RowFacts) -> _Said | None:
    """Told as the table shows it, so that 3.0-4.2 keeps its digits."""
    test = known.test
    if test is None or test.lower_voltage is None or test.upper_voltage is None:
        return None
    text = test.window_text or f"{test.lower_voltage:g}-{test.upper_voltage:g}"
    return (test.lower_voltage, test.upper_voltage), f"{text} V"


def _one_c(known: RowFacts) -> _Said | None:
    rate = known.test.parsed_rate if known.test else None
    return (rate.one_c, f"{rate.one_c:g} mA/g") if rate and rate.one_c is not None else None


_Said = tuple[Any, str]
"""A condition, to be compared with that of other rows, and how it is told."""
_CONDITIONS: tuple[tuple[str, Callable[[RowFacts], _Said | None]], ...] = (
    ("numbers of cycles", _cycles),
    ("temperatures", _temperature),
    ("voltage windows", _window),
    ("1C conventions", _one_c),
)
