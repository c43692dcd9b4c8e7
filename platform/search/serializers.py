"""JSON of kept queries, of what was understood of a query, and of what could come next in one."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.serializers import ProjectField
from core.serializers import RECORD_FIELDS, RecordSerializer
from search.models import SavedQuery


class SavedQuerySerializer(RecordSerializer):
    """A query under a name."""

    route = "saved-query"
    project = ProjectField()

    class Meta:
        model = SavedQuery
        fields = (*RECORD_FIELDS, "project", "name", "about", "text", "note")


class FaultSerializer(serializers.Serializer[Any]):
    """What is wrong with a query, and from where to where."""

    message = serializers.CharField()
    start = serializers.IntegerField(help_text="Position of the first character, from 0.")
    end = serializers.IntegerField()


class UnderstoodSerializer(serializers.Serializer[Any]):
    """A query as it is understood."""

    query = serializers.CharField()
    about = serializers.CharField()
    canonical = serializers.CharField(help_text="The same query in one spelling; empty where it is not understood.")
    reading = serializers.CharField(help_text="In words, with numbers in canonical units.")
    fault = FaultSerializer(allow_null=True)


class ProposalSerializer(serializers.Serializer[Any]):
    """What could be written."""

    text = serializers.CharField(trim_whitespace=False)
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=["field", "value", "unit", "keyword", "relation"])


class CompletionSerializer(serializers.Serializer[Any]):
    """What could be written from `start` to `end` of a query."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    proposals = ProposalSerializer(many=True)
