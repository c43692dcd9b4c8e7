"""A Supporting Information as one HTML file that needs nothing else: drawings inside it, no script, no address."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date

from django.template.loader import render_to_string

from comparisons.exports.origins import Notes
from exchange.supporting.drawings import Drawing, name_of
from exchange.supporting.gather import Document, DocumentTable
from exchange.supporting.sources import source_sentence


def to_html(document: Document, drawings: Sequence[Drawing], on: date) -> str:
    """The document as HTML; `drawings` hold each panel as `svg`."""
    images = {drawing.name: base64.b64encode(drawing.files["svg"]).decode() for drawing in drawings}
    figures = [
        (figure, [(panel, images[name_of(figure, panel)], source_sentence(panel)) for panel in figure.panels])
        for figure in document.figures
    ]
    context = {"document": document, "tables": [filled(table) for table in document.tables], "figures": figures}
    return render_to_string("exchange/supporting_file.html", {**context, "on": on})


def filled(table: DocumentTable) -> dict[str, object]:
    """A table as templates take it: rows of cells, each with the letter of its note."""
    notes = Notes(table.table)
    rows = [
        (row, [(cell, notes.letter(cell)) for cell in (row.cells[column.key] for column in table.table.columns)])
        for row in table.table.rows
    ]
    return {"table": table, "rows": rows, "notes": [text for _, text in notes.lines]}
