"""JSON of measurements, files, what readers made of them, and of uploads."""

from measurements.serializers.files import (
    DatasetSerializer,
    FileSerializer,
    MeasuredFileSerializer,
    ReadingRequestSerializer,
    ReadingSerializer,
    TableSerializer,
)
from measurements.serializers.measurement import (
    TEST_FIELDS,
    MeasurementSerializer,
    RunBriefSerializer,
    StepSerializer,
    TestCountField,
    TestProtocolField,
    TestQuantityField,
    TestStepsField,
    TestTextField,
)
from measurements.serializers.references import (
    CellTestField,
    MeasurementField,
)
from measurements.serializers.uploads import (
    ReceivedSerializer,
    ResumableSerializer,
    ResumedSerializer,
    UploadSerializer,
)

__all__ = [
    "TEST_FIELDS",
    "CellTestField",
    "DatasetSerializer",
    "FileSerializer",
    "MeasuredFileSerializer",
    "MeasurementField",
    "MeasurementSerializer",
    "ReadingRequestSerializer",
    "ReadingSerializer",
    "ReceivedSerializer",
    "ResumableSerializer",
    "ResumedSerializer",
    "RunBriefSerializer",
    "StepSerializer",
    "TableSerializer",
    "TestCountField",
    "TestProtocolField",
    "TestQuantityField",
    "TestStepsField",
    "TestTextField",
    "UploadSerializer",
]
