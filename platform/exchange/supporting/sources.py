"""What each figure of a Supporting Information came from, in words for readers and as JSON for programs."""

from __future__ import annotations

from datetime import date
from typing import Any

from exchange.supporting.gather import Document, Figure, Panel


def source_sentence(panel: Panel) -> str:
    """Sample, files with their hashes, kernel and run of a panel."""
    files = "; ".join(f"file {file.name}, SHA-256 {file.sha256}" for file in panel.files)
    mark = " (simulated data)" if panel.simulated else ""
    run = panel.drawn.run
    return f"{panel.title}{mark}: {files}; kernel {run.release}; run {run.pk}."


def as_json(document: Document, on: date) -> dict[str, Any]:
    """The document without its drawings: tables by name, figures with samples, files and runs."""
    return {
        "title": document.title,
        "project": document.project.slug,
        "date": on.isoformat(),
        "tables": [
            {"label": table.label, "comparison": table.comparison.slug, "caption": table.caption}
            for table in document.tables
        ],
        "figures": [_figure(figure) for figure in document.figures],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {
        "label": figure.label,
        "title": figure.plan.title,
        "panels": [_panel(panel) for panel in figure.panels],
        "missing": list(figure.missing),
    }


def _panel(panel: Panel) -> dict[str, Any]:
    run = panel.drawn.run
    return {
        "letter": panel.letter,
        "title": panel.title,
        "simulated": panel.simulated,
        "sample": {"id": str(panel.measurement.sample_id), "code": panel.measurement.sample.code},
        "measurement": str(panel.measurement.pk),
        "run": str(run.pk),
        "kernel": {"name": run.release.name, "version": run.release.version},
        "files": [{"id": str(file.id), "name": file.name, "sha256": file.sha256} for file in panel.files],
    }
