"""What is wrong with a query and where, so that a page can put a caret under it."""

from __future__ import annotations


class QueryError(ValueError):
    """A query that cannot be understood.

    Attributes:
        message: What was found and what would be right.
        start: Position of the first character that it is about, from 0.
        end: Position after the last one.
    """

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = max(end, start + 1)

    def __str__(self) -> str:
        return f"At character {self.start + 1}: {self.message}"

    def caret(self) -> str:
        """A line of signs that stands under the part of the query that it is about."""
        return " " * self.start + "^" * (self.end - self.start)
