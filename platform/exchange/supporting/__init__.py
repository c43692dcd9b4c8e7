"""The Supporting Information of a project: its tables and figures, drawn anew from the database, with their sources.

`plan` says which figure shows what, `gather` finds the measurements, `as_html`, `as_latex` and `bundle` write it down.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from exchange.supporting.as_html import to_html
from exchange.supporting.as_latex import to_latex
from exchange.supporting.bundle import to_zip
from exchange.supporting.drawings import draw
from exchange.supporting.gather import Document, supporting_information
from exchange.supporting.sources import as_json


@dataclass(frozen=True)
class Form:
    """A form of the document: what a person calls it, its media type and suffix, and what writes it."""

    label: str
    media_type: str
    suffix: str
    write: Callable[[Document, date], bytes]


FORMS = {
    "zip": Form("All of it (zip)", "application/zip", ".zip", to_zip),
    "html": Form(
        "HTML",
        "text/html; charset=utf-8",
        ".html",
        lambda document, on: to_html(document, draw(document, ("svg",)), on).encode(),
    ),
    "latex": Form(
        "LaTeX", "application/x-latex; charset=utf-8", ".tex", lambda document, on: to_latex(document, on).encode()
    ),
}


def write(document: Document, form: str, on: date) -> tuple[str, bytes]:
    """Name and bytes of the document in one of `FORMS`."""
    chosen = FORMS[form]
    return f"{document.project.slug}-supporting-information{chosen.suffix}", chosen.write(document, on)


__all__ = ["FORMS", "Document", "as_json", "supporting_information", "write"]
