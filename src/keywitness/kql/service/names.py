"""The names that a place knows: columns, and what `let` defined."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from keywitness.kql.binder.context import Rows, ScalarValue, Scope, Table, UserFunction
from keywitness.kql.binder.diagnostics import RefusedError
from keywitness.kql.binder.statements import surroundings
from keywitness.kql.catalog import Catalog
from keywitness.kql.parser import read

#: Texts whose names are remembered: while one writes at an operator, what comes before it stays the same.
_REMEMBERED = 32
_memory: OrderedDict[tuple[str, int], tuple[Catalog, Names]] = OrderedDict()


@dataclass(frozen=True, slots=True)
class Names:
    """What may be named.

    Args:
        rows: The rows at hand, None where there are none.
        unsure: Columns of a type that nobody knows.
        scope: What `let` defined.
        catalog: Tables, and functions that no `let` defines.
    """

    rows: Rows | None
    unsure: frozenset[str]
    scope: Scope
    catalog: Catalog

    def entity(self, name: str) -> ScalarValue | Table | UserFunction | None:
        """What `let` defined under a name; None also where its value is refused."""
        try:
            entity = self.scope.find(name)
        except RefusedError:
            return None
        return entity if isinstance(entity, ScalarValue | Table | UserFunction) else None

    def stored(self, name: str) -> str:
        """How a function is called that the case keeps or that comes with keywitness; "" where there is none."""
        function = self.catalog.function(name)
        return f"{name}{function.text.partition(' {')[0]}" if function is not None else ""


def names_behind(text: str, catalog: Catalog) -> Names:
    """The names behind a text, remembered for the catalog object."""
    key = text, id(catalog)
    known = _memory.get(key)
    if known is None or known[0] is not catalog:
        found = surroundings(read(text).query, catalog)
        known = catalog, Names(found.rows, found.unsure, found.scope, catalog)
        _memory[key] = known
        while len(_memory) > _REMEMBERED:
            _memory.popitem(last=False)
    return known[1]
