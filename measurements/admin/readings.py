"""Admin pages of readings (jobs) and of the datasets they gave."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Sum
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from core.admin import ReadOnlyAdmin
from core.admin.show import chip, facts, link, plain, sentences, table, when, words
from core.jobs import Job
from measurements.admin.curve import curve
from measurements.admin.story import match_table
from measurements.models import Dataset, DatasetTable, FileReading


def job_facts(job: Job) -> SafeString | str:
    """State, times, worker and what went wrong, first in a scientist's words, then in an engineer's."""
    known = facts(
        (
            ("state", chip(job.state)),
            ("queued", when(job.queued_at)),
            ("started", when(job.started_at)),
            ("finished", when(job.finished_at)),
            ("attempts", f"{job.attempts} of at most {job.max_attempts}" if job.attempts else ""),
            ("worker", job.worker),
        )
    )
    log = format_html("<details><summary>Log</summary><pre>{}</pre></details>", job.log) if job.log else ""
    return format_html("{}{}{}", sentences([job.error], "bad"), known, log)


@admin.register(FileReading)
class FileReadingAdmin(ReadOnlyAdmin):
    """Jobs of recognising and reading a file."""

    list_display = ("file_link", "state_chip", "reader", "reader_version", "queued", "finished", "error")
    list_select_related = ("file",)
    list_filter = ("state", "reader", "format")
    search_fields = ("file__name", "file__measurement__sample__code", "error")

    def headline(self, request: HttpRequest, obj: FileReading) -> SafeString:
        """The job and what it found."""
        dataset = getattr(obj, "dataset", None)
        return format_html(
            "{}{}{}{}",
            job_facts(obj),
            facts(
                (
                    ("file", link(obj.file)),
                    ("measurement", link(obj.file.measurement)),
                    ("dataset", link(dataset)),
                    ("format", obj.format),
                    ("reader", f"{obj.reader} {obj.reader_version}".strip()),
                )
            ),
            _told(obj),
            format_html("<h3>How it was recognised</h3>{}", match_table(obj.match_report)) if obj.match_report else "",
        )

    @admin.display(description="file", ordering="file__name")
    def file_link(self, reading: FileReading) -> str:
        """What was read; the first column leads to the reading itself."""
        return reading.file.name

    @admin.display(description="state", ordering="state")
    def state_chip(self, reading: FileReading) -> str:
        """Where it stands."""
        return chip(reading.state)

    @admin.display(description="queued", ordering="queued_at")
    def queued(self, reading: FileReading) -> str:
        """When it was asked for."""
        return when(reading.queued_at)

    @admin.display(description="finished", ordering="finished_at")
    def finished(self, reading: FileReading) -> str:
        """When it ended."""
        return when(reading.finished_at)


def _told(reading: FileReading) -> SafeString | str:
    rows = [(words(key), plain(value)) for key, value in reading.options.items()]
    return format_html("<h3>What a person told the reader</h3>{}", table(("option", "value"), rows)) if rows else ""


@admin.register(Dataset)
class DatasetAdmin(ReadOnlyAdmin):
    """Tables that readers made of files."""

    list_display = ("file_name", "technique", "subject", "reader", "reader_version", "rows", "created")
    list_select_related = ("file", "measurement__sample")
    list_filter = ("technique", "reader")
    search_fields = ("file__name", "measurement__sample__code")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the number of rows of all tables."""
        return super().get_queryset(request).annotate(rows_=Sum("tables__rows"), tables_=Count("tables"))

    def headline(self, request: HttpRequest, obj: Dataset) -> SafeString:
        """Curves, columns and what the file says of itself."""
        tables = list(obj.tables.select_related("blob", "preview"))
        uses = [use.run for use in obj.uses.select_related("run__release", "run__measurement__sample")]
        metadata = [(words(key), plain(value)) for key, value in obj.metadata.items()]
        return format_html(
            "{}{}{}{}{}{}",
            format_html_join("", "{}", ((curve(stored),) for stored in tables)),
            sentences(obj.warnings),
            facts(
                (
                    ("file", link(obj.file)),
                    ("measurement", link(obj.measurement)),
                    ("sample", link(obj.measurement.sample)),
                    ("reader", f"{obj.reader} {obj.reader_version}"),
                    ("read", link(obj.reading, when(obj.created_at))),
                    ("SHA-256 of the values", format_html('<code class="co-hash">{}</code>', obj.sha256)),
                    ("used by", format_html_join(", ", "{}", ((link(run),) for run in uses))),
                )
            ),
            format_html_join("", "{}", ((columns_table(stored),) for stored in tables)),
            format_html("<h3>What the file says</h3>{}", facts(metadata)) if metadata else "",
            "",
        )

    @admin.display(description="file", ordering="file__name")
    def file_name(self, dataset: Dataset) -> str:
        """Of which file."""
        return dataset.file.name

    @admin.display(description="sample")
    def subject(self, dataset: Dataset) -> str:
        """Of which sample."""
        return link(dataset.measurement.sample)

    @admin.display(description="rows", ordering="rows_")
    def rows(self, dataset: Any) -> str:
        """How many rows in all tables."""
        return f"{dataset.rows_ or 0:,}"

    @admin.display(description="read", ordering="created_at")
    def created(self, dataset: Dataset) -> str:
        """When it was made."""
        return when(dataset.created_at)


def columns_table(stored: DatasetTable) -> SafeString:
    """The columns of a table with what they hold."""
    rows = [
        (column["label"], *(_figure(column.get(part)) for part in ("first", "last", "min", "max", "mean")))
        for column in stored.columns
    ]
    return format_html(
        "<h3>{} <span class='co-mute'>{} rows</span></h3>{}",
        words(stored.name).capitalize(),
        f"{stored.rows:,}",
        table(("column", "first", "last", "smallest", "largest", "mean"), rows, numbers=range(1, 6)),
    )


def _figure(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, int | float) else plain(value)
