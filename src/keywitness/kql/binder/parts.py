"""Functions that give several columns: `extend (a, b) = f(x)`, each name one of the values of f."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from keywitness.kql import functions, syntax
from keywitness.kql.binder import diagnostics
from keywitness.kql.binder.names import implied


class Part(syntax.Call, frozen=True):
    """One value of a call that gives several; `suggested` is the name that the value has by itself."""

    place: int
    suggested: str


def columns_of(call: syntax.Node) -> Sequence[str]:
    """The names of the values of a call that gives several, else nothing."""
    row = functions.find(call.function.name) if isinstance(call, syntax.Call) else None
    if row is None or row.refusal:
        return ()
    return [name for name, _ in row.signatures[0].columns]


def named_parts(item: syntax.Node, names: Sequence[str], *, all_or_none: bool = False) -> Iterator[syntax.Node]:
    """The columns of such a call: all of them without a name, else as many as are named.

    Args:
        item: The call, or the call with its names.
        names: What its values are called.
        all_or_none: Refuse to leave some without a name.

    Raises:
        RefusedError: If there are more names than values, or fewer where all are needed.
    """
    call = item.value if isinstance(item, syntax.Named) else item
    if not isinstance(call, syntax.Call):
        raise TypeError(f"not a call: {call}")
    given = item.names if isinstance(item, syntax.Named) else ()
    listed = ", ".join(names)
    if len(given) > len(names):
        message = f"{call.function.name}() has {len(names)} values, and here are {len(given)} names"
        raise diagnostics.bad_value(given[len(names)].span, message, f"its values are {listed}")
    if given and all_or_none and len(given) < len(names):
        message = f"{call.function.name}() has {len(names)} values, and Kusto's pages differ on those without a name"
        raise diagnostics.bad_value(item.span, message, f"name all of them ({listed}), or do it in `extend`")
    argument = implied(call.args[0]) if call.args else None
    for place, name in enumerate(names[: len(given) or None]):
        part = Part(call.span, call.function, call.args, place, f"{call.function.name}_{argument or ''}_{name}")
        yield syntax.Named(item.span, (given[place],), part) if given else part
