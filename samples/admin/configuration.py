"""What the form of a cell asks while it is typed: the text of its layers, or the layers of its text.

The parser of the services answers, so that a script knows no rules of its own; nothing is stored.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, JsonResponse

from core.filters import as_uuid
from samples.configuration import Configuration, ConfigurationError, UnknownMaterial, parse_configuration
from samples.models import Material, Sample
from samples.selectors import composition_of, layers_text, materials_of

_MOST_ROWS = 40


@dataclass
class TypedLayer:
    """A row of the form as it stands.

    Attributes:
        role: Key of `CellLayer.Role`; empty where none is chosen yet.
        sample: What was built in, if the person may see it.
        text: Of the box of materials.
        materials: That it names.
    """

    role: str
    sample: Sample | None
    text: str
    materials: list[Material] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nobody has begun to fill it in."""
        return self.sample is None and not self.text


def answer(request: HttpRequest) -> JsonResponse:
    """The layers of `text`, where there is one, else the text of the rows: `role`, `sample` and `materials` of each.

    A fault is said in words, with names that are spelt alike where a material is unknown; it is never added by itself.
    """
    rows = _rows(request)
    try:
        if text := request.GET.get("text", "").strip():
            return JsonResponse({"layers": _layers(text, rows)})
        filled = [row for row in rows if not row.is_empty]
        for row in filled:
            row.materials = materials_of(row.text) if row.text else []
        return JsonResponse({"text": layers_text(filled) if len(filled) > 1 else ""})
    except UnknownMaterial as error:
        return JsonResponse({"fault": str(error), "unknown": error.name, "near": list(error.near)})
    except ConfigurationError as error:
        return JsonResponse({"fault": str(error)})


def _rows(request: HttpRequest) -> list[TypedLayer]:
    given = [request.GET.getlist(name)[:_MOST_ROWS] for name in ("role", "sample", "materials")]
    keys = [key for text in given[1] if (key := as_uuid(text))]
    samples = Sample.objects.visible_to(request.user).in_bulk(keys)
    return [
        TypedLayer(role, samples.get(as_uuid(sample)), text.strip()) for role, sample, text in zip(*given, strict=False)
    ]


def _layers(text: str, rows: list[TypedLayer]) -> list[dict[str, Any]]:
    """Each layer of the text with the row that says the same already, so that its sample and thickness stay."""
    parsed: Configuration = parse_configuration(text, list(Material.objects.values_list("name", flat=True)))
    told = [_told(row) for row in rows]
    layers: list[dict[str, Any]] = []
    for layer in parsed.layers:
        row = told.index(layer.materials) if layer.materials in told else None
        if row is not None:
            told[row] = None
        role = rows[row].role if row is not None and rows[row].role else layer.role
        layers.append({"role": role, "materials": "+".join(layer.materials), "row": row, "thickness_of": row})
    taken = {layer["row"] for layer in layers}
    for place, told_layer in enumerate(layers):
        if told_layer["row"] is None and place not in taken and place < len(rows):
            told_layer["thickness_of"] = place  # only its materials were typed anew
    return layers


def _told(row: TypedLayer) -> tuple[str, ...] | None:
    try:
        named = materials_of(row.text) if row.text else []
    except ConfigurationError:
        return None
    named = named or [part.material for part in (composition_of(row.sample) if row.sample else ())]
    return tuple(material.name for material in named) or None
