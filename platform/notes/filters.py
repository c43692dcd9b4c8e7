"""What comments and attachments can be filtered by."""

from __future__ import annotations

import django_filters

from core.filters import RecordFilters, SearchFilter
from notes.models import Attachment, Comment
from notes.targets import KIND_CHOICES

NOTHING: tuple[str, ...] = ()


class BesideFilters(RecordFilters):
    """Filters of what lies beside records."""

    kind = django_filters.ChoiceFilter(choices=KIND_CHOICES, help_text="Kind of the record.")
    record = django_filters.UUIDFilter("record_id", help_text="Id of the record; of a cell that of its sample.")
    author = django_filters.CharFilter("created_by__username", help_text="User name.")


class CommentFilters(BesideFilters):
    """Filters of comments."""

    search = SearchFilter("text")

    class Meta:
        model = Comment
        fields = NOTHING


class AttachmentFilters(BesideFilters):
    """Filters of attachments."""

    name = django_filters.CharFilter(lookup_expr="iexact")
    media_type = django_filters.CharFilter(lookup_expr="istartswith", help_text="Or its beginning, such as image/.")
    sha256 = django_filters.CharFilter("blob__sha256", "iexact", help_text="Hash of its bytes.")
    search = SearchFilter("name", "description")

    class Meta:
        model = Attachment
        fields = NOTHING
