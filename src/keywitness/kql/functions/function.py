"""What one function of the language is: its names, signatures, result type and automatic column name.

Signatures are written as text, because that is also how the reference page prints them:

    (source: text, start: integer, length: integer?) -> string

Type words of a parameter:
    any            every type                       plain       every type but dynamic
    text           string or dynamic                orderable   every type that has an order
    number         int, long, real, decimal         integer     int, long
    summable       number, datetime, timespan       common      every type; all `common` arguments agree on one
    printed        every type, read as its text
    integers       integer, or a dynamic array      type        `typeof(...)`
    and every KQL type by its own name. `a|b` is either.
`?` after the type: may be left out. `*`: one or more of it (`*?`: any number). `const` before the type: a constant.

Type words of a result:
    first, second  the type of that argument        promoted    the first argument's, int becoming long
    common         what the `common` ones agree on  widest      the widest number among the arguments
    typed          what `typeof(...)` says          and every KQL type by its own name.
    (a: type, ...) one column for each: `extend (x, y) = f(...)`; without names they are `f_argument_a` ...
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from keywitness.model.schema import KqlType


class Kind(StrEnum):
    """Where a function may stand."""

    SCALAR = "scalar"
    AGGREGATE = "aggregate"
    WINDOW = "window"
    PLUGIN = "plugin"
    GRAPH = "graph"


class Naming(StrEnum):
    """How Kusto names a column that is computed by the function and not named in the text."""

    #: `Column1`, `Column2` ...
    NUMBERED = "numbered"
    #: As the first argument alone would be called.
    FIRST = "first"
    #: A prefix and the first argument's name: `dcount_Caller`.
    PREFIX = "prefix"
    #: The prefix alone, whatever the arguments.
    ALONE = "alone"


ANY = frozenset(KqlType)
INTEGER = frozenset({KqlType.INT, KqlType.LONG})
NUMBER = INTEGER | {KqlType.REAL, KqlType.DECIMAL}
TEXT = frozenset({KqlType.STRING, KqlType.DYNAMIC})
PLAIN = ANY - {KqlType.DYNAMIC}

_TYPE_WORDS: dict[str, frozenset[KqlType]] = {
    "any": ANY,
    "common": ANY,
    "printed": ANY,
    "plain": PLAIN,
    "text": TEXT,
    "number": NUMBER,
    "integer": INTEGER,
    "summable": NUMBER | {KqlType.DATETIME, KqlType.TIMESPAN},
    "orderable": PLAIN,
    "integers": INTEGER | {KqlType.DYNAMIC},
    "type": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a signature.

    Args:
        name: As Kusto's documentation calls it.
        word: The type as written (`text`, `long` ...).
        types: The KQL types that fit without a conversion; empty for `typeof(...)`.
        optional: May be left out.
        repeated: Takes any number of arguments.
        constant: Must be a constant.
    """

    name: str
    word: str
    types: frozenset[KqlType]
    optional: bool = False
    repeated: bool = False
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function."""

    text: str
    parameters: tuple[Parameter, ...]
    result: str

    @property
    def columns(self) -> tuple[tuple[str, KqlType], ...]:
        """Name and type of each column of a result that is several columns, else nothing."""
        if not self.result.startswith("("):
            return ()
        pairs = (part.split(":") for part in self.result.strip("()").split(","))
        return tuple((name.strip(), KqlType(word.strip())) for name, word in pairs)

    def least(self) -> int:
        """The smallest number of arguments."""
        return sum(not p.optional for p in self.parameters)

    def most(self) -> int | None:
        """The largest number of arguments, None without a limit."""
        return None if any(p.repeated for p in self.parameters) else len(self.parameters)

    def match(self, count: int) -> tuple[Parameter, ...] | None:
        """The parameter of each of `count` arguments, or None where the number does not fit."""
        most = self.most()
        if count < self.least() or (most is not None and count > most):
            return None
        repeated = [p for p in self.parameters if p.repeated]
        if not repeated:
            return self.parameters[:count]
        first = next(i for i, p in enumerate(self.parameters) if p.repeated)
        before = self.parameters[:first]
        after = [p for p in self.parameters[first + len(repeated) :] if not p.optional]
        middle = count - len(before) - len(after)
        if middle % len(repeated):
            return None
        return (*before, *repeated * (middle // len(repeated)), *after)


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language.

    Args:
        name: The canonical name; an engine knows the function by it.
        kind: Where it may stand.
        texts: Its signatures.
        naming: How a column without a name is called.
        prefix: The prefix of `Naming.PREFIX`.
        aliases: Other names that mean exactly the same.
        means: For an old name with a column name or default of its own: the canonical function it is bound to.
        refusal: Why keywitness does not answer it, in words for the user; empty when it does.
    """

    name: str
    kind: Kind
    texts: tuple[str, ...]
    naming: Naming = Naming.NUMBERED
    prefix: str = ""
    aliases: tuple[str, ...] = ()
    means: str = ""
    refusal: str = ""

    @property
    def signatures(self) -> tuple[Signature, ...]:
        """The signatures, taken apart."""
        return tuple(parse_signature(text) for text in self.texts)

    @property
    def canonical(self) -> str:
        """The name that an engine knows."""
        return self.means or self.name


