"""What was measured on which sample, under which conditions; a cell test adds rate and window."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.access import ScopedQuerySet
from core.fields import QuantityField, refusal
from core.models import AUDITED, Record
from core.quantities import QuantityError
from core.rates import Rate, parse_rate
from custom.models import Customised, custom_indexes
from samples.models import Instrument, Protocol, Publication, Sample
from samples.models.sample import positive


class Technique(models.TextChoices):
    """What kind of measurement it is; decides which kernels run."""

    CYCLING = "cycling", "galvanostatic cycling"
    EIS = "eis", "impedance spectroscopy"
    CV = "cv", "cyclic voltammetry"
    XRD = "xrd", "X-ray diffraction"
    HTXRD = "htxrd", "X-ray diffraction over temperature"
    HRTEM = "hrtem", "high-resolution TEM"
    SAED = "saed", "selected area electron diffraction"
    SEM = "sem", "scanning electron microscopy"
    EDS = "eds", "element mapping"
    OCV = "ocv", "open circuit voltage"
    CA = "ca", "chronoamperometry"
    CP = "cp", "chronopotentiometry"
    LSV = "lsv", "linear sweep voltammetry"
    MIXED = "mixed", "several techniques in one file"


class Measurement(Customised, Record):
    """One measurement of one sample. Its technique may stay open until the file tells."""

    withdrawable: ClassVar[bool] = True
    project_lookup: ClassVar[str] = "sample__project"

    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="measurements")
    technique = models.CharField(max_length=10, choices=Technique, blank=True)
    instrument = models.ForeignKey(
        Instrument, null=True, blank=True, on_delete=models.PROTECT, related_name="measurements"
    )
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="measurements"
    )
    measured_at = models.DateTimeField(null=True, blank=True)
    temperature = QuantityField("temperature", words=("RT",), help_text="Such as 80 degC, or RT.")
    publication = models.ForeignKey(
        Publication,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="measurements",
        help_text="Of reported conditions.",
    )
    locator = models.CharField(max_length=100, blank=True, help_text="Where in the publication: Table S1, row 2.")
    simulated = models.BooleanField(default=False, help_text="The file was made by a model, not by an instrument.")
    note = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(temperature__isnull=True) | Q(temperature__gte=-273.15),
                name="measurement_above_absolute_zero",
                violation_error_message="A temperature is above absolute zero (-273.15 °C).",
            ),
        ]
        indexes = [
            models.Index(fields=["sample", "-created_at"]),
            models.Index(fields=["-created_at"], name="measurement_newest_first"),
            *custom_indexes("measurement"),
        ]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.get_technique_display() or 'measurement'} of {self.sample}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("measurement", args=[self.pk])


def validate_rate(text: str) -> None:
    """Refuses a text that is not a rate, saying what one looks like."""
    try:
        parse_rate(text)
    except QuantityError as error:
        raise refusal(str(error)) from error


class CellTest(Measurement):
    """A measurement of a cell: rate as entered, voltage window, ordered steps."""

    rate = models.CharField(
        max_length=100,
        blank=True,
        validators=[validate_rate],
        help_text="0.05 C (1C = 180 mA/g), 5 µA/cm², 9 mA/g or 0.1 mA.",
    )
    lower_voltage = QuantityField("voltage", verbose_name="lower cut-off voltage")
    upper_voltage = QuantityField("voltage", verbose_name="upper cut-off voltage")
    window_text = models.CharField("voltage window", max_length=60, blank=True, help_text="As reported: 2.8-4.3 V.")
    protocol = models.ForeignKey(Protocol, null=True, blank=True, on_delete=models.PROTECT, related_name="cell_tests")
    cycle_offset = models.PositiveIntegerField(default=0, help_text="Cycles the cell had done before this test.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lower_voltage__isnull=True)
                | Q(upper_voltage__isnull=True)
                | Q(lower_voltage__lt=F("upper_voltage")),
                name="celltest_window_ordered",
                violation_error_message="The lower cut-off voltage is below the upper one.",
            ),
        ]
        triggers = [AUDITED]

    @property
    def parsed_rate(self) -> Rate | None:
        """The rate with its kind and 1C convention; None where nothing was entered."""
        return parse_rate(self.rate) if self.rate else None


class TestStep(Record):
    """One step of a cell test's program."""

    __test__ = False  # not a test class, whatever its name suggests to a test runner

    class Kind(models.TextChoices):
        """What happens in the step."""

        REST = "rest", "rest"
        FORMATION = "formation", "formation"
        CYCLING = "cycling", "cycling"
        EIS = "eis", "impedance"

    project_lookup: ClassVar[str] = "test__sample__project"

    test = models.ForeignKey(CellTest, on_delete=models.CASCADE, related_name="steps")
    order = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    rate = models.CharField(max_length=100, blank=True, validators=[validate_rate])
    cycles = models.PositiveIntegerField(null=True, blank=True)
    duration = QuantityField("duration")
    at_cycle = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of an impedance measurement: at which cycle."
    )
    state_of_charge = models.CharField(max_length=50, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["test", "order"], name="test_step_once", deferrable=models.Deferrable.DEFERRED
            ),
            positive("duration"),
        ]
        ordering = ["test", "order"]

    def __str__(self) -> str:
        return self.get_kind_display()
