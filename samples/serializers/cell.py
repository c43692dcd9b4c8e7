"""JSON of cells: layers, and the configuration text that is written from them or parsed into them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.serializers import ProjectField
from core.serializers import FractionField, PartSerializer
from samples.models import Cell, CellLayer, Term
from samples.selectors import configuration_text
from samples.serializers.references import MaterialField, SampleField, TermField
from samples.serializers.sample import SampleSerializer
from samples.services import LayerSpec

CELL_FIELDS = (
    "configuration",
    "layers",
    "cell_type",
    "electrolyte_class",
    "electrolyte_composition",
    "electrolyte_volume",
    "separator",
    "housing",
    "electrode_area",
    "cathode_mass",
    "active_fraction",
    "active_mass",
    "active_mass_uncertainty",
    "n_p_ratio",
    "lithium_thickness",
    "assembly_pressure",
    "stack_pressure",
    "warnings",
)
NO_MASS = "The cell has no active mass, so no capacity per mass (mAh/g) is computed. Enter active_mass."


class ConfigurationField(serializers.CharField):
    """The configuration text, such as `NCM622+LBO+LLZTO/LLZTO/Li`."""

    def get_attribute(self, instance: Any) -> str:
        """Written from the layers."""
        return configuration_text(instance)


class LayerMaterials(serializers.ListField):
    """Materials of a layer in the order of the configuration text."""

    def get_attribute(self, instance: Any) -> list[Any]:
        """Those of its components."""
        return [component.material for component in instance.components.all()]


class LayerMorphology(TermField):
    """Morphology of a layer's active powder."""

    def get_attribute(self, instance: Any) -> Any:
        """The first that a component has."""
        return next((c.morphology for c in instance.components.all() if c.morphology is not None), None)


class LayerSerializer(PartSerializer):
    """One layer: a sample, bare materials, or a sample with the materials to name in the configuration text."""

    sample = SampleField(required=False, allow_null=True)
    materials = LayerMaterials(child=MaterialField(), required=False)
    morphology = LayerMorphology(Term.Vocabulary.MORPHOLOGY, required=False, allow_null=True)

    class Meta:
        model = CellLayer
        fields = ("id", "role", "sample", "materials", "morphology", "thickness")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Also in a partial change each layer is whole."""
        if "role" not in attrs:
            raise serializers.ValidationError({"role": "Each layer needs a role."})
        if not attrs.get("sample") and not attrs.get("materials"):
            raise serializers.ValidationError("A layer is made of a sample or of materials; give one of the two.")
        return attrs


class CellSerializer(SampleSerializer):
    """A cell. Its id is that of its sample."""

    route = "cell"
    project = ProjectField()
    kind = serializers.CharField(read_only=True)
    configuration = ConfigurationField(
        required=False, allow_blank=True, max_length=500, help_text="Give this or layers."
    )
    layers = LayerSerializer(many=True, required=False)
    active_fraction = FractionField(required=False, allow_null=True, help_text="Active weight fraction of the cathode.")
    warnings = serializers.SerializerMethodField()

    class Meta(SampleSerializer.Meta):
        model = Cell
        fields = (*SampleSerializer.Meta.fields, *CELL_FIELDS)  # type: ignore[assignment]

    def get_warnings(self, cell: Cell) -> list[str]:
        """What is missing for the numbers one will want."""
        return [NO_MASS] if cell.active_mass is None else []


def as_arguments(data: dict[str, Any], cell: Cell | None = None) -> dict[str, Any]:
    """What a request says of a cell, as the services take it."""
    arguments = dict(data)
    if "layers" in arguments:
        arguments["layers"] = [LayerSpec(**_known(layer)) for layer in arguments["layers"]]
        if cell is not None and arguments.get("configuration") == configuration_text(cell):
            del arguments["configuration"]  # an answer that is sent back with other layers
    return arguments


def _known(layer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in layer.items() if value is not None}
