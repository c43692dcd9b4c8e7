"""Reading the values of a query: numbers with units, dates, words and texts in quotation marks, each with its place."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Final

from core.units import QuantityError, convert, fits, parse, unit_of
from search.language.errors import QueryError
from search.language.fields import Field, Kind
from search.language.nodes import DateValue, NumberValue, TextValue, Value

_SPACE = re.compile(r"\s*")
_WORD = re.compile(r'[^\s()"]+')
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')
_PURE_NUMBER = re.compile(r"[+\-−–]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+\-−]?\d+)?")
_DIGITS = re.compile(r"[+\-−–]?\d*(?:[.,](?P<decimals>\d*))?(?:\s*(?:[eE]|[×x*]\s*10\^?)(?P<power>[+\-−]?\d+))?")
_PLUS_MINUS = re.compile(r"\s*(?:±|\+/-|\+-)\s*")
_UNIT_START = re.compile(r"[A-Za-zµμΩÅ°%º]|1/")
_FOLLOWED = re.compile(r"\s*(?::|!=|>=|<=|=|>|<|≥|≤|≠|\()|\s+between\b", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(\d{1,2}):(\d{2}))?)?)?")
_STAR = re.compile(r"\*(?=[\s)]|$)")
EXPANDED: Final = 2.0
"""Coverage factor: values are equal where they agree within twice their standard uncertainties."""
YES_NO: Final = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


class Values:
    """A place in a text, and what can be read from there."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def error(self, message: str, start: int, end: int) -> QueryError:
        """What is wrong from `start` to before `end`."""
        return QueryError(message, start, end)

    def skip(self) -> None:
        """Past white space."""
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def at_end(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.text)

    def sees(self, keyword: str) -> bool:
        """Whether a keyword comes next."""
        return re.compile(rf"{keyword}(?=[\s()]|$)", re.IGNORECASE).match(self.text, self.at) is not None

    def keyword(self, keyword: str) -> bool:
        """Goes past a keyword if it comes next."""
        self.skip()
        if not self.sees(keyword):
            return False
        self.at += len(keyword)
        self.skip()
        return True

    def star(self) -> bool:
        """Goes past a `*` that stands alone."""
        match = _STAR.match(self.text, self.at)
        if match:
            self.at = match.end()
            self.skip()
        return match is not None

    def word(self) -> str:
        """The next characters up to white space, a bracket or a quotation mark."""
        match = _WORD.match(self.text, self.at)
        if match is None:
            raise self.error("a value is missing here.", self.at, self.at + 1)
        self.at = match.end()
        return match[0]

    def quoted(self) -> str:
        """A text in quotation marks, of which two stand for one."""
        start = self.at
        match = _QUOTED.match(self.text, start)
        if match is None:
            raise self.error('this quotation mark is not closed; write " where the text ends.', start, start + 1)
        inner = match[1].replace('""', '"')
        if not inner.strip():
            raise self.error("between these quotation marks is nothing to look for.", start, match.end())
        self.at = match.end()
        self.skip()
        return inner

    def value(self, field: Field) -> Value:
        """A value that fits the field."""
        if self.at_end() or self.text[self.at] in "()":
            raise self.error(f"a value of {field.key} is missing here.", self.at, self.at + 1)
        match field.kind:
            case Kind.NUMBER:
                return self.number(field, "")
            case Kind.DATE:
                return self.date(field)
            case Kind.CHOICE | Kind.FLAG:
                return self.choice(field)
        return self.plain()

    def bounds(self, field: Field) -> tuple[Value, Value]:
        """Two values with `and` between them. A number without a unit has that of the other one."""
        self.skip()
        start = self.at
        lower = self.value(field)
        if not self.keyword("and"):
            raise self.error("between two values stands and, as in between 650 degC and 750 degC.", self.at, 0)
        upper_start = self.at
        upper = self.value(field)
        if isinstance(lower, NumberValue) and isinstance(upper, NumberValue):
            end = self.at
            low_unit, high_unit = unit_of(lower.text), unit_of(upper.text)
            if high_unit and not low_unit:
                lower = self.again(field, start, high_unit)
            elif low_unit and not high_unit:
                upper = self.again(field, upper_start, low_unit)
            self.at = end
            if lower.value > upper.value:
                raise self.error("the smaller of the two values comes first.", start, end)
        elif isinstance(lower, TextValue) or isinstance(upper, TextValue):
            raise self.error("between needs two numbers.", start, self.at)
        return lower, upper

    def again(self, field: Field, start: int, unit: str) -> NumberValue:
        """The number at a place once more, now with a unit."""
        self.at = start
        found = self.number(field, unit)
        if not isinstance(found, NumberValue):
            raise self.error("between needs two numbers.", start, self.at)
        return found

    def plain(self) -> TextValue:
        """A word, in which `*` stands for anything, or a text in quotation marks."""
        if self.text[self.at] == '"':
            return TextValue(self.quoted())
        word = self.word()
        if not word.strip("*"):
            raise self.error("one * alone stands for any value; write letters beside it.", self.at - len(word), self.at)
        return TextValue(word, pattern="*" in word)

    def choice(self, field: Field) -> TextValue:
        """One of the field's values, by key or by what a person reads."""
        start = self.at
        text = self.quoted() if self.text[start] == '"' else self.word()
        wanted = text.casefold()
        if field.kind == Kind.FLAG:
            if wanted in YES_NO:
                return TextValue(YES_NO[wanted])
            raise self.error(f'{field.key} is yes or no, not "{text}".', start, start + len(text))
        for key, label in field.choices.items():
            if wanted in (key.casefold(), label.casefold(), key.casefold().replace("_", "-")):
                return TextValue(key)
        near = get_close_matches(wanted, field.choices, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(field.choices)}."
        raise self.error(f'"{text}" is no {field.label or field.key}; {hint}', start, start + len(text))

    def date(self, field: Field) -> DateValue:
        """A year, month, day or minute, in UTC."""
        start = self.at
        word = self.word()
        match = _DATE.fullmatch(word)
        period = _period(word, [int(part) for part in match.groups() if part]) if match else None
        if period is None:
            raise self.error(
                f'"{word}" is no date for {field.key}; write it as 2026, 2026-03, 2026-03-05 or 2026-03-05T14:30.',
                start,
                self.at,
            )
        return period

    def number(self, field: Field, unit: str) -> Value:
        """A number with its unit, or a word that the field accepts instead."""
        start = self.at
        text = self.quoted() if self.text[start] == '"' else self.number_text()
        if text.casefold() in (word.casefold() for word in field.words):
            return TextValue(text)
        end = self.at
        full = f"{text} {unit}" if unit else text
        try:
            found = parse(full, field.unit or "1", what=field.label or field.key)
        except QuantityError as error:
            raise self.error(f"{error}.", start, end) from error
        if found.uncertainty is None:
            spread = _half_digit(full, field.unit or "1", found.value)
        else:
            spread = EXPANDED * found.uncertainty
        return NumberValue(full, found.value, found.value - spread, found.value + spread)

    def number_text(self) -> str:
        """The characters of a number, its uncertainty and its unit."""
        start = self.at
        self.word()
        if apart := _PLUS_MINUS.match(self.text, self.at):
            self.at = apart.end()
            if not self.at_end() and _WORD.match(self.text, self.at):
                self.word()
        written = self.text[start : self.at]
        ends_in_number = _PURE_NUMBER.fullmatch(_PLUS_MINUS.split(written)[-1])
        unit = _WORD.match(self.text, _SPACE.match(self.text, self.at).end())  # type: ignore[union-attr]
        if ends_in_number and unit and self.is_unit(unit):
            self.at = unit.end()
        return re.sub(r"\s+", " ", self.text[start : self.at])

    def is_unit(self, word: re.Match[str]) -> bool:
        """Whether a word behind a number is its unit, and not the next part of the query."""
        if word[0].casefold() in ("and", "or", "not") or not _UNIT_START.match(word[0]):
            return False
        return _FOLLOWED.match(self.text, word.end()) is None and re.search(r"[:=<>]", word[0]) is None


