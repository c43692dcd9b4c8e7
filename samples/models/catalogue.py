"""What the whole laboratory shares: materials, publications, instruments and the words it uses."""

from __future__ import annotations

import zoneinfo
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from accounts.access import LabWideQuerySet
from core.fields import QuantityField, refusal
from core.models import Record
from samples.composition import FormulaError, parse_formula


def validate_formula(text: str) -> None:
    """Refuses a text that is not a chemical formula, with the position of the fault."""
    try:
        parse_formula(text)
    except FormulaError as error:
        raise refusal(str(error)) from error


def validate_time_zone(name: str) -> None:
    """Refuses a name that is not in the time zone database."""
    if name not in zoneinfo.available_timezones():
        raise refusal(f"{name!r} is not a time zone; names look like Europe/Berlin, Asia/Shanghai or UTC.")


class Term(Record):
    """A word of a controlled vocabulary (morphologies, atmospheres, ...)."""

    withdrawable: ClassVar[bool] = True

    class Vocabulary(models.TextChoices):
        """What the word is about."""

        MORPHOLOGY = "morphology", "morphology"
        ATMOSPHERE = "atmosphere", "atmosphere"
        LOCATION = "location", "storage location"

    vocabulary = models.CharField(max_length=20, choices=Vocabulary)
    label = models.CharField(max_length=100)
    description = models.TextField(blank=True)

    objects = LabWideQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                "vocabulary",
                Lower("label"),
                name="term_once",
                violation_error_message="The vocabulary has this word already, perhaps in another case.",
            )
        ]
        ordering = ["vocabulary", "label"]

    def __str__(self) -> str:
        return self.label


class Material(Record):
    """A substance under the name people use for it (`NCM622`)."""

    withdrawable: ClassVar[bool] = True

    name = models.CharField(
        max_length=50,
        validators=[RegexValidator(r"^[^/+\s]+$", "A material's name has no spaces, slashes or plus signs.")],
        help_text="Short name as in a configuration text, such as LLZTO.",
    )
    formula = models.CharField(max_length=200, blank=True, validators=[validate_formula])
    family = models.CharField(
        max_length=100, blank=True, help_text="Such as layered oxide cathode, garnet electrolyte."
    )
    theoretical_capacity = QuantityField(
        "theoretical_capacity",
        help_text="Per mass of the pure material, all of its lithium; basis of utilisation.",
    )
    density = QuantityField("density")
    cas = models.CharField("CAS number", max_length=12, blank=True, validators=[RegexValidator(r"^\d{2,7}-\d{2}-\d$")])
    note = models.TextField(blank=True)

    objects = LabWideQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="material_name_once",
                violation_error_message="A material of this name exists already, perhaps in another case.",
            ),
            models.CheckConstraint(
                condition=Q(theoretical_capacity__isnull=True) | Q(theoretical_capacity__gt=0),
                name="material_capacity_positive",
                violation_error_message="A theoretical capacity is greater than zero.",
            ),
            models.CheckConstraint(
                condition=Q(density__isnull=True) | Q(density__gt=0),
                name="material_density_positive",
                violation_error_message="A density is greater than zero.",
            ),
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("material", args=[self.name])


class Publication(Record):
    """A paper that reported values come from."""

    withdrawable: ClassVar[bool] = True

    label = models.CharField(max_length=50, unique=True, help_text="How tables refer to it, such as [45].")
    title = models.CharField(max_length=500, blank=True)
    authors = models.TextField(blank=True)
    journal = models.CharField(max_length=200, blank=True)
    year = models.PositiveSmallIntegerField(null=True, blank=True)
    doi = models.CharField(
        "DOI",
        max_length=200,
        blank=True,
        validators=[RegexValidator(r"^10\.\d{4,9}/\S+$", "A DOI begins with 10. and has a slash.")],
    )
    note = models.TextField(blank=True)

    objects = LabWideQuerySet.as_manager()

    class Meta(Record.Meta):
        ordering = ["label"]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("publication", args=[self.pk])


class Instrument(Record):
    """A device, with what its files do not say: the zone of its clock above all."""

    withdrawable: ClassVar[bool] = True

    class Kind(models.TextChoices):
        """What it does."""

        CYCLER = "cycler", "battery cycler"
        POTENTIOSTAT = "potentiostat", "potentiostat / impedance analyser"
        FURNACE = "furnace", "furnace"
        DIFFRACTOMETER = "diffractometer", "X-ray diffractometer"
        SEM = "sem", "scanning electron microscope"
        TEM = "tem", "transmission electron microscope"
        MILL = "mill", "mill"
        PRESS = "press", "press"
        BALANCE = "balance", "balance"
        GLOVEBOX = "glovebox", "glovebox"
        OTHER = "other", "other"

    name = models.CharField(max_length=100)
    kind = models.CharField(max_length=20, choices=Kind)
    manufacturer = models.CharField(max_length=100, blank=True)
    model = models.CharField(max_length=100, blank=True)
    serial = models.CharField("serial number", max_length=100, blank=True)
    channel = models.CharField(max_length=50, blank=True, help_text="Default channel, where it has several.")
    time_zone = models.CharField(
        max_length=50,
        default="UTC",
        validators=[validate_time_zone],
        help_text="Zone of its clock; files state none.",
    )
    calibration = models.TextField(blank=True, help_text="Last calibration: when, by whom, result.")
    location = models.CharField(max_length=100, blank=True)
    note = models.TextField(blank=True)

    objects = LabWideQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                name="instrument_name_once",
                violation_error_message="An instrument of this name exists already, perhaps in another case.",
            )
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
