"""What was done: a process takes samples or materials in and gives samples out. Together they are the lineage graph.

The database keeps the graph acyclic, gives each sample one producer and makes the weight fractions of a mixture add to
one, so that no door and no script can break them.
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.access import ScopedQuerySet
from accounts.models import Project
from core.fields import QuantityField, shown
from core.models import Record
from custom.models import Customised, custom_indexes
from samples.models.catalogue import Instrument, Material, Term
from samples.models.sample import Sample, positive

FRACTION_TOLERANCE = 5e-4

_WOULD_CLOSE_A_CIRCLE = """
    IF EXISTS (
        WITH RECURSIVE upstream(id) AS (
            SELECT unnest(sources)
            UNION
            SELECT input.sample_id
            FROM upstream
            JOIN samples_processoutput output ON output.sample_id = upstream.id
            JOIN samples_processinput input ON input.process_id = output.process_id AND input.sample_id IS NOT NULL
        )
        SELECT 1 FROM upstream WHERE id = ANY (products)
    ) THEN
        RAISE EXCEPTION 'a sample cannot be its own ancestor' USING ERRCODE = 'check_violation',
            CONSTRAINT = 'lineage_is_acyclic';
    END IF;
    RETURN NEW;
"""

# One lock for all writers of the graph, held to commit: without it two crossing transactions commit a cycle.
_LOCK_GRAPH = "PERFORM pg_advisory_xact_lock(726001);"

INPUT_KEEPS_ACYCLIC = pgtrigger.Trigger(
    name="lineage_is_acyclic",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    condition=pgtrigger.Q(new__sample__isnull=False),
    declare=[("sources", "uuid[]"), ("products", "uuid[]")],
    func=f"""
    {_LOCK_GRAPH}
    sources := ARRAY[NEW.sample_id];
    products := ARRAY(SELECT sample_id FROM samples_processoutput WHERE process_id = NEW.process_id);
    {_WOULD_CLOSE_A_CIRCLE}
    """,
)

OUTPUT_KEEPS_ACYCLIC = pgtrigger.Trigger(
    name="lineage_is_acyclic",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    declare=[("sources", "uuid[]"), ("products", "uuid[]")],
    func=f"""
    {_LOCK_GRAPH}
    products := ARRAY[NEW.sample_id];
    sources := ARRAY(
        SELECT sample_id FROM samples_processinput WHERE process_id = NEW.process_id AND sample_id IS NOT NULL
    );
    {_WOULD_CLOSE_A_CIRCLE}
    """,
)

FRACTIONS_ADD_TO_ONE = pgtrigger.Trigger(
    name="fractions_add_to_one",
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    timing=pgtrigger.Deferred,
    declare=[("which", "uuid"), ("total", "double precision"), ("given", "int"), ("components", "int")],
    func=f"""
    which := CASE WHEN TG_OP = 'DELETE' THEN OLD.process_id ELSE NEW.process_id END;
    SELECT sum(weight_fraction), count(weight_fraction), count(*) INTO total, given, components
    FROM samples_processinput WHERE process_id = which AND role = 'component';
    IF given > 0 AND (given <> components OR abs(total - 1) > {FRACTION_TOLERANCE}) THEN
        RAISE EXCEPTION 'weight fractions of % of % components add to %, not 1', given, components, total
            USING ERRCODE = 'check_violation', CONSTRAINT = 'fractions_add_to_one';
    END IF;
    RETURN NULL;
    """,
)


class Protocol(Record):
    """The plan of a process. A new revision is a new row: what was done keeps the plan it followed."""

    withdrawable: ClassVar[bool] = True
    project_lookup: ClassVar[str] = "project"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="protocols")
    name = models.CharField(max_length=200)
    revision = models.PositiveSmallIntegerField(default=1)
    kind = models.CharField(max_length=20, blank=True)
    instructions = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [models.UniqueConstraint(fields=["project", "name", "revision"], name="protocol_revision_once")]
        ordering = ["name", "-revision"]

    def __str__(self) -> str:
        return f"{self.name} (revision {self.revision})"


class Process(Customised, Record):
    """Something that was done at a time by a person: mixing, co-sintering, cell assembly."""

    withdrawable: ClassVar[bool] = True

    class Kind(models.TextChoices):
        """What was done."""

        WEIGHING = "weighing", "weighing"
        MIXING = "mixing", "mixing"
        MILLING = "milling", "milling"
        PRESSING = "pressing", "pressing"
        CASTING = "casting", "casting"
        DRYING = "drying", "drying"
        CALCINATION = "calcination", "calcination"
        SINTERING = "sintering", "sintering"
        CO_SINTERING = "co-sintering", "co-sintering"
        COATING = "coating", "coating"
        INFILTRATION = "infiltration", "infiltration"
        CELL_ASSEMBLY = "cell_assembly", "cell assembly"
        SPLITTING = "splitting", "splitting"
        DISASSEMBLY = "disassembly", "disassembly"
        OTHER = "other", "other"

    project_lookup: ClassVar[str] = "project"

    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="processes")
    kind = models.CharField(max_length=20, choices=Kind)
    name = models.CharField(max_length=200, blank=True)
    protocol = models.ForeignKey(Protocol, null=True, blank=True, on_delete=models.PROTECT, related_name="processes")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    operator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="processes"
    )
    instrument = models.ForeignKey(
        Instrument, null=True, blank=True, on_delete=models.PROTECT, related_name="processes"
    )
    ratio_text = models.CharField(
        "weight ratio",
        max_length=100,
        blank=True,
        help_text="Of the components in their order, as in 43:35:22.",
    )
    pressure = QuantityField("pressure", help_text="Of a pressing step.")
    duration = QuantityField("duration")
    rotation_speed = models.PositiveIntegerField("rotation speed (1/min)", null=True, blank=True)
    crucible = models.CharField(max_length=100, blank=True)
    mother_powder = models.CharField(max_length=100, blank=True)
    gas_flow = QuantityField("gas_flow")
    cooling = models.CharField(
        max_length=100, blank=True, help_text="Furnace cooling, quenched in air, 2 K/min to 200 degC ..."
    )
    glovebox_water = models.FloatField("glovebox H2O (ppm)", null=True, blank=True)
    glovebox_oxygen = models.FloatField("glovebox O2 (ppm)", null=True, blank=True)
    cycle_number = models.PositiveIntegerField(null=True, blank=True, help_text="Of a disassembly: after which cycle.")
    state_of_charge = models.CharField(max_length=50, blank=True, help_text="Of a disassembly.")
    transfer_atmosphere = models.CharField(max_length=100, blank=True, help_text="Of a disassembly.")
    note = models.TextField(blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(started_at__isnull=True) | Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="process_ends_after_start",
                violation_error_message="A process ends after it has started.",
            ),
            positive("pressure", zero=True),
            positive("duration", zero=True),
        ]
        indexes = custom_indexes("process")
        ordering = ["-created_at"]
        verbose_name_plural = "processes"

    def __str__(self) -> str:
        return self.name or self.get_kind_display()

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("process", args=[self.pk])

    def resting(self) -> list[models.Model]:
        """Products that were measured or used further: without it nobody would know what they are made of."""
        used = Q(measurements__isnull=False) | Q(usages__isnull=False)
        return list(Sample.objects.filter(used, production__process=self).distinct())


class ProcessInput(Record):
    """A sample or a bare material that went into a process."""

    class Role(models.TextChoices):
        """What it was there for."""

        COMPONENT = "component", "component"
        ADDITIVE = "additive", "additive"
        SOLVENT = "solvent", "solvent"
        MEDIUM = "medium", "milling medium"
        SUBSTRATE = "substrate", "substrate"
        CATHODE = "cathode", "cathode"
        INTERLAYER = "interlayer", "interlayer"
        ELECTROLYTE = "electrolyte", "electrolyte"
        ANODE = "anode", "anode"
        PRECURSOR = "precursor", "what is worked on"

    project_lookup: ClassVar[str] = "process__project"

    process = models.ForeignKey(Process, on_delete=models.CASCADE, related_name="inputs")
    order = models.PositiveSmallIntegerField(default=0)
    role = models.CharField(max_length=12, choices=Role, default=Role.COMPONENT)
    sample = models.ForeignKey(Sample, null=True, blank=True, on_delete=models.PROTECT, related_name="usages")
    material = models.ForeignKey(Material, null=True, blank=True, on_delete=models.PROTECT, related_name="usages")
    planned_mass = QuantityField("mass")
    actual_mass = QuantityField("mass")
    weight_fraction = models.FloatField(null=True, blank=True, help_text="Of the components together, 0 to 1.")

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.CheckConstraint(
                condition=Q(sample__isnull=False, material__isnull=True)
                | Q(sample__isnull=True, material__isnull=False),
                name="input_is_sample_or_material",
                violation_error_message="An input is either a sample or a bare material, not both and not neither.",
            ),
            models.CheckConstraint(
                condition=Q(weight_fraction__isnull=True) | Q(weight_fraction__gt=0, weight_fraction__lte=1),
                name="input_fraction_0_1",
                violation_error_message="A weight fraction lies between 0 and 1.",
            ),
            models.UniqueConstraint(fields=["process", "sample", "role"], name="input_sample_once"),
            positive("planned_mass"),
            positive("actual_mass"),
        ]
        ordering = ["process", "order"]
        triggers = [*Record.Meta.triggers, INPUT_KEEPS_ACYCLIC, FRACTIONS_ADD_TO_ONE]

    def __str__(self) -> str:
        return str(self.sample or self.material)


class ProcessOutput(Record):
    """A sample that a process gave; each sample has one producer."""

    project_lookup: ClassVar[str] = "process__project"

    process = models.ForeignKey(Process, on_delete=models.CASCADE, related_name="outputs")
    order = models.PositiveSmallIntegerField(default=0)
    role = models.CharField(max_length=50, blank=True, help_text="Such as product, aliquot, post-mortem cathode.")
    sample = models.OneToOneField(
        Sample,
        on_delete=models.PROTECT,
        related_name="production",
        error_messages={"unique": "This sample has been made by another process already."},
    )
    mass = QuantityField("mass")

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [positive("mass")]
        ordering = ["process", "order"]
        triggers = [*Record.Meta.triggers, OUTPUT_KEEPS_ACYCLIC]

    def __str__(self) -> str:
        return str(self.sample)


class ThermalStep(Record):
    """One step of a thermal program, planned beside what the furnace did."""

    project_lookup: ClassVar[str] = "process__project"

    process = models.ForeignKey(Process, on_delete=models.CASCADE, related_name="thermal_steps")
    order = models.PositiveSmallIntegerField(default=0)
    ramp_rate = QuantityField("ramp_rate")
    target = QuantityField("temperature", verbose_name="target temperature")
    dwell = QuantityField("dwell_time", verbose_name="dwell time")
    atmosphere = models.ForeignKey(
        Term,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"vocabulary": "atmosphere"},
    )
    pressure = QuantityField("pressure")
    actual_ramp_rate = QuantityField("ramp_rate")
    actual_target = QuantityField("temperature", verbose_name="actual temperature")
    actual_dwell = QuantityField("dwell_time", verbose_name="actual dwell time")

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["process", "order"],
                name="thermal_step_order_once",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.CheckConstraint(
                condition=Q(target__isnull=True) | Q(target__gte=-273.15),
                name="thermal_step_above_absolute_zero",
                violation_error_message="A temperature is above absolute zero (-273.15 °C).",
            ),
            positive("dwell", zero=True),
            positive("actual_dwell", zero=True),
        ]
        ordering = ["process", "order"]

    def __str__(self) -> str:
        return ", ".join(filter(None, (shown(self, "target"), shown(self, "dwell")))) or f"step {self.order}"
