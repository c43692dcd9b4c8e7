"""Draws the panels of a Supporting Information, each once for all the forms a document is wanted in."""

from __future__ import annotations

from dataclasses import dataclass

from exchange.supporting.gather import Document, Figure, Panel
from pages.figures import build
from pages.printing import printed


@dataclass(frozen=True)
class Drawing:
    """One panel in the forms that were asked for.

    Attributes:
        name: Of its files, `S7a`.
        files: Bytes by form (`svg`, `pdf`).
    """

    name: str
    files: dict[str, bytes]


def name_of(figure: Figure, panel: Panel) -> str:
    """What the files of a panel are called."""
    return f"{figure.plan.label}{panel.letter}"


def draw(document: Document, forms: tuple[str, ...]) -> list[Drawing]:
    """All panels, in the order of the document, in the width of one column."""
    drawings = []
    for figure in document.figures:
        for panel in figure.panels:
            built = build(panel.drawn)
            drawings.append(Drawing(name_of(figure, panel), {form: printed(built, form, "single") for form in forms}))
    return drawings
