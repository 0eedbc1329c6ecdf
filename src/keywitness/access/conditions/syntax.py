"""The syntax tree of a condition."""

from __future__ import annotations

from dataclasses import dataclass

SOURCES = ("request", "resource", "principal", "environment")


@dataclass(frozen=True, slots=True)
class Attribute:
    """`@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId]`.

    Args:
        source: One of `SOURCES`.
        name: As written between the brackets.
    """

    source: str
    name: str


@dataclass(frozen=True, slots=True)
class Values:
    """Values written out: `'a'`, `{1, 2}`, `true`, GUIDs without quotes."""

    items: tuple[str, ...]


Side = Attribute | Values


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left [quantifier:]operator right`.

    Args:
        quantifier: "any of any", "all of any", "any of all", "all of all", or "" for single values.
        operator: In lower case: stringequals, guidnotequals, numericlessthan ...
    """

    left: Side
    quantifier: str
    operator: str
    right: Side


@dataclass(frozen=True, slots=True)
class Matches:
    """`ActionMatches{'pattern'}` or `SubOperationMatches{'pattern'}`."""

    what: str
    patterns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exists:
    """`Exists @Request[...]`."""

    attribute: Attribute


@dataclass(frozen=True, slots=True)
class Not:
    """`!` or `NOT`."""

    inner: Condition


@dataclass(frozen=True, slots=True)
class All:
    """`AND` or `&&`."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """`OR` or `||`."""

    parts: tuple[Condition, ...]


Condition = Comparison | Matches | Exists | Not | All | Any
