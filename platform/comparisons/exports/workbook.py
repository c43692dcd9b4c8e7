"""A comparison as an Excel workbook: numbers as numbers, units in the headers, origins as notes and on a sheet."""

from __future__ import annotations

import io
from collections.abc import Mapping

import xlsxwriter

from comparisons.exports.origins import said
from comparisons.table import ComparisonTable, TableCell
from core.quantities import display_unit
from core.units import is_number

_WIDEST = 42


def to_xlsx(table: ComparisonTable) -> bytes:
    """The table as a workbook with two sheets: the comparison, and the origin of each of its cells."""
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": table.title, "comments": table.caption})
        _write_table(book, table)
        _write_origins(book, table)
    return buffer.getvalue()


def _write_table(book: xlsxwriter.Workbook, table: ComparisonTable) -> None:
    sheet = book.add_worksheet("Comparison")
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(table.columns):
        texts = [column.label, *(row.cells[column.key].text for row in table.rows)]
        sheet.set_column(place, place, min(max(map(len, texts)), _WIDEST) + 2)
        sheet.write_string(0, place, column.label, head)
        if unit := display_unit(column.unit):
            sheet.write_comment(0, place, f"{column.key}, in {unit}")
    sheet.write_string(0, len(table.columns), "Simulated", head)
    for line, row in enumerate(table.rows, start=1):
        style = {"bold": row.emphasised, "italic": row.simulated}
        for place, column in enumerate(table.columns):
            _write_cell(book, sheet, (line, place), row.cells[column.key], style)
        sheet.write_string(line, len(table.columns), "yes" if row.simulated else "no", book.add_format(style))
    line = len(table.rows) + 2
    sheet.write_string(line, 0, f"{table.title} {table.caption}".strip())
    for warning in table.warnings:
        line += 1
        sheet.write_string(line, 0, warning)


def _write_cell(
    book: xlsxwriter.Workbook,
    sheet: xlsxwriter.worksheet.Worksheet,
    at: tuple[int, int],
    cell: TableCell,
    style: Mapping[str, object],
) -> None:
    """A number keeps the digits it is shown with; a text that looks like a formula stays a text."""
    if cell.value is not None and is_number(cell.text):
        digits = len(cell.text.partition(".")[2])
        form = {**style, "num_format": "0" + ("." + "0" * digits if digits else "")}
        sheet.write_number(*at, cell.value, book.add_format(form))
    else:
        sheet.write_string(*at, cell.text, book.add_format(style))
    note = ". ".join(part for part in (said(cell.origin), cell.note) if part)
    if note:
        sheet.write_comment(*at, note)


def _write_origins(book: xlsxwriter.Workbook, table: ComparisonTable) -> None:
    sheet = book.add_worksheet("Origins")
    bold = book.add_format({"bold": True})
    for place, title in enumerate(("Cell", "Column", "Text", "Value", "Unit", "Origin", "Kind", "Simulated", "Note")):
        sheet.write_string(0, place, title, bold)
    line = 0
    for row in table.rows:
        for column in table.columns:
            line += 1
            cell = row.cells[column.key]
            kind = cell.origin.kind if cell.origin else ""
            simulated = "yes" if cell.origin and cell.origin.simulated else "no"
            texts = (row.code, column.label, cell.text)
            for place, text in enumerate(texts):
                sheet.write_string(line, place, text)
            if cell.value is not None:
                sheet.write_number(line, 3, cell.value)
            for place, text in enumerate((cell.unit, said(cell.origin), kind, simulated, cell.note), start=4):
                sheet.write_string(line, place, text)
    sheet.set_column(0, 8, 22)
