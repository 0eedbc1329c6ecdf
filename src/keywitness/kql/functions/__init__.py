"""What the language has: every function of KQL, answered or refused with a reason.

The binder reads signatures here, an engine says how it answers each row, the reference page lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from keywitness.kql.functions import (
    aggregates,
    conversions,
    datetimes,
    dynamics,
    graphs,
    hashes,
    ip,
    math,
    plugins,
    refused,
    series,
    sketches,
    strings,
    windows,
)
from keywitness.kql.functions.function import Function, Kind, Naming, Parameter, Signature

__all__ = [
    "FAMILIES",
    "Function",
    "Kind",
    "Naming",
    "Parameter",
    "Signature",
    "aggregate",
    "every",
    "find",
    "find_aggregate",
    "find_graph_function",
    "find_plugin",
]

#: Family -> rows, in the order of the reference page.
FAMILIES: dict[str, tuple[Function, ...]] = {
    "Conversions, types and choices": conversions.FUNCTIONS,
    "Strings": strings.FUNCTIONS,
    "Dates and times": datetimes.FUNCTIONS,
    "Dynamic values": dynamics.FUNCTIONS,
    "Numbers": math.FUNCTIONS,
    "IP addresses": ip.FUNCTIONS,
    "Hashes and encodings": hashes.FUNCTIONS,
    "Series": series.FUNCTIONS,
    "Window functions": windows.FUNCTIONS,
    "Graphs": graphs.FUNCTIONS,
    "Aggregates": aggregates.FUNCTIONS,
    "Sketches": sketches.FUNCTIONS,
    "Plugins": plugins.FUNCTIONS,
    "Other": refused.FUNCTIONS,
}


def every() -> Iterator[Function]:
    """Every row, family by family."""
    for rows in FAMILIES.values():
        yield from rows


@lru_cache(maxsize=1)
def _by_name() -> dict[tuple[bool, str], Function]:
    table: dict[tuple[bool, str], Function] = {}
    for function in every():
        if function.kind not in {Kind.PLUGIN, Kind.GRAPH}:
            for name in (function.name, *function.aliases):
                table[(function.kind is Kind.AGGREGATE, name)] = function
    return table


def find(name: str) -> Function | None:
    """The scalar or window function of that name or alias (with case, as in Kusto), or None."""
    return _by_name().get((False, name))


def find_aggregate(name: str) -> Function | None:
    """The aggregate of that name or alias, or None."""
    return _by_name().get((True, name))


def aggregate(name: str) -> Function:
    """The aggregate of that name.

    Raises:
        KeyError: If there is none.
    """
    return _by_name()[(True, name)]


def find_graph_function(name: str) -> Function | None:
    """The function of that name over the nodes and edges of a pattern, or None."""
    return next((f for f in graphs.FUNCTIONS if f.kind is Kind.GRAPH and f.name == name), None)


def find_plugin(name: str) -> Function | None:
    """The plugin of that name, or None."""
    return next((f for f in plugins.FUNCTIONS if f.name == name), None)
