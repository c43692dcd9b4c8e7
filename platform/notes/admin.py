"""Admin lists of comments and attachments. They are written on the record's page, beside which they lie."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.admin import ReadOnlyAdmin
from core.admin.show import link, size, when
from core.withdrawal import withdrawal_of
from notes.models import Attachment, Beside, Comment


class BesideAdmin(ReadOnlyAdmin):
    """What lies beside records."""

    date_hierarchy = "created_at"
    list_filter = ("kind",)
    list_select_related: ClassVar[Any] = ("created_by",)

    @admin.display(description="beside")
    def beside(self, note: Beside) -> SafeString | str:
        """The record."""
        return link(note.record)

    @admin.display(description="by", ordering="created_by__username")
    def author(self, note: Beside) -> str:
        """Who made it."""
        return str(note.created_by or "")

    @admin.display(description="when", ordering="created_at")
    def moment(self, note: Beside) -> str:
        """When it was made."""
        return when(note.created_at)

    def panel(self, request: HttpRequest, obj: Beside) -> SafeString:
        """What it says, and whether it was withdrawn."""
        told = withdrawal_of(obj)
        said = obj.text if isinstance(obj, Comment) else getattr(obj, "description", "")
        gone = format_html("<p>Withdrawn by {}: {}</p>", told["by"], told["reason"]) if told else ""
        where = format_html("<p>{}, {}, beside {}</p>", self.author(obj), self.moment(obj), self.beside(obj))
        return format_html("<p>{}</p>{}{}", said, gone, where)


@admin.register(Comment)
class CommentAdmin(BesideAdmin):
    """What people said about records."""

    empty_text = "Comments are written on the page of a record, below everything else."
    list_display = ("__str__", "beside", "author", "moment")
    search_fields = ("text", "created_by__username")


@admin.register(Attachment)
class AttachmentAdmin(BesideAdmin):
    """Files that are kept beside records."""

    empty_text = "Files of any kind are attached on the page of a record, below everything else."
    list_display = ("name", "description", "beside", "bytes_", "author", "moment")
    list_select_related: ClassVar[Any] = ("created_by", "blob")
    search_fields = ("name", "description", "created_by__username")

    @admin.display(description="size", ordering="blob__size")
    def bytes_(self, attachment: Attachment) -> str:
        """Of its bytes."""
        return size(attachment.blob.size)
