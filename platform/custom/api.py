"""REST of the fields that projects define."""

from __future__ import annotations

from typing import Any

from core.api import RecordViewSet
from custom import services
from custom.filters import ProjectFieldFilters
from custom.models import ProjectField
from custom.serializers import ProjectFieldSerializer


class ProjectFieldViewSet(RecordViewSet):
    """Fields of projects: typed, with units; owners define them. Values stand in `fields` of the records."""

    queryset = ProjectField.objects.select_related("created_by", "project")
    serializer_class = ProjectFieldSerializer
    filterset_class = ProjectFieldFilters
    ordering_fields = ("on", "key", "order", "created_at", "updated_at")

    def write_new(self, data: dict[str, Any]) -> Any:
        """Owners define them."""
        return services.create_field(actor=self.request.user, **data)

    def write_change(self, record: Any, version: int | None, data: dict[str, Any]) -> Any:
        """Owners change them."""
        return services.change_field(record, actor=self.request.user, expected_version=version, **data)

    def write_delete(self, record: Any, version: int | None) -> Any:
        """Only while no record has a value of it."""
        services.delete_field(record, actor=self.request.user, expected_version=version)
