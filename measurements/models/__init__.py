"""Records of what was measured: blobs and files, measurements and cell tests, readings and datasets."""

from measurements.models.data import Dataset, DatasetTable, FileReading
from measurements.models.files import Blob, Purge, RawFile
from measurements.models.measurement import CellTest, Measurement, Technique, TestStep
from measurements.models.upload import Upload

__all__ = [
    "Blob",
    "CellTest",
    "Dataset",
    "DatasetTable",
    "FileReading",
    "Measurement",
    "Purge",
    "RawFile",
    "Technique",
    "TestStep",
    "Upload",
]
