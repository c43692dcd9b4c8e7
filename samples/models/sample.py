"""Anything that can be weighed, labelled, processed or measured: powders, mixtures, pellets, cells."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from accounts.access import ScopedQuerySet
from accounts.models import Project
from core.fields import QuantityField
from core.models import Record
from custom.models import Customised, custom_indexes
from samples.models.catalogue import Material, Term


def positive(field: str, *, zero: bool = False) -> models.CheckConstraint:
    """A constraint that a quantity is unknown, or greater than zero (or not negative)."""
    bound = {f"{field}__gte" if zero else f"{field}__gt": 0}
    rule = "is not negative" if zero else "is greater than zero"
    return models.CheckConstraint(
        condition=Q(**{f"{field}__isnull": True}) | Q(**bound),
        name=f"%(class)s_{field}_positive",
        violation_error_message=f"{field.replace('_', ' ').capitalize()} {rule}.",
    )


class Sample(Customised, Record):
    """A physical thing with a label. Where it came from and went is told by processes."""

    withdrawable: ClassVar[bool] = True

    class Kind(models.TextChoices):
        """What it is."""

        POWDER = "powder", "powder"
        MIXTURE = "mixture", "mixture"
        GREEN_BODY = "green_body", "green body"
        SINTERED_BODY = "sintered_body", "sintered body"
        COMPOSITE_CATHODE = "composite_cathode", "composite cathode"
        ELECTROLYTE = "electrolyte", "electrolyte"
        ELECTRODE = "electrode", "electrode"
        FOIL = "foil", "foil"
        LIQUID = "liquid", "liquid"
        CELL = "cell", "cell"
        OTHER = "other", "other"

    class Status(models.TextChoices):
        """Whether it can still be used."""

        PLANNED = "planned", "planned"
        AVAILABLE = "available", "available"
        CONSUMED = "consumed", "used up"
        DISCARDED = "discarded", "discarded"
        LOST = "lost", "lost"

    class Source(models.TextChoices):
        """How the laboratory came by it."""

        PREPARED = "prepared", "made here"
        PURCHASED = "purchased", "bought"
        RECEIVED = "received", "received from a partner"
        LITERATURE = "literature", "described in the literature"

    project_lookup: ClassVar[str] = "project"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="samples")
    code = models.CharField(
        max_length=60,
        validators=[RegexValidator(r"^[^\s/?#]+$", "A code has no spaces, slashes, question marks or number signs.")],
        help_text="The label on the vial; unique in its project.",
    )
    name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, choices=Kind)
    material = models.ForeignKey(
        Material,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="samples",
        help_text="Of a pure substance.",
    )
    morphology = models.ForeignKey(
        Term,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"vocabulary": "morphology"},
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.AVAILABLE)
    source = models.CharField(max_length=12, choices=Source, default=Source.PREPARED)
    amount = QuantityField("mass", help_text="Mass when it was made or received.")
    location = models.CharField(max_length=100, blank=True)
    supplier = models.CharField(max_length=100, blank=True)
    lot = models.CharField("lot number", max_length=100, blank=True)
    certificate = models.CharField(max_length=200, blank=True, help_text="Certificate of analysis: number or address.")
    particle_size_d50 = QuantityField("particle_diameter_d50", verbose_name="particle size D50")
    opened_on = models.DateField(null=True, blank=True)
    air_exposure = models.CharField(max_length=200, blank=True, help_text="How long, in which air.")
    diameter = QuantityField("diameter")
    thickness = QuantityField("thickness")
    relative_density = QuantityField("relative_density")
    density_method = models.CharField(max_length=100, blank=True, help_text="Geometric, Archimedes in ...")
    mass_before_firing = QuantityField("mass")
    mass_after_firing = QuantityField("mass")
    balance_resolution = QuantityField("active_mass_uncertainty", help_text="Smallest step of the balance.")
    note = models.TextField(blank=True)
    simulated = models.BooleanField(
        default=False,
        help_text="Not a real sample: made by a model. Inherited by everything that comes from it.",
    )

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                "project",
                Lower("code"),
                name="sample_code_once_in_project",
                violation_error_message=(
                    "A sample with this code exists already in the project, perhaps in another case."
                ),
            ),
            positive("amount", zero=True),
            positive("particle_size_d50"),
            positive("diameter"),
            positive("thickness"),
            positive("relative_density"),
            positive("mass_before_firing"),
            positive("mass_after_firing"),
        ]
        indexes = [
            models.Index(fields=["project", "-created_at"]),
            models.Index(fields=["-created_at"], name="sample_newest_first"),
            *custom_indexes("sample"),
        ]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.code

    def get_absolute_url(self) -> str:
        """Its page; cells have one of their own kind."""
        page = "cell" if self.kind == Sample.Kind.CELL else "sample"
        return reverse(page, args=[self.project.slug, self.code])
