"""Records as rows of a spreadsheet that a person edits: which columns a list has, what stands in a cell, and back.

One column for each field that may be written: quantities as their text with unit, references by name, choices by key.
`id` and `version` come first; they say on import which record a row is, and which state of it was edited.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import xlsxwriter
from rest_framework import serializers

from core.quantities import display_unit, quantity
from core.serializers import QuantityValueField, ReferenceField
from core.units import is_number

SHEET: Final = "Records"
IDENTITY: Final = ("id", "version")
Cell = str | float | None
_NESTED = (serializers.BaseSerializer, serializers.ListField, serializers.DictField, serializers.JSONField)
_WIDEST = 48
_LONGEST_LIST = 250  # signs that a spreadsheet takes in a list of choices
_CHECKED_ROWS = 5000


@dataclass(frozen=True)
class SheetColumn:
    """A column.

    Attributes:
        name: Its heading, the field's name.
        field: The serializer's field.
    """

    name: str
    field: Any

    @property
    def label(self) -> str:
        """What a person calls it."""
        return str(self.field.label or self.name.replace("_", " "))

    @property
    def unit(self) -> str:
        """Unit of plain numbers; empty where there is none."""
        return quantity(self.field.quantity_key).unit if isinstance(self.field, QuantityValueField) else ""

    @property
    def choices(self) -> dict[str, str]:
        """Keys that may stand in it, with their words; empty where anything may."""
        if not isinstance(self.field, serializers.ChoiceField):
            return {}
        return {str(key): str(words) for key, words in self.field.choices.items() if key != ""}

    def cell(self, row: dict[str, Any]) -> Cell:
        """What stands in the cell of a record, given its JSON."""
        value = row[self.name]
        match value:
            case None:
                return ""
            case bool():
                return "yes" if value else "no"
            case dict():
                return str(value.get("text") or value.get("label") or "")
            case int() | float():
                return float(value)
        return str(value)

    def value(self, cell: str) -> Any:
        """What a request says for a cell: the inverse of `cell`, as serializers take it."""
        if cell == "":
            return "" if isinstance(self.field, serializers.CharField | serializers.ChoiceField) else None
        if self.unit and is_number(cell):
            return float(cell)
        if self.choices:
            keys = {words.casefold(): key for key, words in self.choices.items()}
            return keys.get(cell.casefold(), cell)
        if isinstance(self.field, serializers.DateField | serializers.DateTimeField):
            return cell.removesuffix(" 00:00:00")
        return cell


def columns_of(serializer: Any) -> list[SheetColumn]:
    """Columns of the fields that may be written, in the order of the serializer."""
    return [
        SheetColumn(name, field)
        for name, field in serializer.fields.items()
        if not (field.read_only or field.write_only or isinstance(field, _NESTED)) or name in IDENTITY
    ]


def write_sheet(serializer: Any, batches: Iterable[list[dict[str, Any]]]) -> bytes:
    """A workbook with a row for each record.

    Args:
        serializer: Of the list.
        batches: JSON of the records, in pieces.
    """
    columns = columns_of(serializer)
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet(SHEET)
        widths = [len(column.name) for column in columns]
        for line, row in enumerate(_flat(batches), start=1):
            for place, column in enumerate(columns):
                cell = column.cell(row)
                widths[place] = max(widths[place], len(str(cell)))
                _write_cell(sheet, line, place, cell)
        _write_head(book, sheet, columns, widths)
    return buffer.getvalue()


def _flat(batches: Iterable[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    for some in batches:
        yield from some


def _write_cell(sheet: Any, line: int, place: int, cell: Cell) -> None:
    if isinstance(cell, float):
        sheet.write_number(line, place, cell)
    elif cell:
        sheet.write_string(line, place, cell)


def _write_head(book: Any, sheet: Any, columns: list[SheetColumn], widths: list[int]) -> None:
    bold, grey = book.add_format({"bold": True, "bottom": 1}), book.add_format({"font_color": "#808080", "bottom": 1})
    sheet.freeze_panes(1, len(IDENTITY))
    for place, column in enumerate(columns):
        own = column.name in IDENTITY
        sheet.write_string(0, place, column.name, grey if own else bold)
        sheet.write_comment(0, place, _explained(column))
        sheet.set_column(place, place, 10 if own else min(widths[place], _WIDEST) + 2)
        if column.choices and len(",".join(column.choices)) <= _LONGEST_LIST:
            allowed = {"validate": "list", "source": list(column.choices)}
            sheet.data_validation(1, place, _CHECKED_ROWS, place, allowed)


def _explained(column: SheetColumn) -> str:
    if column.name in IDENTITY:
        return "Leave it as it is; empty in a new row."
    words = [column.label]
    if column.unit:
        words.append(f"with its unit; a plain number is in {display_unit(column.unit)}")
    if isinstance(column.field, ReferenceField):
        words.append("its name")
    if column.choices:
        words.append("one of " + ", ".join(column.choices))
    return "; ".join(words)
