"""Writes docs/reference/query.md: `python manage.py search_index --reference`. A test holds the page to the code.

The grammar, the relations, the origins and the table of fields come from where the parser has them.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.units import display_unit
from search.language import Field, Kind, Level
from search.language.nodes import ORIGINS
from search.language.parser import DEEPEST, GRAMMAR, LONGEST, MOST_TERMS
from search.language.values import EXPANDED
from search.targets import FIELDS, TARGETS

_RULES = f"""\
- `and` binds closer than `or`; parts beside each other without a word between them are joined by `and`. Keywords
  and field names may be written in any case.
- A word or a text in quotation marks without a field is looked for in the searchable texts (marked below), inside
  them and in any case, and in the names of materials, words of vocabularies, instruments and publications.
- A text after a field is the whole value, in any case; `*` in it stands for anything. `field:*` finds records that
  have any value. Two quotation marks inside a quoted text stand for one.
- A number takes any fitting unit; without one it is meant in the canonical unit. Of two bounds, one without a unit
  has that of the other. A unit stands behind the number, with or without a space.
- `=` and `!=` know about uncertainty: a number as typed stands for all that round to it (`2.1 mg` is 2.05 to 2.15
  mg), one with `±` for {EXPANDED:g} times its uncertainty on both sides, and so does a stored number with a
  standard uncertainty. Equal are those whose ranges touch. `<`, `<=`, `>`, `>=` and `between` compare the numbers
  themselves. A temperature noted as `RT` has no number: ask for it with `temperature:RT`.
- Where a record has several values of a field, one that fits is enough; `!=` asks for one that differs, `not field
  = value` for none that is equal.
- A date is a year, month, day or minute in UTC: `measured > 2026-03` begins in April, `measured:2026-03` is within
  March.
- A field is looked for on the record itself or, where the record has no such field, on the nearest one that has: of
  a cell's tests, of a measurement's sample. Quantities are also looked for among the results. A comparison is found
  by the cells that stand in it.
- Of computed results only current ones count: not those of superseded runs, nor those of measurements that were
  withdrawn.
- `ancestor(...)` finds what was made by way of something, at any distance; `descendant(...)` what it was used for.
  The brackets speak of processes if they name a field that only processes have, such as `process:co-sintering`,
  else of samples. A condition behind a dot holds for the same record: `ancestor(process:co-sintering).temperature >
  650 degC`.
- `origin:run`, `origin:simulated`, `origin:publication` and `origin:manual` say where numbers come from. In an
  `and` group an origin holds for every number that the group asks for; alone it finds records with any such number.
  `origin:run` leaves simulated files out: ask for `(origin:run or origin:simulated)` to have both.
- What you may not see neither matches nor counts nor completes, and the walk of `ancestor` does not pass through
  it.
- A query has at most {LONGEST} characters and {MOST_TERMS} terms, nested {DEEPEST} deep.
"""

_ANSWERED = """\
Every value of a record lies in a side table in its canonical unit, with its origin. Triggers of the database write it
in the transaction that writes the record, so that an edit in the admin, a bulk import and a line of SQL are found
alike. `python manage.py search_index` compares the table with the records, as the nightly verification does; `--mend`
makes anew what is out of step, `--rebuild` all of it. An app adds
fields with a feed (`search.feeds.FEEDS`) and their description (`search.targets.FIELDS`); the next `migrate` installs
them.
"""


def markdown() -> str:
    """The page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Query language"
    yield ""
    yield "One text for lists, the search page, saved queries, saved comparisons and `?q=` of the REST interface."
    yield f"What can be searched: {', '.join(TARGETS.names())}. Made by `python manage.py search_index --reference`."
    yield ""
    yield "```"
    yield "material:LLZTO and ancestor(process:co-sintering).temperature between 650 degC and 750 degC"
    yield "  and initial_discharge_capacity > 120 mAh/g and origin:run"
    yield "```"
    yield ""
    yield "## Grammar"
    yield "```"
    yield from GRAMMAR.splitlines()
    yield "```"
    yield ""
    yield "## Meaning"
    yield from _RULES.splitlines()
    yield ""
    yield f"Origins: {', '.join(f'`{name}`' for name in sorted(ORIGINS))}."
    yield ""
    yield "## Fields of records"
    yield "Quantities of results are in [quantities.md](quantities.md), each under its key."
    yield ""
    yield "| field | of | values |"
    yield "|---|---|---|"
    for field in FIELDS.catalogue(None).values():
        levels = sorted(field.levels - {Level.RESULT})
        if levels:
            yield f"| `{field.key}` | {', '.join(levels)} | {_values(field)} |"
    yield ""
    yield "## How it is answered"
    yield from _ANSWERED.splitlines()


def _values(field: Field) -> str:
    match field.kind:
        case Kind.NUMBER:
            unit = display_unit(field.unit)
            words = f", or {', '.join(field.words)}" if field.words else ""
            return f"number in {unit}{words}" if unit else f"number{words}"
        case Kind.CHOICE:
            return ", ".join(f"`{key}`".replace("|", "\\|") for key in field.choices)
        case Kind.REFERENCE if field.reference is not None:
            return f"name ({field.reference.table.split('_')[-1]})"
        case Kind.FLAG:
            return "`yes`, `no`"
    return f"{field.kind}, searchable" if field.searchable else str(field.kind)
