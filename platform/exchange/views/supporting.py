"""The Supporting Information of a project: to read on a page where everything is a link, and to download."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.models import Project
from exchange.supporting import FORMS, supporting_information, write
from exchange.supporting.as_html import filled


@login_required
@require_safe
def supporting_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Tables and figures with links to samples, files and runs."""
    document = supporting_information(_project(request, slug), request.user)
    tables = [filled(table) for table in document.tables]
    return render(request, "exchange/supporting.html", {"document": document, "tables": tables, "forms": FORMS})


@login_required
@require_safe
def supporting_file(request: HttpRequest, slug: str, form: str) -> HttpResponse:
    """The document as a file."""
    if form not in FORMS:
        raise Http404(f"There is no {form}.")
    document = supporting_information(_project(request, slug), request.user)
    name, content = write(document, form, timezone.now().date())
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=FORMS[form].media_type, headers=headers)


def _project(request: HttpRequest, slug: str) -> Project:
    found: Project = get_object_or_404(Project.objects.visible_to(request.user), slug=slug)
    return found
