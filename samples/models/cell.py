"""Cells: samples built from layers, whose configuration text is written from those layers."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from accounts.access import ScopedQuerySet
from core.fields import QuantityField
from core.models import AUDITED, Record
from samples.models.catalogue import Material, Term
from samples.models.sample import Sample, positive


class Cell(Sample):
    """A sample of kind cell. Its UUID is that of its sample."""

    class CellType(models.TextChoices):
        """What is cycled against what; decides how coulombic efficiency is counted."""

        CATHODE_LI = "cathode|Li", "cathode | lithium"
        FULL = "full", "full cell"
        ANODE_LI = "anode|Li", "anode | lithium"
        SYMMETRIC = "symmetric", "symmetric"
        BLOCKING = "blocking", "blocking electrodes"
        LI_CU = "Li|Cu", "lithium | copper"
        THREE_ELECTRODE = "three-electrode", "three electrodes"

    class ElectrolyteClass(models.TextChoices):
        """What carries the ions."""

        SOLID = "solid", "solid"
        LIQUID = "liquid", "liquid"
        GEL = "gel", "gel"
        HYBRID = "hybrid", "solid with liquid or gel"

    cell_type = models.CharField(max_length=16, choices=CellType, blank=True)
    electrolyte_class = models.CharField(max_length=8, choices=ElectrolyteClass, blank=True)
    electrolyte_composition = models.CharField(max_length=200, blank=True)
    electrolyte_volume = QuantityField("volume")
    separator = models.CharField(max_length=100, blank=True)
    housing = models.CharField(max_length=100, blank=True, help_text="CR2032, PEEK die, pouch ...")
    electrode_area = QuantityField("electrode_area")
    cathode_mass = QuantityField("cathode_mass", help_text="Of the whole cathode, without current collector.")
    active_fraction = models.FloatField(
        "active weight fraction",
        null=True,
        blank=True,
        help_text="Of the cathode, 0 to 1; from its weight ratio where known.",
    )
    active_mass = QuantityField("active_mass", help_text="Cathode mass times active weight fraction.")
    active_mass_uncertainty = QuantityField("active_mass_uncertainty", help_text="Standard uncertainty.")
    n_p_ratio = models.FloatField("N/P ratio", null=True, blank=True)
    lithium_thickness = QuantityField("thickness")
    assembly_pressure = QuantityField("pressure")
    stack_pressure = QuantityField("stack_pressure", verbose_name="operating stack pressure")

    class Meta:
        constraints = [
            positive("electrode_area"),
            positive("cathode_mass"),
            positive("active_mass"),
            positive("active_mass_uncertainty", zero=True),
            positive("electrolyte_volume"),
            positive("lithium_thickness"),
            models.CheckConstraint(
                condition=Q(active_fraction__isnull=True) | Q(active_fraction__gt=0, active_fraction__lte=1),
                name="cell_active_fraction_0_1",
                violation_error_message="An active weight fraction lies between 0 and 1.",
            ),
        ]
        triggers = [AUDITED]

    def __str__(self) -> str:
        return self.code


class CellLayer(Record):
    """One layer of a cell, from the cathode to the anode."""

    class Role(models.TextChoices):
        """What the layer does."""

        CATHODE = "cathode", "cathode"
        INTERLAYER = "interlayer", "interlayer"
        ELECTROLYTE = "electrolyte", "electrolyte"
        ANODE = "anode", "anode"

    project_lookup: ClassVar[str] = "cell__project"

    cell = models.ForeignKey(Cell, on_delete=models.CASCADE, related_name="layers")
    order = models.PositiveSmallIntegerField()
    role = models.CharField(max_length=12, choices=Role)
    sample = models.ForeignKey(Sample, null=True, blank=True, on_delete=models.PROTECT, related_name="built_into")
    thickness = QuantityField("thickness")

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["cell", "order"], name="layer_order_once", deferrable=models.Deferrable.DEFERRED
            ),
            positive("thickness"),
        ]
        ordering = ["cell", "order"]

    def __str__(self) -> str:
        return f"{self.cell} {self.get_role_display()}"


class LayerComponent(Record):
    """A material in a layer, in the order in which the configuration text names it."""

    project_lookup: ClassVar[str] = "layer__cell__project"

    layer = models.ForeignKey(CellLayer, on_delete=models.CASCADE, related_name="components")
    order = models.PositiveSmallIntegerField()
    material = models.ForeignKey(Material, on_delete=models.PROTECT, related_name="layer_components")
    morphology = models.ForeignKey(
        Term,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"vocabulary": "morphology"},
    )

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["layer", "order"], name="component_order_once", deferrable=models.Deferrable.DEFERRED
            ),
            models.UniqueConstraint(fields=["layer", "material"], name="component_once"),
        ]
        ordering = ["layer", "order"]

    def __str__(self) -> str:
        return self.material.name
