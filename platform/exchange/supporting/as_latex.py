r"""A Supporting Information as LaTeX source; its drawings lie beside it as `figures/S7a.pdf`.

Compiles with pdfLaTeX and what Debian calls texlive-latex-extra and texlive-science.
"""

from __future__ import annotations

from datetime import date

from comparisons.exports.latex import escape, table_environment
from exchange.supporting.drawings import name_of
from exchange.supporting.gather import Document, DocumentTable, Figure, Panel
from exchange.supporting.sources import source_sentence

_DOCUMENT = r"""% Compile with pdfLaTeX; the figures lie in figures/.
\documentclass[a4paper]{article}
\usepackage[margin=20mm]{geometry}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{textcomp,booktabs,siunitx,threeparttable,caption,adjustbox,graphicx,pdflscape,float}
\captionsetup{justification=raggedright,singlelinecheck=false}
\sloppy
\begin{document}
\section*{TITLE}
\noindent Drawn from the database on DATE. Each figure names the samples, files and runs it came from.
Tables stand at the end.

BODY
\end{document}
"""
_WRAPPED = 16  # signs of a hash between places where a line may break


def to_latex(document: Document, on: date) -> str:
    """The document as LaTeX."""
    parts = [*map(_figure, document.figures), *map(_table, document.tables)]
    known = {"TITLE": escape(document.title), "DATE": on.isoformat(), "BODY": "\n\n".join(parts)}
    text = _DOCUMENT
    for name, value in known.items():
        text = text.replace(name, value, 1)
    return text


def _table(table: DocumentTable) -> str:
    """On a page of its own, turned: tables such as Table S1 are wide."""
    body = table_environment(table.table, table.label, table.caption).replace(r"\small", r"\footnotesize", 1)
    return f"\\begin{{landscape}}\n{body}\n\\end{{landscape}}"


def _figure(figure: Figure) -> str:
    letters = " ".join(
        rf"\textbf{{{panel.letter}}}, {escape(panel.title)}{' (simulated)' if panel.simulated else ''}."
        for panel in figure.panels
    )
    lines = [
        r"\begin{figure}[H]",
        r"\centering",
        *(_panel(figure, panel) for panel in figure.panels),
        *(rf"\par\smallskip\fbox{{\parbox{{0.9\textwidth}}{{{escape(reason)}}}}}" for reason in figure.missing),
        rf"\caption*{{\textbf{{{escape(figure.label)}.}} {escape(figure.plan.title)}. {letters}}}",
        r"\end{figure}",
        *(rf"{{\footnotesize\noindent\textbf{{{panel.letter}}} {_source(panel)}\par}}" for panel in figure.panels),
    ]
    return "\n".join(lines)


def _panel(figure: Figure, panel: Panel) -> str:
    mark = r" \textit{simulated}" if panel.simulated else ""
    file = f"figures/{name_of(figure, panel)}.pdf"
    return (
        rf"\begin{{minipage}}[t]{{0.48\textwidth}}\raggedright\textbf{{{panel.letter}}}{mark}\\"
        rf"\includegraphics[width=\linewidth]{{{file}}}\end{{minipage}}"
    )


def _source(panel: Panel) -> str:
    """The sentence on sources, with places where hashes and keys may break."""
    text = escape(source_sentence(panel))
    for file in panel.files:
        pieces = (file.sha256[start : start + _WRAPPED] for start in range(0, len(file.sha256), _WRAPPED))
        text = text.replace(file.sha256, r"\allowbreak{}".join(pieces))
    return text
