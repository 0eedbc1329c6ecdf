"""What the language service answers with. Positions are offsets into the text, in characters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from keywitness.model.schema import KqlType


class TokenKind(StrEnum):
    """What a stretch of text is, for colouring."""

    COMMENT = "comment"
    STRING = "string"
    NUMBER = "number"
    #: A constant of a type of its own: `7d`, `datetime(...)`, `guid(...)`, `true`.
    LITERAL = "literal"
    #: A tabular operator: `where`, `project-away`.
    OPERATOR = "operator"
    #: A word of the grammar: `by`, `and`, `let`.
    KEYWORD = "keyword"
    TYPE = "type"
    FUNCTION = "function"
    NAME = "name"
    PUNCTUATION = "punctuation"


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of text of one kind: `[start, end)`."""

    kind: TokenKind
    start: int
    end: int


class ItemKind(StrEnum):
    """What a completion stands for."""

    TABLE = "table"
    COLUMN = "column"
    VARIABLE = "variable"
    FUNCTION = "function"
    AGGREGATE = "aggregate"
    PLUGIN = "plugin"
    OPERATOR = "operator"
    KEYWORD = "keyword"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that may be written.

    Args:
        label: What a list shows.
        kind: What it is.
        insert: What is written in its place.
        detail: Its type or signature.
        doc: What it is for, in one line; empty where there is nothing to say.
    """

    label: str
    kind: ItemKind
    insert: str
    detail: str = ""
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Completions:
    """What may stand at a position.

    Args:
        start: Where the word begins that an item replaces.
        end: Where it ends.
        items: The likeliest first.
    """

    start: int
    end: int
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Hover:
    """What is known of the word at a position.

    Args:
        start: Where the word begins.
        end: Where it ends.
        kind: What it is.
        title: The name with its type or signature; a signature per line.
        doc: What it is for or where it comes from; empty where there is nothing to say.
    """

    start: int
    end: int
    kind: ItemKind
    title: str
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One cause for which a query is refused.

    Args:
        code: As docs/reference/kql/errors.md lists it.
        severity: "error".
        message: The cause, one line.
        help: The nearest fix, one line; empty where there is none.
        start: Where it stands.
        end: Where that ends; never before `start`.
    """

    code: str
    severity: str
    message: str
    help: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class TableRead:
    """What a query reads of one table.

    Args:
        table: Its name.
        columns: Those on which the answer depends: conditions, keys, computations and columns that the query chooses.
        types: Their types, in the same order.
        whole: True when the result also carries the table's other columns as they are.
    """

    table: str
    columns: tuple[str, ...]
    types: tuple[KqlType, ...]
    whole: bool
