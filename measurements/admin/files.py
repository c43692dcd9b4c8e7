"""Admin pages of files: whose they are, how they were read, their bytes, and the columns that a person must name."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import OuterRef, Subquery
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.access import require_write
from core.admin import Reach, ReadOnlyAdmin, require
from core.admin.facets import WorkFilter
from core.admin.show import chip, facts, headed, link, sentences, size, table, when
from measurements.admin.mapping import MappingForm
from measurements.admin.story import match_table
from measurements.models import FileReading, RawFile
from measurements.services import request_reading
from measurements.store import open_blob


@admin.register(RawFile)
class RawFileAdmin(ReadOnlyAdmin):
    """Files as they came."""

    list_display = ("name", "measured", "length", "received", "uploader", "state")
    list_select_related = ("blob", "uploader", "measurement__sample")
    list_filter = (WorkFilter, "received_at", "measurement__technique", "measurement__sample__project")
    search_fields = ("name", "measurement__sample__code", "blob__sha256")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the state of the newest reading."""
        newest = FileReading.objects.filter(file=OuterRef("pk")).order_by("-queued_at")
        return super().get_queryset(request).annotate(work_state=Subquery(newest.values("state")[:1]))

    def get_urls(self) -> list[Any]:
        """Adds the bytes and what can be asked of a reader."""
        own = self.admin_site.admin_view
        return [
            path("<uuid:pk>/content/", own(self.content_view), name="measurements_rawfile_content"),
            path("<uuid:pk>/mapping/", own(self.mapping_view), name="measurements_rawfile_mapping"),
            path("<uuid:pk>/read/", own(self.read_view), name="measurements_rawfile_read"),
            *super().get_urls(),
        ]

    def content_view(self, request: HttpRequest, pk: UUID) -> FileResponse:
        """The bytes, to be saved and never to be shown by the browser."""
        file = get_object_or_404(self.get_queryset(request), pk=pk)
        return FileResponse(
            open_blob(file.blob), as_attachment=True, filename=file.name, content_type="application/octet-stream"
        )

    def read_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Queues another reading, with a newer reader perhaps."""
        file = get_object_or_404(self.get_queryset(request), pk=pk)
        require(request.method == "POST", "A reading is asked for by its button.")
        require_write(request.user, file)
        request_reading(file)
        messages.success(request, f"{file.name} is being read again.")
        return redirect("admin:measurements_measurement_change", file.measurement_id)

    def mapping_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Asks which column means what, and has the file read accordingly."""
        file = get_object_or_404(self.get_queryset(request), pk=pk)
        require_write(request.user, file)
        reading = file.readings.exclude(proposal={}).order_by("-queued_at").first()
        if reading is None:
            messages.info(request, f"{file.name} needs no columns to be named.")
            return redirect("admin:measurements_measurement_change", file.measurement_id)
        form = MappingForm(request.POST or None, columns=reading.proposal["columns"])
        if request.method == "POST" and form.is_valid():
            request_reading(file, options=form.options())
            messages.success(request, f"{file.name} is being read with these columns.")
            return redirect("admin:measurements_measurement_change", file.measurement_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Columns of {file.name}",
            "form": form,
            "sample": table(reading.proposal["columns"], reading.proposal["sample"]),
            "asked": reading.error,
            "back": reverse("admin:measurements_measurement_change", args=[file.measurement_id]),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/measurements/mapping.html", context)

    def headline(self, request: HttpRequest, obj: RawFile) -> SafeString:
        """The file, its readings and its bytes."""
        readings = list(obj.readings.select_related("dataset").order_by("-queued_at"))
        known = facts(
            (
                ("measurement", link(obj.measurement)),
                ("sample", link(obj.measurement.sample)),
                ("size", f"{size(obj.blob.size)} ({obj.blob.size:,} bytes)"),
                ("received", f"{when(obj.received_at)} {'by ' + str(obj.uploader) if obj.uploader else ''}"),
                ("SHA-256", format_html('<code class="co-hash">{}</code>', obj.blob.sha256)),
                ("bytes", _download(obj)),
            )
        )
        return format_html(
            "{}{}{}{}",
            known,
            headed(
                "Readings",
                table(
                    ("reading", "state", "reader", "when", "gave", "said"),
                    (
                        (
                            link(reading, "reading"),
                            chip(reading.state),
                            f"{reading.reader} {reading.reader_version}",
                            when(reading.finished_at or reading.queued_at),
                            link(reading.dataset, "dataset") if hasattr(reading, "dataset") else "",
                            reading.error,
                        )
                        for reading in readings
                    ),
                ),
            )
            or sentences(["No reading yet."], "mute"),
            headed("How it was recognised", match_table(readings[0].match_report) if readings else ""),
            self._buttons(request, obj, readings),
        )

    def _buttons(self, request: HttpRequest, obj: RawFile, readings: list[FileReading]) -> SafeString | str:
        if not Reach.of(request).may_edit(obj):
            return ""
        again = format_html(
            '<button class="co-button" formaction="{}" formmethod="post" formnovalidate>Read again</button>',
            reverse("admin:measurements_rawfile_read", args=[obj.pk]),
        )
        asks = any(reading.proposal for reading in readings)
        mapping = reverse("admin:measurements_rawfile_mapping", args=[obj.pk])
        named = format_html('<a class="co-button" href="{}">Name the columns</a>', mapping) if asks else ""
        return format_html("<p>{} {}</p>", again, named)

    @admin.display(description="measurement")
    def measured(self, file: RawFile) -> str:
        """What it is a file of."""
        return link(file.measurement)

    @admin.display(description="size", ordering="blob__size")
    def length(self, file: RawFile) -> str:
        """How large."""
        return size(file.blob.size)

    @admin.display(description="received", ordering="received_at")
    def received(self, file: RawFile) -> str:
        """When it came."""
        return when(file.received_at)

    @admin.display(description="reading")
    def state(self, file: Any) -> str:
        """Where its newest reading stands."""
        return chip(file.work_state) if file.work_state else chip("not read", "mute")


def _download(file: RawFile) -> SafeString:
    address = reverse("admin:measurements_rawfile_content", args=[file.pk])
    return format_html('<a class="co-link" href="{}">download {}</a>', address, file.name)
