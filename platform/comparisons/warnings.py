"""What a reader must know before comparing: numbers taken under unequal conditions, or past what is possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from comparisons.columns import RowFacts
from core.withdrawal import withdrawal_of


def table_warnings(facts: Sequence[RowFacts]) -> tuple[str, ...]:
    """Sentences about the table as a whole: what differs between the rows besides what is compared."""
    tested = [known for known in facts if known.measurement is not None]
    checks: tuple[tuple[str, Callable[[RowFacts], Any], str], ...] = (
        ("numbers of cycles", _cycles, "{:g}"),
        ("temperatures", _temperature, "{:g} °C"),
        ("voltage windows", _window, "{0[0]:g}-{0[1]:g} V"),
        ("1C conventions", _one_c, "{:g} mA/g"),
    )
    unequal = []
    for name, read, form in checks:
        values = {read(known) for known in tested} - {None}
        if len(values) > 1:
            unequal.append(f"{name} ({', '.join(form.format(value) for value in sorted(values))})")
    if not unequal:
        return ()
    return (f"The rows were measured under different conditions: {'; '.join(unequal)}. Compare with care.",)


def row_warnings(known: RowFacts) -> tuple[str, ...]:
    """Sentences about one row: that its subject was withdrawn, and those of the runs behind its numbers."""
    runs = {result.run.pk: result.run for result in known.results.values() if result.run is not None}
    withdrawal = withdrawal_of(known.subject)
    first = [f"{known.subject} was withdrawn: {withdrawal['reason']}"] if withdrawal else []
    return tuple(dict.fromkeys([*first, *(warning for run in runs.values() for warning in run.warnings)]))


def _cycles(known: RowFacts) -> float | None:
    result = known.results.get("cycle_count")
    return result.value if result else None


def _temperature(known: RowFacts) -> float | None:
    return known.measurement.temperature if known.measurement else None


def _window(known: RowFacts) -> tuple[float, float] | None:
    test = known.test
    if test is None or test.lower_voltage is None or test.upper_voltage is None:
        return None
    return test.lower_voltage, test.upper_voltage


def _one_c(known: RowFacts) -> float | None:
    rate = known.test.parsed_rate if known.test else None
    return rate.one_c if rate else None
