"""Origins as numbered notes: what every printed form of a comparison carries below the table."""

from __future__ import annotations

from comparisons.table import ComparisonTable, Origin, TableCell

_SAID = {
    "run": "computed by {label}",
    "publication": "reported in {label}",
    "record": "recorded on {label}",
    "manual": "entered by {label}",
}


def said(origin: Origin | None) -> str:
    """Where something comes from, in words; empty where nothing is known."""
    if origin is None:
        return ""
    mark = " (simulated)" if origin.simulated else ""
    return _SAID[origin.kind].format(label=origin.label) + mark


class Notes:
    """Numbers the origins of a table's measured and reported values, each once, in reading order.

    Facts that stand on the row's own records need no note: the row names its cell.
    """

    def __init__(self, table: ComparisonTable) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self.texts: list[str] = []
        for row in table.rows:
            for column in table.columns:
                self._add(row.cells[column.key].origin)

    def number(self, cell: TableCell) -> int | None:
        """Number of the cell's note, None where it has none."""
        return self._numbers.get(_key(cell.origin)) if cell.origin else None

    def _add(self, origin: Origin | None) -> None:
        if origin is None or origin.kind == "record" or _key(origin) in self._numbers:
            return
        self.texts.append(said(origin))
        self._numbers[_key(origin)] = len(self.texts)


def _key(origin: Origin) -> tuple[str, str]:
    return origin.model, f"{origin.id}{origin.label}"
