"""References to measurements, as every serializer shows and accepts them."""

from __future__ import annotations

from typing import Any

from core.serializers import ReferenceField
from measurements.models import CellTest, Measurement


class MeasurementField(ReferenceField):
    """A measurement, by id."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("queryset", Measurement.objects.select_related("sample").all)
        super().__init__(kwargs.pop("queryset"), "measurement", **kwargs)


class CellTestField(MeasurementField):
    """A test of a cell, by id."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=CellTest.objects.select_related("sample").all, **kwargs)
