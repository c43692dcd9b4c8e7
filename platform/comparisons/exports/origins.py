"""Origins as notes a, b, c: what every printed form of a comparison carries below the table.

Letters, because a raised 2 behind a number or a unit would be read as a square.
"""

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
    """Letters for the origins of a table's measured and reported values, each once, in reading order.

    Facts that stand on the row's own records need no note: the row names its cell.
    """

    def __init__(self, table: ComparisonTable) -> None:
        self._letters: dict[tuple[str, str], str] = {}
        self._texts: list[str] = []
        for row in table.rows:
            for column in table.columns:
                self._add(row.cells[column.key].origin)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """Each letter with its text, in order."""
        return list(zip(self._letters.values(), self._texts, strict=True))

    def letter(self, cell: TableCell) -> str:
        """Letter of the cell's note, empty where it has none."""
        return self._letters.get(_key(cell.origin), "") if cell.origin else ""

    def _add(self, origin: Origin | None) -> None:
        if origin is None or origin.kind == "record" or _key(origin) in self._letters:
            return
        self._letters[_key(origin)] = _letters_of(len(self._texts))
        self._texts.append(said(origin))


def _letters_of(place: int) -> str:
    """0 is `a`, 25 is `z`, 26 is `aa`."""
    above, last = divmod(place, 26)
    return (_letters_of(above - 1) if above else "") + chr(ord("a") + last)


def _key(origin: Origin) -> tuple[str, str]:
    return origin.model, f"{origin.id}{origin.label}"
