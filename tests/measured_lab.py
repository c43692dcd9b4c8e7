"""A small laboratory: powders, the composite made of them, a cell with an analysed test, a comparison, and people."""

from __future__ import annotations

from types import SimpleNamespace

from django.test import TestCase

from comparisons.services import add_row, create_comparison
from measurements.services import receive_file
from samples.models import ProcessInput
from tests import factories

HEADER = "Test Time / s,Voltage / V,Current / A"
HOURS_PER_HALF = 10


def cycling_file(cycles: int = 2, milliampere: float = 0.03, loss: float = 0.0) -> bytes:
    """A galvanostatic test in Battery Data Format: half cycles of 10 h, less current by `loss` each cycle."""
    lines, seconds = [HEADER], 0
    for cycle in range(cycles):
        ampere = milliampere * (1.0 - loss * cycle) / 1000
        for sign, start, end in ((1, 3.0, 4.3), (-1, 4.2, 2.8)):
            for step in range(HOURS_PER_HALF * 6):
                voltage = start + (end - start) * step / (HOURS_PER_HALF * 6 - 1)
                lines.append(f"{seconds},{voltage:.4f},{sign * ampere}")
                seconds += 600
            lines.append(f"{seconds},{end:.4f},0")
            seconds += 600
    return "\n".join(lines).encode()


def measured_lab() -> SimpleNamespace:
    """Makes the laboratory, through the services that people use, with a person of each role."""
    project = factories.project()
    owner = factories.owner_of(project)
    cell = factories.cell(project)
    conditions = {"rate": "0.05 C (1C = 180 mA/g)", "temperature": "80 °C"}
    with TestCase.captureOnCommitCallbacks(execute=True):
        received = receive_file(
            actor=owner, subject=cell, name="cell-1.csv", chunks=[cycling_file()], conditions=conditions
        )
    comparison = create_comparison(actor=owner, project=project, slug="my-cells", title="My cells")
    add_row(comparison, actor=owner, cell=cell)
    composite = cell.layers.get(role="cathode").sample
    powders = [row.sample for row in ProcessInput.objects.filter(process__outputs__sample=composite).order_by("order")]
    return SimpleNamespace(
        project=project,
        owner=owner,
        editor=factories.member(project, "editor"),
        viewer=factories.member(project, "viewer"),
        stranger=factories.user(),
        cell=cell,
        composite=composite,
        powders=powders,
        materials=[powder.material for powder in powders],
        sintering=composite.production.process,
        assembly=cell.production.process,
        file=received.file,
        measurement=received.measurement,
        dataset=received.measurement.datasets.get(),
        run=received.measurement.runs.get(release__name="cycling.capacity"),
        comparison=comparison,
    )
