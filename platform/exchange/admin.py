"""What the admin offers of documents: the Supporting Information on the page of a project, and in its list."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin import ProjectAdmin
from accounts.models import Project
from exchange.supporting import FORMS, supporting_information, write

admin.site.unregister(Project)


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
