"""The configuration text of a cell, written from its layers: `NCM622+LBO+LLZTO/LLZTO/Gel/Li`."""

from __future__ import annotations

from samples.configuration import Layer, write_configuration
from samples.models import Cell


def configuration_text(cell: Cell) -> str:
    """The text, empty where the cell has no layers. Prefetch `layers__components__material` for lists."""
    layers = [
        Layer(layer.role, tuple(component.material.name for component in layer.components.all()))
        for layer in cell.layers.all()
    ]
    return write_configuration(layers) if layers else ""
