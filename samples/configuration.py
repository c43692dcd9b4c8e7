"""The configuration of a cell as one text, both ways: `NCM622+LBO+LLZTO/LLZTO/Li`.

Layers stand from cathode to anode with `/` between them, the materials of one layer with `+`. The text is
written from the layers of a cell and can be parsed into them; it never brings a material into being.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final, Literal

Role = Literal["cathode", "electrolyte", "interlayer", "anode"]

_LONGEST_TEXT: Final = 500
_NAME: Final = re.compile(r"[^\s/+](?:[^/+]*[^\s/+])?")


class ConfigurationError(ValueError):
    """A text that is not a cell configuration; the message says where and what would be right."""


class UnknownMaterial(ConfigurationError):
    """A configuration names a material that nobody has created.

    Attributes:
        name: The name as written.
        position: Where it begins in the text, counted from 1.
        near: Known names that are spelt alike.
    """

    def __init__(self, name: str, position: int, near: tuple[str, ...]) -> None:
        self.name, self.position, self.near = name, position, near
        hint = f"; did you mean {' or '.join(near)}?" if near else "."
        super().__init__(f"{name} is not a known material{hint} Create it first.")


@dataclass(frozen=True)
class Layer:
    """One layer: its role and the names of its materials, in the order of the text."""

    role: Role
    materials: tuple[str, ...]


@dataclass(frozen=True)
class Configuration:
    """A cell from cathode to anode."""

    layers: tuple[Layer, ...]

    def __str__(self) -> str:
        return write_configuration(self.layers)

    @property
    def materials(self) -> tuple[str, ...]:
        """Every material once, in the order of the text."""
        return tuple(dict.fromkeys(name for layer in self.layers for name in layer.materials))


def parse_configuration(
    text: str, known: Mapping[str, str] | Collection[str], *, electrolytes: Collection[str] = ()
) -> Configuration:
    """Read a configuration into layers with roles.

    The first layer is the cathode, the last the anode. Between them a layer with a material of `electrolytes` is
    an electrolyte; where there is none, the first of them is. All others are interlayers, so of
    `NCM622+LBO+LLZTO/LLZTO/Gel/Li` LLZTO is the electrolyte and Gel the interlayer.

    Args:
        text: The configuration as entered.
        known: Names of known materials, or a mapping from names and synonyms to the names that are meant. Names
            in another case are known, too, unless two differ by case only.
        electrolytes: Names of the materials that make a layer an electrolyte.

    Raises:
        UnknownMaterial: A name is not known; nothing is invented.
        ConfigurationError: Fewer than two layers, or an empty name.
    """
    if len(text) > _LONGEST_TEXT:
        raise ConfigurationError(f"configuration: at most {_LONGEST_TEXT} characters, found {len(text)}")
    names = known if isinstance(known, Mapping) else {name: name for name in known}
    layers: list[tuple[str, ...]] = []
    position = 1
    for part in text.split("/"):
        layers.append(_layer(part, position, text, names))
        position += len(part) + 1
    if len(layers) < 2:
        raise ConfigurationError(
            f'configuration: "{text}" has one layer; write cathode/electrolyte/anode, such as NCM622/LLZTO/Li'
        )
    roles = _roles(layers, electrolytes)
    return Configuration(tuple(Layer(role, materials) for role, materials in zip(roles, layers, strict=True)))


def write_configuration(layers: Iterable[Layer]) -> str:
    """The text of layers that stand in order from cathode to anode.

    Raises:
        ConfigurationError: A layer without materials, or a name that the text could not tell from two.
    """
    written = []
    for layer in layers:
        if not layer.materials:
            raise ConfigurationError(f"configuration: the {layer.role} has no material")
        for name in layer.materials:
            check_name(name)
        written.append("+".join(layer.materials))
    return "/".join(written)


def check_name(name: str) -> None:
    """Refuse a material name that a configuration text could not hold.

    Raises:
        ConfigurationError: Empty, blanks at an end, or `/` or `+` in it.
    """
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f'material name "{name}": / and + separate layers and materials, and no blanks stand at the ends; '
            "use letters, digits, ( ) . and -"
        )


def _layer(part: str, position: int, text: str, names: Mapping[str, str]) -> tuple[str, ...]:
    """The materials of one layer."""
    materials = []
    for written in part.split("+"):
        name = written.strip()
        start = position + len(written) - len(written.lstrip())
        if not name:
            raise ConfigurationError(f'configuration "{text}", position {position}: a material is missing')
        materials.append(_known_name(name, start, names))
        position += len(written) + 1
    return tuple(materials)


def _known_name(name: str, position: int, names: Mapping[str, str]) -> str:
    """The name that is meant, in its own spelling."""
    if name in names:
        return names[name]
    folded = {names[known] for known in names if known.casefold() == name.casefold()}
    if len(folded) == 1:
        return folded.pop()
    by_fold = {known.casefold(): known for known in names}
    near = [by_fold[match] for match in get_close_matches(name.casefold(), by_fold, n=3)]
    raise UnknownMaterial(name, position, tuple(sorted(folded) or dict.fromkeys(names[known] for known in near)))


def _roles(layers: list[tuple[str, ...]], electrolytes: Collection[str]) -> list[Role]:
    """Roles from cathode to anode."""
    between = layers[1:-1]
    flagged = [any(name in electrolytes for name in layer) for layer in between]
    if not any(flagged):
        flagged = [index == 0 for index in range(len(between))]
    return ["cathode", *("electrolyte" if flag else "interlayer" for flag in flagged), "anode"]
