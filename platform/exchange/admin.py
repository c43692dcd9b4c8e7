"""What the admin offers of documents and labels: actions of its lists, and links on the page of a project."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin import ProjectAdmin
from accounts.models import Project
from exchange.labels import SHEETS
from exchange.supporting import FORMS, supporting_information, write
from samples.admin.cell import CellAdmin
from samples.admin.sample import SampleAdmin
from samples.models import Cell, Sample

for model in (Project, Sample, Cell):
    admin.site.unregister(model)


@admin.register(Project)
class DocumentedProjectAdmin(ProjectAdmin):
    """Projects, with the documents that are made of them."""

    actions = ("send_supporting_information",)

    def headline(self, request: HttpRequest, obj: Project) -> SafeString | str:
        """The way to the document."""
        page = reverse("supporting", args=[obj.slug])
        file = reverse("supporting-file", args=[obj.slug, "zip"])
        return format_html(
            '<p><a class="co-link" href="{}">Supporting Information</a>, <a class="co-link" href="{}">as a zip</a></p>',
            page,
            file,
        )

    @admin.action(description="Supporting Information as a zip")
    def send_supporting_information(self, request: HttpRequest, projects: QuerySet[Any]) -> HttpResponse | None:
        """The document of the one project that was chosen."""
        chosen = list(projects[:2])
        if len(chosen) != 1:
            self.message_user(request, "Choose one project: each has a document of its own.", messages.WARNING)
            return None
        name, content = write(supporting_information(chosen[0], request.user), "zip", timezone.now().date())
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type=FORMS["zip"].media_type, headers=headers)


class Labelled:
    """Lists whose records have labels."""

    @admin.action(description="Labels with QR codes")
    def print_labels(self, request: HttpRequest, samples: QuerySet[Any]) -> HttpResponse:
        """The sheet of labels of those that were chosen."""
        keys = "\n".join(str(key) for key in samples.values_list("pk", flat=True))
        asked = urlencode({"samples": keys, "sheet": next(iter(SHEETS))})
        return redirect(f"{reverse('labels')}?{asked}")


@admin.register(Sample)
class LabelledSampleAdmin(Labelled, SampleAdmin):
    """Samples, with labels."""

    actions = ("print_labels",)


@admin.register(Cell)
class LabelledCellAdmin(Labelled, CellAdmin):
    """Cells, with labels."""

    actions = ("print_labels",)
