"""JSON of what the whole laboratory shares."""

from __future__ import annotations

from core.serializers import RECORD_FIELDS, RecordSerializer
from samples.models import Instrument, Material, Publication, Term


class MaterialSerializer(RecordSerializer):
    """A substance."""

    route = "material"

    class Meta:
        model = Material
        fields = (
            *RECORD_FIELDS,
            "name",
            "formula",
            "family",
            "theoretical_capacity",
            "density",
            "cas",
            "note",
        )


class PublicationSerializer(RecordSerializer):
    """A paper."""

    route = "publication"

    class Meta:
        model = Publication
        fields = (*RECORD_FIELDS, "label", "title", "authors", "journal", "year", "doi", "note")


class InstrumentSerializer(RecordSerializer):
    """A device."""

    route = "instrument"

    class Meta:
        model = Instrument
        fields = (
            *RECORD_FIELDS,
            "name",
            "kind",
            "manufacturer",
            "model",
            "serial",
            "channel",
            "time_zone",
            "calibration",
            "location",
            "note",
        )


class TermSerializer(RecordSerializer):
    """A word of a vocabulary."""

    route = "term"

    class Meta:
        model = Term
        fields = (*RECORD_FIELDS, "vocabulary", "label", "description")