def _half_digit(text: str, unit: str, value: float) -> float:
    """Half a unit of the last digit that was written, in the canonical unit."""
    match = _DIGITS.match(text.strip().lstrip("("))
    decimals = len(match["decimals"] or "") if match else 0
    power = int((match["power"] or "0").replace("−", "-")) if match else 0
    half = 0.5 * 10.0 ** max(min(power - decimals, 300), -300)
    given = unit_of(text)
    if not given:
        return half
    return abs(convert(half, given, unit) - convert(0.0, given, unit)) if fits(given, unit) else abs(value) * 1e-9


def _period(text: str, parts: list[int]) -> DateValue | None:
    """From the beginning of a year, month, day or minute to that of the next; None where there is none such."""
    try:
        start = datetime(*[*parts, 1, 1][: max(3, len(parts))], tzinfo=UTC)  # type: ignore[misc, arg-type]
        match len(parts):
            case 1:
                end = start.replace(year=start.year + 1)
            case 2:
                end = start.replace(year=start.year + start.month // 12, month=start.month % 12 + 1)
            case 3:
                end = start + timedelta(days=1)
            case _:
                end = start + timedelta(minutes=1)
    except (ValueError, OverflowError):
        return None
    return DateValue(text, start.timestamp(), end.timestamp())
