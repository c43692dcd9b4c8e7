"""A comparison as LaTeX: booktabs, siunitx for columns of numbers, origins as table notes.

What is written is a document that compiles with pdfLaTeX as it is; a paper takes the table environment out of it.
"""

from __future__ import annotations

import re
import unicodedata

from comparisons.exports.origins import Notes
from comparisons.table import ColumnSpec, ComparisonTable, TableRow

_MATHS = (
    "α alpha|β beta|γ gamma|δ delta|ε varepsilon|ζ zeta|η eta|θ theta|ι iota|κ kappa|λ lambda|ν nu|ξ xi|π pi|ρ rho|"
    "σ sigma|τ tau|υ upsilon|φ varphi|ϕ phi|χ chi|ψ psi|ω omega|Γ Gamma|Δ Delta|Θ Theta|Λ Lambda|Ξ Xi|Π Pi|Σ Sigma|"
    "Φ Phi|Ψ Psi|Ω Omega|± pm|× times|→ to|≤ le|≥ ge|≈ approx|∞ infty|√ surd"
)
_SPECIAL = (
    {
        "\\": r"\textbackslash{}",
        "{": r"\{",
        "}": r"\}",
        "$": r"\$",
        "&": r"\&",
        "#": r"\#",
        "_": r"\_",
        "%": r"\%",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "°": r"\textdegree{}",
        "µ": r"\textmu{}",
        "μ": r"\textmu{}",
        "·": r"\textperiodcentered{}",
        "Å": r"\AA{}",
        "\N{ANGSTROM SIGN}": r"\AA{}",
        "\N{MINUS SIGN}": r"\ensuremath{-}",
        "–": "--",
        "—": "---",
        "⁻": r"\textsuperscript{-}",
        "…": r"\ldots{}",
        "“": "``",
        "”": "''",
        "’": "'",
        "‘": "`",
        "∶": ":",
        "\N{NO-BREAK SPACE}": "~",
        "\N{THIN SPACE}": r"\,",
        "\N{NARROW NO-BREAK SPACE}": r"\,",
        "\N{SOFT HYPHEN}": r"\-",
    }
    | {sign: rf"\ensuremath{{\{name}}}" for sign, name in (pair.split() for pair in _MATHS.split("|"))}
    | {sign: rf"\textsuperscript{{{number}}}" for number, sign in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
    | {sign: rf"\textsubscript{{{number}}}" for number, sign in enumerate("₀₁₂₃₄₅₆₇₈₉")}
)
_LETTERS = "ŁłıŒœŊŋĐđ"
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_DOCUMENT = r"""% Compile with pdfLaTeX; a paper takes the table environment.
\documentclass{article}
\usepackage[a4paper,landscape,margin=15mm]{geometry}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp,booktabs,siunitx,threeparttable,caption,adjustbox}
\begin{document}
TABLE
\end{document}
"""


def to_latex(table: ComparisonTable) -> str:
    """The table as a LaTeX document."""
    return _DOCUMENT.replace("TABLE", table_environment(table, table.title, table.caption), 1)


def table_environment(table: ComparisonTable, heading: str, caption: str) -> str:
    """The table as LaTeX's `table`, with a heading such as `Table S1` of one's own counting."""
    notes = Notes(table)
    numeric = {column.key for column in table.columns if _is_numeric(table, column)}
    layout = "".join(_layout(table, column) if column.key in numeric else "l" for column in table.columns)
    head = " & ".join("{" + escape(column.label) + "}" for column in table.columns) + r" & Simulated \\"
    rows = [_row(table, row, numeric, notes) for row in table.rows]
    lines = [
        r"\begin{table}[htbp]",
        r"\centering\small",
        r"\begin{adjustbox}{max width=\linewidth}",
        r"\begin{threeparttable}",
        rf"\caption*{{\textbf{{{escape(heading)}.}} {escape(caption)}}}",
        rf"\begin{{tabular}}{{{layout}l}}",
        r"\toprule",
        head,
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        r"\begin{tablenotes}\footnotesize",
        *(rf"\item[{letter}] {escape(text)}" for letter, text in notes.lines),
        *(rf"\item[] {escape(text)}" for text in table.warnings),
        r"\end{tablenotes}",
        r"\end{threeparttable}",
        r"\end{adjustbox}",
        r"\end{table}",
    ]
    return "\n".join(lines)


def escape(text: str) -> str:
    """The text with everything that LaTeX would take for a command written out.

    Signs that pdfLaTeX has no letter for (it stops at them) become their number, `[U+4E2D]`.
    """
    return "".join(_SPECIAL.get(sign) or (sign if _is_printed(sign) else _numbered(sign)) for sign in text)


def _is_printed(sign: str) -> bool:
    """Whether a sign is of ASCII or a letter of the European languages that the font encoding T1 holds."""
    if sign.isascii():
        return sign.isprintable() or sign.isspace()
    parts = unicodedata.decomposition(sign)
    if ord(sign) <= 0xFF:
        return not parts.startswith("<")
    return sign in _LETTERS or (ord(sign) <= 0x17F and bool(parts) and not parts.startswith("<"))


def _numbered(sign: str) -> str:
    return f"[U+{ord(sign):04X}]"


def _is_numeric(table: ComparisonTable, column: ColumnSpec) -> bool:
    texts = [row.cells[column.key].text for row in table.rows]
    return any(texts) and all(_NUMBER.fullmatch(text) for text in texts if text)


def _layout(table: ComparisonTable, column: ColumnSpec) -> str:
    """A siunitx column with room for the longest number, and for the mark of its note."""
    parts = [row.cells[column.key].text.lstrip("+-").partition(".") for row in table.rows if row.cells[column.key].text]
    before, after = max(len(part[0]) for part in parts), max(len(part[2]) for part in parts)
    return rf"S[table-format={before}.{after},table-space-text-post={{\tnote{{mm}}}}]"


def _row(table: ComparisonTable, row: TableRow, numeric: set[str], notes: Notes) -> str:
    cells = []
    for column in table.columns:
        cell = row.cells[column.key]
        letter = notes.letter(cell)
        mark = rf"\tnote{{{letter}}}" if letter else ""
        text = escape(cell.text)
        if row.emphasised and text:
            text = rf"\bfseries {text}" if column.key in numeric else rf"\textbf{{{text}}}"
        cells.append(text + mark)
    return " & ".join([*cells, "yes" if row.simulated else "no"]) + r" \\"
