"""The configuration text of a cell, written from its layers: `NCM622+LBO+LLZTO/LLZTO/Gel/Li`.

Layers may be stored, or only typed so far; the text of both is written in the same way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from samples.configuration import Layer, Role, parse_configuration, write_configuration
from samples.models import Cell, Material
from samples.selectors.composition import composition_of


def configuration_text(cell: Cell) -> str:
    """The text, empty where the cell has no layers. Prefetch `layers__components__material` for lists."""
    layers = [
        Layer(layer.role, tuple(component.material.name for component in layer.components.all()))
        for layer in cell.layers.all()
    ]
    return write_configuration(layers) if layers else ""


def layers_text(layers: Iterable[Any]) -> str:
    """The text of layers that are not stored yet: of each its `role`, `sample` and `materials`, as a `LayerSpec` has.

    Raises:
        ConfigurationError: A layer has neither materials nor a sample whose composition is known.
    """
    written = []
    for layer in layers:
        named = list(layer.materials) or [
            part.material for part in (composition_of(layer.sample) if layer.sample else ())
        ]
        written.append(Layer(cast("Role", layer.role), tuple(material.name for material in named)))
    return write_configuration(written) if written else ""


def materials_of(text: str) -> list[Material]:
    """The materials that the text of one layer names, `NCM622+LBO+LLZTO`.

    Raises:
        ConfigurationError: A name is not known; near ones are offered.
    """
    known = {material.name: material for material in Material.objects.all()}
    # The rules for names are those of a configuration text; the layer is read as one of two equal layers.
    parsed = parse_configuration(f"{text}/{text}", list(known))
    return [known[name] for name in parsed.layers[0].materials]
