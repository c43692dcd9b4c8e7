"""What a comparison asks for: which rows and which columns. Filling it gives a table; a frozen one keeps it as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from comparisons.models import ComparisonRow
from comparisons.state import TableState


@dataclass(frozen=True)
class RowSpec:
    """One row that is asked for.

    Attributes:
        row_id: Key of the saved row; None where a query found it.
        subject_id: Its cell or other sample.
        measurement_id: The measurement its numbers come from; None for the latest with results.
        emphasised: Printed in bold.
        note: What a person says about it.
    """

    row_id: UUID | None
    subject_id: UUID
    measurement_id: UUID | None = None
    emphasised: bool = False
    note: str = ""


@dataclass(frozen=True)
class Definition:
    """What a table is filled from, and how it is looked at.

    Attributes:
        title, caption, columns: As they are saved.
        rows: By hand, then by the query, as it was resolved for one person.
        state: How it is looked at.
        about: What the rows are: cells, samples or measurements.
        problems: What is to be said about the query.
    """

    title: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[RowSpec, ...]
    state: TableState = field(default_factory=TableState)
    about: str = "cells"
    problems: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """Columns that are shown: those that the state names, else the saved ones."""
        return self.state.columns or self.columns

    def as_json(self) -> dict[str, Any]:
        """As it is stored with a snapshot: with the rows that the query found, so that it keeps them."""
        return {
            "title": self.title,
            "caption": self.caption,
            "about": self.about,
            "columns": list(self.columns),
            "state": self.state.as_json(),
            "rows": [
                {
                    "row": row.row_id and str(row.row_id),
                    "subject": str(row.subject_id),
                    "measurement": row.measurement_id and str(row.measurement_id),
                    "emphasised": row.emphasised,
                    "note": row.note,
                }
                for row in self.rows
            ],
        }


def from_json(stored: dict[str, Any]) -> Definition:
    """The definition that was stored with a snapshot; earlier ones were all about cells."""
    rows = (
        RowSpec(
            row_id=_key(row["row"]),
            subject_id=UUID(row.get("subject") or row["cell"]),
            measurement_id=_key(row.get("measurement") or row.get("test")),
            emphasised=row["emphasised"],
            note=row["note"],
        )
        for row in stored["rows"]
    )
    return Definition(
        title=stored["title"],
        caption=stored["caption"],
        columns=tuple(stored["columns"]),
        rows=tuple(rows),
        state=TableState.from_json(stored["state"]),
        about=stored.get("about", "cells"),
    )


def spec_of(row: ComparisonRow) -> RowSpec:
    """What a saved row asks for."""
    return RowSpec(row.pk, row.subject_id, row.measurement_id, row.emphasised, row.note)


def _key(text: str | None) -> UUID | None:
    return UUID(text) if text else None
