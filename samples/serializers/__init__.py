"""JSON of the records of this app."""

from samples.serializers.catalogue import (
    InstrumentSerializer,
    MaterialSerializer,
    PublicationSerializer,
    TermSerializer,
)
from samples.serializers.cell import CellSerializer
from samples.serializers.process import ProcessSerializer, ProtocolSerializer
from samples.serializers.references import (
    CellField,
    InstrumentField,
    MaterialField,
    ProcessField,
    ProtocolField,
    PublicationField,
    SampleField,
    TermField,
)
from samples.serializers.sample import SampleSerializer

__all__ = [
    "CellField",
    "CellSerializer",
    "InstrumentField",
    "InstrumentSerializer",
    "MaterialField",
    "MaterialSerializer",
    "ProcessField",
    "ProcessSerializer",
    "ProtocolField",
    "ProtocolSerializer",
    "PublicationField",
    "PublicationSerializer",
    "SampleField",
    "SampleSerializer",
    "TermField",
    "TermSerializer",
]
