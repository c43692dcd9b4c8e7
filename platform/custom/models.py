"""Fields that a project defines for its records, and the base of the records that have them and can be tagged.

Values live in the record's own row, so they count as its versions, stand in its history and come back with it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from accounts.access import ScopedQuerySet, project_of
from accounts.models import Project
from core.fields import refusal
from core.models import Record
from core.quantities import QUANTITIES, QuantityError, parse
from core.remembering import remember
from custom.values import ValueRefused, normalised

_TAG_LENGTH = 50
MOST_TAGS = 30


class ProjectField(Record):
    """A field that a project keeps of its samples, cells, processes or measurements."""

    project_lookup: ClassVar[str] = "project"

    class On(models.TextChoices):
        """Which records have it."""

        SAMPLE = "sample", "samples"
        CELL = "cell", "cells"
        PROCESS = "process", "processes"
        MEASUREMENT = "measurement", "measurements"

    class Kind(models.TextChoices):
        """What its values are."""

        NUMBER = "number", "number"
        TEXT = "text", "text"
        CHOICE = "choice", "choice"
        DATE = "date", "date"
        YES_NO = "yes_no", "yes or no"
        LINK = "link", "link"

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="fields")
    on = models.CharField("of", max_length=12, choices=On)
    key = models.CharField(
        max_length=40,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*$", "A key is lower-case letters, digits and underscores.")],
        help_text="Its name in filters, exports and scripts, such as humidity.",
    )
    label = models.CharField(max_length=80, help_text="What people read, such as Humidity.")
    kind = models.CharField(max_length=8, choices=Kind)
    quantity = models.CharField(
        max_length=60, blank=True, help_text="Of a number: a known quantity, whose unit and range it takes."
    )
    unit = models.CharField(max_length=30, blank=True, help_text="Of a number that is no known quantity, such as ppm.")
    choices = ArrayField(
        models.CharField(max_length=80), default=list, blank=True, help_text="Of a choice: what can be chosen."
    )
    description = models.CharField(max_length=300, blank=True, help_text="Shown below the box it is entered in.")
    required = models.BooleanField(
        default=False, help_text="Forms ask for it; a record without it is listed as incomplete."
    )
    order = models.PositiveSmallIntegerField(default=0)
    retired = models.BooleanField(default=False, help_text="Not asked for any more; values that are there stay.")

    objects = ScopedQuerySet.as_manager()

    class Meta(Record.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "on", "key"],
                name="project_field_once",
                violation_error_message="The project has a field of this key already.",
            ),
        ]
        ordering: ClassVar = ["project", "on", "order", "label"]
        verbose_name = "project field"

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        """Units and choices fit what its values are."""
        super().clean()
        faults: dict[str, Any] = {}
        if self.kind != self.Kind.NUMBER and (self.quantity or self.unit):
            faults["unit"] = "Only numbers have a quantity or a unit."
        if self.quantity and self.quantity not in QUANTITIES:
            faults["quantity"] = f"{self.quantity!r} is not a known quantity."
        if self.quantity and self.unit:
            faults["unit"] = "A known quantity has its own unit; leave this empty."
        if self.unit and not self.quantity:
            faults |= _fault_of_unit(self.unit)
        if self.kind == self.Kind.CHOICE and len(self.choices) < 2:
            faults["choices"] = "A choice needs at least two words to choose from."
        if self.kind != self.Kind.CHOICE and self.choices:
            faults["choices"] = "Only a choice has words to choose from."
        if faults:
            raise ValidationError(faults)


def _fault_of_unit(unit: str) -> dict[str, Any]:
    try:
        parse(f"1 {unit}", unit, what="unit")
    except QuantityError as error:
        return {"unit": refusal(str(error))}
    return {}


class Customised(models.Model):
    """A record with tags and with the fields that its project defines."""

    tags = ArrayField(models.CharField(max_length=_TAG_LENGTH), default=list, blank=True, editable=False)
    fields = models.JSONField(default=dict, blank=True, editable=False, verbose_name="fields of the project")

    asks_fields: bool = True
    """Whether somebody records it who can be asked for what its project requires. What comes into being with another
    record (the measurement of an uploaded file, the product of a process) sets this to False before it is stored, and
    is listed as incomplete."""

    class Meta:
        abstract = True

    @property
    def fields_on(self) -> str:
        """Key of `ProjectField.On` whose fields it has."""
        if getattr(self, "kind", "") == "cell":
            return str(ProjectField.On.CELL)
        return str(self._meta.model_name).replace("celltest", "measurement")

    def clean(self) -> None:
        """Tags are plain words; values are of fields that the project has, and fit them."""
        super().clean()
        self.tags = plain_tags(self.tags)
        if self.tags:
            self._take_known_spellings()
        if self.fields:
            self.fields = self._checked()
        self._require_fields()

    def _require_fields(self) -> None:
        """A new record has what its project requires, and no change takes that away."""
        adding = self._state.adding
        if adding and not self.asks_fields:
            return
        fields = ProjectField.objects.filter(project=project_of(self), on=self.fields_on, required=True, retired=False)
        required = remember(ProjectField, ("required", project_of(self).pk, self.fields_on), lambda: list(fields))
        missing = [field for field in required if field.key not in self.fields]
        if missing and not adding:
            kept = type(self)._base_manager.values_list("fields", flat=True).get(pk=self.pk)
            missing = [field for field in missing if field.key in kept]
        if missing:
            why = f"is required of {missing[0].get_on_display()} in {project_of(self)}"
            what = "give it" if adding else "change it, but do not take it away"
            faults = [refusal(f"{field.label} {why}: {what}, as {field.key}.") for field in missing]
            raise ValidationError({"fields": faults})

    def _take_known_spellings(self) -> None:
        """A tag that the project has in another case is the same tag."""
        from custom.selectors import tags_in

        known = {tag.casefold(): tag for tag in tags_in(project_of(self))}
        self.tags = [known.get(tag.casefold(), tag) for tag in self.tags]

    def _checked(self) -> dict[str, Any]:
        if not isinstance(self.fields, dict):
            raise ValidationError({"fields": "The fields are an object: a value for each key."})
        project = project_of(self)
        known = {field.key: field for field in ProjectField.objects.filter(project=project, on=self.fields_on)}
        kept, faults = {}, []
        for key, value in self.fields.items():
            if key not in known:
                there = ", ".join(known) or "none"
                of = ProjectField.On(self.fields_on).label
                faults.append(f"{project} has no field {str(key)[:40]!r} of its {of}; there are: {there}.")
                continue
            try:
                kept[key] = normalised(known[key], value)
            except ValueRefused as error:
                faults.append(str(error))
        if faults:
            raise ValidationError({"fields": [refusal(fault) for fault in faults]})
        return {key: value for key, value in kept.items() if value is not None}


def plain_tags(tags: Any) -> list[str]:
    """Tags as they are kept: single spaces, each once, sorted.

    Raises:
        ValidationError: One is empty, too long or has a comma, or there are too many.
    """
    if not isinstance(tags, list):
        raise ValidationError({"tags": "Tags are a list of words."})
    found: dict[str, str] = {}
    for tag in tags:
        word = " ".join(str(tag).split())
        if not word or "," in word or len(word) > _TAG_LENGTH:
            raise ValidationError(
                {"tags": refusal(f"{word[:60]!r} is not a tag: 1 to {_TAG_LENGTH} characters without commas.")}
            )
        found.setdefault(word.casefold(), word)
    if len(found) > MOST_TAGS:
        raise ValidationError({"tags": f"At most {MOST_TAGS} tags, found {len(found)}."})
    return sorted(found.values(), key=str.casefold)


def custom_indexes(name: str) -> list[models.Index]:
    """Indexes of a kind of records, so that tags and fields are found among many."""
    return [GinIndex(fields=["tags"], name=f"{name}_tags"), GinIndex(fields=["fields"], name=f"{name}_fields")]
