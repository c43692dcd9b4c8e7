"""One text and one hash for one piece of JSON data, whatever wrote it.

Run keys and dataset hashes must survive a trip through PostgreSQL's jsonb, which returns `1.0` as `1`, so numbers are
written by value (as RFC 8785 does), keys sorted, texts in Unicode NFC.
"""

from __future__ import annotations

import hashlib
import json
import math
import unicodedata
from typing import Any

_EXACT_INTEGERS = 2**53


def canonical_json(data: Any) -> str:
    """Canonical text of JSON data.

    Raises:
        ValueError: A number is NaN or infinite.
        TypeError: Something is not JSON, or a key is not a text.
    """
    if data is None or isinstance(data, bool):
        return json.dumps(data)
    if isinstance(data, int | float):
        return _number(data)
    if isinstance(data, str):
        return json.dumps(unicodedata.normalize("NFC", data), ensure_ascii=False)
    if isinstance(data, list | tuple):
        return "[" + ",".join(canonical_json(item) for item in data) + "]"
    if isinstance(data, dict):
        if any(not isinstance(key, str) for key in data):
            raise TypeError("keys of canonical JSON are texts")
        return "{" + ",".join(f"{canonical_json(key)}:{canonical_json(data[key])}" for key in sorted(data)) + "}"
    raise TypeError(f"{type(data).__name__} has no canonical JSON")


def _number(number: float) -> str:
    if not math.isfinite(number):
        raise ValueError("NaN and infinity have no canonical JSON")
    if abs(number) < _EXACT_INTEGERS and number == int(number):
        return str(int(number))
    return repr(float(number))


def content_hash(kind: str, data: Any) -> str:
    """SHA-256 of JSON data. The kind stands in front, so that no two kinds of record share a hash."""
    return hashlib.sha256(f"{kind}\0{canonical_json(data)}".encode()).hexdigest()
