"""What of the API will go: said in the headers of each answer and in the OpenAPI document, long before it goes.

A view names what will go by action: `deprecations = {"list": Deprecation(since=..., sunset=...)}`. The policy is in
docs/reference/rest.md; the class holds it to the least time between the two dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.utils.http import http_date

NOTICE: Final = timedelta(days=183)
"""The least time from saying that something will go until it goes."""


@dataclass(frozen=True)
class Deprecation:
    """When it was said that something will go, and from when on it is gone.

    Attributes:
        since: The day on which it was said.
        sunset: The first day on which it may be missing; at least `NOTICE` later.
        instead: Address of what takes its place, empty where nothing does.
    """

    since: date
    sunset: date
    instead: str = ""

    def __post_init__(self) -> None:
        if self.sunset - self.since < NOTICE:
            raise ValueError(f"sunset {self.sunset} is less than {NOTICE.days} days after {self.since}")

    def headers(self) -> dict[str, str]:
        """`Deprecation` (RFC 9745), `Sunset` (RFC 8594) and, where there is one, a link to the successor."""
        headers = {"Deprecation": f"@{_second(self.since)}", "Sunset": http_date(_second(self.sunset))}
        if self.instead:
            headers["Link"] = f'<{self.instead}>; rel="successor-version"'
        return headers


def _second(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
