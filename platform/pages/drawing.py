"""The figure of a comparison as an answer: for the chart of a page, or as a file for a publication.

Saved, frozen and shared comparisons draw the same way; they differ in whose access and which day they are of.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

from comparisons.models import Comparison, FrozenComparison
from comparisons.selectors import curves_of, definition_of, fill, frozen_table, kept_curves, measurements_by_row
from comparisons.state import TableState
from comparisons.table import ComparisonTable
from pages import curves, figures, printing
from pages.comparison_figures import Curves, figure_of, figures_of

Drawn = tuple[ComparisonTable, TableState, Curves]
FORMS = (*printing.FORMATS, "json")


def drawn_today(comparison: Comparison, user: Any, state: TableState) -> Drawn:
    """What a figure of today is drawn from, as this person may see it."""
    definition = definition_of(comparison, user, state)
    table = fill(definition, user)
    return table, state, curves_of(table, state.figure, measurements_by_row(definition, user))


def drawn_frozen(frozen: FrozenComparison, user: Any) -> Drawn:
    """What a frozen figure is drawn from."""
    state = TableState.from_json(frozen.definition["state"])
    return frozen_table(frozen, user), state, kept_curves(frozen)


def sent_figure(
    request: HttpRequest, table: ComparisonTable, state: TableState, stored: Curves, name: str
) -> HttpResponse:
    """`format=json` is one panel for the chart (`panel=0`); `svg`, `pdf` and `png` are the whole figure in `width=`.

    Addresses that were saved before call the format `form`.
    """
    form = request.GET.get("format") or request.GET.get("form", "json")
    width = request.GET.get("width", "single")
    panel = request.GET.get("panel", "0")
    for what, value, known in (("format", form, FORMS), ("width", width, printing.WIDTHS)):
        if value not in known:
            return HttpResponseBadRequest(f'{what}: "{value[:20]}" is not one of {", ".join(known)}')
    if not (panel.isascii() and panel.isdigit()) or not state.figure:
        return HttpResponseBadRequest("panel: a number from 0" if state.figure else "figure: none is drawn")
    try:
        if form == "json":
            return curves.response(figures.chart(figure_of(table, state, stored, int(panel))))
        drawn = figures_of(table, state, stored)
    except ValueError as error:
        return HttpResponseBadRequest(str(error))
    answer = HttpResponse(printing.printed_panels(drawn, form, width), content_type=printing.FORMATS[form])
    answer["Content-Disposition"] = f'attachment; filename="{name}-{state.figure}.{form}"'
    return answer
