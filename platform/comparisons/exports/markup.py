"""A comparison as Markdown and as an HTML page of its own."""

from __future__ import annotations

from html import escape

from comparisons.exports.origins import Notes, said
from comparisons.table import ComparisonTable, TableCell, TableRow

_STYLE = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2rem;color-scheme:light dark}"
    "table{border-collapse:collapse}caption{text-align:left;margin-bottom:.5rem}"
    "th,td{padding:.25rem .75rem;text-align:left;vertical-align:top;border-bottom:1px solid #8884}"
    "thead th{border-bottom:1px solid}.emphasised{font-weight:bold}.simulated{font-style:italic}"
)
_MARKDOWN_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>#|~"})


def to_markdown(table: ComparisonTable) -> str:
    """The table as a Markdown pipe table, with lettered notes on origins and the warnings below."""
    notes = Notes(table)
    lines = [f"**{_md(table.title)}** {_md(table.caption)}".strip(), ""]
    lines.append("| " + " | ".join(_md(column.label) for column in table.columns) + " | Simulated |")
    lines.append("|" + " --- |" * (len(table.columns) + 1))
    for row in table.rows:
        cells = [_md_cell(row, row.cells[column.key], notes) for column in table.columns]
        lines.append("| " + " | ".join([*cells, "yes" if row.simulated else "no"]) + " |")
    lines += ["", *(f"- <sup>{letter}</sup> {_md(text)}" for letter, text in notes.lines)]
    lines += ["", *(f"> {_md(text)}" for text in _warnings(table))]
    return "\n".join(lines).strip() + "\n"


def _md(text: str) -> str:
    return " ".join(text.translate(_MARKDOWN_SPECIAL).split())


def _md_cell(row: TableRow, cell: TableCell, notes: Notes) -> str:
    text = _md(cell.text)
    if not text:
        return ""
    letter = notes.letter(cell)
    shown = f"**{text}**" if row.emphasised else text
    return shown + (f" <sup>{letter}</sup>" if letter else "")


def to_html(table: ComparisonTable) -> str:
    """The table as a page that stands alone: no script, no address of ours, origins as titles and as a list."""
    notes = Notes(table)
    head = "".join(f'<th scope="col">{escape(column.label)}</th>' for column in table.columns)
    rows = "\n".join(_html_row(table, row, notes) for row in table.rows)
    listed = "".join(f"<li>{escape(text)}</li>" for _, text in notes.lines)
    warned = "".join(f"<p>{escape(text)}</p>" for text in _warnings(table))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(table.title)}</title>'
        f"<style>{_STYLE}</style></head>\n<body><table>\n"
        f"<caption><strong>{escape(table.title)}</strong> {escape(table.caption)}</caption>\n"
        f'<thead><tr>{head}<th scope="col">Simulated</th></tr></thead>\n<tbody>\n{rows}\n</tbody></table>\n'
        f'<h2>Origins</h2><ol type="a">{listed}</ol>\n{warned}</body></html>\n'
    )


def _html_row(table: ComparisonTable, row: TableRow, notes: Notes) -> str:
    names = [name for name in ("emphasised", "simulated") if getattr(row, name)]
    kind = f' class="{" ".join(names)}"' if names else ""
    cells = "".join(_html_cell(row.cells[column.key], notes) for column in table.columns)
    return f"<tr{kind}>{cells}<td>{'yes' if row.simulated else 'no'}</td></tr>"


def _html_cell(cell: TableCell, notes: Notes) -> str:
    letter = notes.letter(cell)
    title = f' title="{escape(said(cell.origin), quote=True)}"' if cell.origin else ""
    return f"<td{title}>{escape(cell.text)}{f'<sup>{letter}</sup>' if letter else ''}</td>"


def _warnings(table: ComparisonTable) -> list[str]:
    by_row = [f"{row.code}: {warning}" for row in table.rows for warning in row.warnings]
    return [*table.warnings, *by_row]