_PARAMETER = re.compile(r"\s*(\w+):\s*(const )?([\w|]+)(\*?)(\??)\s*$")


@cache
def parse_signature(text: str) -> Signature:
    """Take one signature text apart.

    Example:
        >>> s = parse_signature("(source: text, start: integer, length: integer?) -> string")
        >>> [p.name for p in s.parameters], s.result, s.least(), s.most()
        (['source', 'start', 'length'], 'string', 2, 3)
    """
    inside, _, result = text.partition("->")
    listed = inside.strip().removeprefix("(").removesuffix(")").strip()
    parameters = tuple(_parse_parameter(part) for part in listed.split(",")) if listed else ()
    return Signature(text, parameters, result.strip())


def _parse_parameter(text: str) -> Parameter:
    match = _PARAMETER.match(text)
    if match is None:
        raise ValueError(f"not a parameter: {text!r}")
    name, constant, word, repeated, optional = match.groups()
    types: frozenset[KqlType] = frozenset()
    for part in word.split("|"):
        types |= _TYPE_WORDS[part] if part in _TYPE_WORDS else {KqlType(part)}
    return Parameter(name, word, types, bool(optional), bool(repeated), bool(constant))


def scalar(
    name: str, *texts: str, naming: Naming = Naming.NUMBERED, prefix: str = "", **rest: str | tuple[str, ...]
) -> Function:
    """A scalar function; `prefix` implies `Naming.PREFIX` unless a naming is given."""
    return _row(name, Kind.SCALAR, texts, naming, prefix, rest)


def aggregate(
    name: str, *texts: str, prefix: str = "", naming: Naming = Naming.PREFIX, **rest: str | tuple[str, ...]
) -> Function:
    """An aggregate function, named `<name>_<argument>` unless a prefix or naming says otherwise."""
    return _row(name, Kind.AGGREGATE, texts, naming, prefix or name, rest)


def window(name: str, *texts: str, **rest: str | tuple[str, ...]) -> Function:
    """A function over serialized rows."""
    return _row(name, Kind.WINDOW, texts, Naming.NUMBERED, "", rest)


def plugin(name: str, *texts: str, **rest: str | tuple[str, ...]) -> Function:
    """A plugin of `evaluate`."""
    return _row(name, Kind.PLUGIN, texts, Naming.NUMBERED, "", rest)


def _row(
    name: str, kind: Kind, texts: tuple[str, ...], naming: Naming, prefix: str, rest: dict[str, str | tuple[str, ...]]
) -> Function:
    aliases = rest.get("aliases", ())
    return Function(
        name,
        kind,
        texts,
        Naming.PREFIX if prefix and naming is Naming.NUMBERED else naming,
        prefix,
        (aliases,) if isinstance(aliases, str) else aliases,
        str(rest.get("means", "")),
        str(rest.get("refusal", "")),
    )
