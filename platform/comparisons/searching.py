"""What queries find comparisons by: their own words, and the records that stand in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from comparisons.models import Comparison
from search.feeds import Fact, Feed, Watch
from search.language import Field, Kind, Level
from search.targets import Route, Target

_TABLE: Final = Comparison._meta.db_table
_BY_ROWS: Final = Route(
    "sample",
    wrap="SELECT line.comparison_id FROM comparisons_comparisonrow line"
    " JOIN samples_sample s ON s.id = line.subject_id AND {visible:s.project_id} WHERE line.subject_id IN ({})",
)
TARGET: Final = Target(
    "comparisons",
    Comparison,
    _TABLE,
    {
        Level.COMPARISON: Route("record"),
        Level.SAMPLE: _BY_ROWS,
        Level.MEASUREMENT: _BY_ROWS,
        Level.RESULT: _BY_ROWS,
    },
    _BY_ROWS,
)


def feeds() -> Sequence[Feed]:
    """Values of comparisons."""
    return (
        Feed(
            "comparison",
            f"{_TABLE} r",
            "r.id",
            Level.COMPARISON,
            "r.id",
            tuple(Fact(name, text=f"r.{name}") for name in ("slug", "title", "caption")),
            (Watch(_TABLE, "SELECT changed.id FROM {changed} changed"),),
        ),
    )


def fields() -> Sequence[Field]:
    """What can be asked of them."""
    level = frozenset({Level.COMPARISON})
    texts = [Field(name, Kind.TEXT, level, name, searchable=True) for name in ("slug", "title", "caption")]
    by_project = (
        "SELECT c.id FROM comparisons_comparison c JOIN accounts_project p ON p.id = c.project_id WHERE {match:p.slug}"
    )
    return (*texts, Field("project", Kind.TEXT, level, "project", direct={Level.COMPARISON: by_project}))
