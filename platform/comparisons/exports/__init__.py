"""A comparison as a file: the same table in every format, each number with its origin.

Every writer takes the filled table and gives bytes; `EXPORTS` is the one list that pages, admin and REST offer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from comparisons.exports.delimited import to_csv
from comparisons.exports.latex import to_latex
from comparisons.exports.markup import to_html, to_markdown
from comparisons.exports.parquet import to_parquet
from comparisons.exports.workbook import to_xlsx
from comparisons.table import ComparisonTable


@dataclass(frozen=True)
class Export:
    """One format of a comparison.

    Attributes:
        label: What a person calls it.
        media_type: For the response.
        suffix: Of the file's name, with its dot.
        write: The table as bytes.
    """

    label: str
    media_type: str
    suffix: str
    write: Callable[[ComparisonTable], bytes]


EXPORTS = {
    "csv": Export("CSV", "text/csv; charset=utf-8", ".csv", lambda table: to_csv(table).encode()),
    "xlsx": Export("Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", to_xlsx),
    "md": Export("Markdown", "text/markdown; charset=utf-8", ".md", lambda table: to_markdown(table).encode()),
    "latex": Export("LaTeX", "application/x-latex; charset=utf-8", ".tex", lambda table: to_latex(table).encode()),
    "html": Export("HTML", "text/html; charset=utf-8", ".html", lambda table: to_html(table).encode()),
    "parquet": Export("Parquet", "application/vnd.apache.parquet", ".parquet", to_parquet),
}

__all__ = ["EXPORTS", "Export", "to_csv", "to_html", "to_latex", "to_markdown", "to_parquet", "to_xlsx"]
