"""A Supporting Information as a zip: HTML, LaTeX source, drawings, tables as CSV, and its sources as JSON."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date

from comparisons.exports import to_csv
from exchange.supporting.as_html import to_html
from exchange.supporting.as_latex import to_latex
from exchange.supporting.drawings import draw
from exchange.supporting.gather import Document
from exchange.supporting.sources import as_json

_MOMENT = (1980, 1, 1, 0, 0, 0)
"""Time of every member: the same records on the same day give the same bytes."""


def to_zip(document: Document, on: date) -> bytes:
    """Everything about the document in one file."""
    drawings = draw(document, ("svg", "pdf"))
    members = {
        "supporting-information.html": to_html(document, drawings, on).encode(),
        "supporting-information.tex": to_latex(document, on).encode(),
        "sources.json": json.dumps(as_json(document, on), indent=1, ensure_ascii=False).encode(),
    }
    for table in document.tables:
        members[f"tables/{table.comparison.slug}.csv"] = to_csv(table.table).encode()
    for drawing in drawings:
        members |= {f"figures/{drawing.name}.{form}": content for form, content in drawing.files.items()}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            entry = zipfile.ZipInfo(f"supporting-information/{name}", _MOMENT)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content)
    return buffer.getvalue()
