"""The query language: fields that can be asked for, the parser, the tree it makes, and both ways of writing it back.

Pure Python without Django: what a query means is decided here, how the database answers it in `search.compiler`.
"""

from search.language.errors import QueryError
from search.language.fields import Catalogue, Field, Kind, Level, Reference
from search.language.nodes import (
    And,
    Condition,
    DateValue,
    Exists,
    Node,
    Not,
    NumberValue,
    Or,
    Origin,
    Relation,
    TextValue,
    Words,
)
from search.language.parser import parse
from search.language.writing import canonical, reading

__all__ = [
    "And",
    "Catalogue",
    "Condition",
    "DateValue",
    "Exists",
    "Field",
    "Kind",
    "Level",
    "Node",
    "Not",
    "NumberValue",
    "Or",
    "Origin",
    "QueryError",
    "Reference",
    "Relation",
    "TextValue",
    "Words",
    "canonical",
    "parse",
    "reading",
]
