"""What a reader must know before comparing: numbers taken under unequal conditions, or past what is possible."""

from __future__ import annotations

from collections.abc import Sequence

from core.fields import shown

from comparisons.columns import RowFacts


def table_warnings(facts: Sequence[RowFacts]) -> tuple[str, ...]:
    """Sentences about the table as a whole: what differs between the rows besides what is compared."""
    tested = [known for known in facts if known.test is not None]
    checks = (
        ("numbers of cycles", {_cycles(known) for known in tested}),
        ("temperatures", {shown(known.test, "temperature") for known in tested if known.test}),
        ("voltage windows", {_window(known) for known in tested}),
        ("1C conventions", {_one_c(known) for known in tested}),
    )
    unequal = [
        f"{name} ({', '.join(sorted(filter(None, values)))})" for name, values in checks if len(values - {""}) > 1
    ]
    if not unequal:
        return ()
    return (f"The rows were measured under different conditions: {'; '.join(unequal)}. Compare with care.",)


def row_warnings(known: RowFacts) -> tuple[str, ...]:
    """Sentences about one row: those of the runs behind its numbers."""
    runs = {result.run.pk: result.run for result in known.results.values() if result.run is not None}
    return tuple(dict.fromkeys(warning for run in runs.values() for warning in run.warnings))


def _cycles(known: RowFacts) -> str:
    result = known.results.get("cycle_count")
    return f"{result.value:g}" if result else ""


def _window(known: RowFacts) -> str:
    test = known.test
    if test is None or test.lower_voltage is None or test.upper_voltage is None:
        return ""
    return f"{test.lower_voltage:g}-{test.upper_voltage:g} V"


def _one_c(known: RowFacts) -> str:
    rate = known.test.parsed_rate if known.test else None
    return f"{rate.one_c:g} mA/g" if rate and rate.one_c else ""
