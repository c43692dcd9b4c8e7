"""Tags, and the fields that projects define, in queries: by `tag`, and by the key of the field.

A field that has the name of one of the platform's own is asked for as `field.KEY`. Numbers of one key may have other
units in other projects; those of another unit are another field and never compared by mistake.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from custom.models import ProjectField
from custom.values import unit_of
from measurements.models import Measurement
from samples.models import Process, Sample
from search.feeds import Fact, Feed, Watch
from search.language import Field, Kind, Level

_LEVELS: Final = {
    ProjectField.On.SAMPLE: Level.SAMPLE,
    ProjectField.On.CELL: Level.SAMPLE,
    ProjectField.On.PROCESS: Level.PROCESS,
    ProjectField.On.MEASUREMENT: Level.MEASUREMENT,
}
_KINDS: Final = {
    ProjectField.Kind.NUMBER: Kind.NUMBER,
    ProjectField.Kind.TEXT: Kind.TEXT,
    ProjectField.Kind.CHOICE: Kind.CHOICE,
    ProjectField.Kind.DATE: Kind.DATE,
    ProjectField.Kind.YES_NO: Kind.FLAG,
    ProjectField.Kind.LINK: Kind.TEXT,
}
_KEY: Final = "'field.' || e.key || ' ' || CASE d.kind WHEN 'number' THEN e.value ->> 'unit' ELSE d.kind END"
_NUMBER: Final = (
    "CASE d.kind WHEN 'number' THEN (e.value ->> 'value')::double precision"
    " WHEN 'date' THEN extract(epoch FROM ((e.value #>> '{}')::timestamp AT TIME ZONE 'UTC')) END"
)
_TEXT: Final = (
    "CASE WHEN d.kind IN ('number', 'date') THEN NULL"
    " WHEN d.kind = 'yes_no' THEN CASE WHEN e.value = 'true'::jsonb THEN 'yes' ELSE 'no' END"
    " ELSE left(e.value #>> '{}', 2000) END"
)


def feeds() -> Sequence[Feed]:
    """Values of tags and project fields."""
    of_sample = "CASE WHEN r.kind = 'cell' THEN 'cell' ELSE 'sample' END"
    places: tuple[tuple[str, Any, Level, str, str, str, dict[str, str]], ...] = (
        ("sample", Sample, Level.SAMPLE, "", "r.project_id", of_sample, {"sample": "r.id"}),
        ("process", Process, Level.PROCESS, "", "r.project_id", "'process'", {}),
        (
            "measurement",
            Measurement,
            Level.MEASUREMENT,
            " JOIN samples_sample s ON s.id = r.sample_id",
            "s.project_id",
            "'measurement'",
            {"sample": "r.sample_id", "measurement": "r.id"},
        ),
    )
    found = []
    for name, model, level, joined, project, on, about in places:
        table = model._meta.db_table
        common: dict[str, Any] = {
            "owner": "r.id",
            "level": level,
            "record": "r.id",
            "watches": (Watch(table, "SELECT changed.id FROM {changed} changed"),),
            **about,
        }
        defined = (
            f"{table} r{joined} CROSS JOIN LATERAL jsonb_each(r.fields) AS e(key, value)"
            f' JOIN custom_projectfield d ON d.project_id = {project} AND d.key = e.key AND d."on" = {on}'
        )
        fact = Fact(_KEY, number=_NUMBER, text=_TEXT, computed=True)
        found.append(Feed(name=f"{name}_project_fields", source=defined, facts=(fact,), **common))
        tagged = f"{table} r CROSS JOIN LATERAL unnest(r.tags) AS e(tag)"
        found.append(Feed(name=f"{name}_tags", source=tagged, facts=(Fact("tag", text="e.tag"),), **common))
    return found


def fields() -> Sequence[Field]:
    """What can be asked of everybody's records."""
    levels = frozenset(_LEVELS.values())
    return [Field("tag", Kind.TEXT, levels, label="Tag", searchable=True)]


def fields_for(user: Any) -> Sequence[Field]:
    """The fields of the projects that a person may see; each key once, with the unit of the first."""
    if user is None:
        return []
    from search.targets import common_catalogue

    known = common_catalogue()
    merged: dict[str, Field] = {}
    for defined in ProjectField.objects.visible_to(user).order_by("key", "created_at"):
        kind = _KINDS[ProjectField.Kind(defined.kind)]
        unit = unit_of(defined)
        name = defined.key if known.named(defined.key) is None else f"field.{defined.key}"
        stored = f"field.{defined.key} {unit if kind == Kind.NUMBER else defined.kind}"
        level = frozenset({_LEVELS[ProjectField.On(defined.on)]})
        before = merged.get(name)
        if before is not None and before.stored != (stored,):
            continue
        merged[name] = Field(
            name,
            kind,
            level | (before.levels if before else frozenset()),
            label=defined.label,
            unit=(unit or "1") if kind == Kind.NUMBER else "",
            choices={word: word for word in defined.choices} | dict(before.choices if before else {}),
            searchable=kind == Kind.TEXT,
            aliases=() if name.startswith("field.") else (f"field.{defined.key}",),
            stored=(stored,),
        )
    return list(merged.values())
