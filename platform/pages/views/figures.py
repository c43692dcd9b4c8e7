"""The figures of a measurement: as data for the chart on its page, and as files for a publication."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from measurements.models import Measurement
from pages import curves, figures, printing
from pages.comparison_parts import comparison_of, frozen_of, state_of
from pages.drawing import drawn_frozen, drawn_today, sent_figure


@login_required
@require_safe
def figure(request: HttpRequest, pk: UUID) -> HttpResponse:
    """`?kind=curves&format=svg&width=single&cycles=1,2,50`; `format=json` is what the chart draws."""
    measurement = get_object_or_404(Measurement.objects.visible_to(request.user), pk=pk)
    kind, form = request.GET.get("kind", ""), request.GET.get("format", "svg")
    width, cycles = request.GET.get("width", "single"), request.GET.get("cycles", "")
    for name, value, known in (
        ("kind", kind, figures.KINDS),
        ("format", form, (*printing.FORMATS, "json")),
        ("width", width, printing.WIDTHS),
    ):
        if value not in known:
            return HttpResponseBadRequest(f'{name}: "{value}" is not one of {", ".join(known)}')
    if not all(part.isascii() and part.isdigit() for part in cycles.split(",") if cycles):
        return HttpResponseBadRequest(f'cycles: "{cycles}" is not a list of numbers such as 1,2,50')
    found = next((one for one in figures.available(measurement) if one.kind.key == kind), None)
    if found is None:
        raise Http404("There is no such figure of this measurement.")
    built = figures.build(found)
    if form == "json":
        return curves.response(figures.chart(built))
    chosen = [int(part) for part in cycles.split(",")] if cycles else None
    answer = HttpResponse(printing.printed(built, form, width, chosen), content_type=printing.FORMATS[form])
    answer["Content-Disposition"] = f'attachment; filename="{measurement.sample.code}-{kind}.{form}"'
    answer["Cache-Control"] = "private, max-age=300"
    return answer


@login_required
@require_safe
def comparison_figure(request: HttpRequest, slug: str) -> HttpResponse:
    """`?figure=curves&colour=KEY&format=svg&width=single`; what is drawn, of which table, is its state."""
    comparison = comparison_of(request, slug)
    state, wrong = state_of(request.GET, comparison)
    if wrong or not state.figure:
        return HttpResponseBadRequest(wrong or "figure: choose what is drawn")
    return sent_figure(request, *drawn_today(comparison, request.user, state), slug)


@login_required
@require_safe
def frozen_figure(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The figure that was frozen with a table: its numbers, and curves of the runs of that day."""
    frozen = frozen_of(request, slug, number)
    return sent_figure(request, *drawn_frozen(frozen, request.user), f"{slug}-{number}")
