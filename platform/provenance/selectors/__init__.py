"""Reads of lineage: the graph around a record, and what rests on a sample."""

from provenance.selectors.impact import Impact, impact
from provenance.selectors.lineage import LIMIT, NoSuchRecordError, lineage
from provenance.selectors.scope import TooMuchError

__all__ = ["LIMIT", "Impact", "NoSuchRecordError", "TooMuchError", "impact", "lineage"]
