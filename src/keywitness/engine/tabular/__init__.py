"""Tabular kernels: what whole tables become where no SQL says it (mined patterns, graphs).

A kernel is a function of a module here, called `<module>_<function>` in the plan: Arrow tables in (columns named as in
KQL, in physical form), constants by name, one Arrow table out. A query loads the modules that it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from keywitness.kql.plan import TabularCall

if TYPE_CHECKING:
    import pyarrow as pa

#: The modules of tabular kernels, all in this folder.
MODULES: tuple[str, ...] = ("patterns",)


def find(name: str) -> Callable[..., pa.Table]:
    """The kernel of a name in the plan."""
    module, _, function = name.partition("_")
    if module not in MODULES:
        raise LookupError(f"no tabular kernel {name}")
    kernel: Callable[..., pa.Table] = getattr(import_module(f"{__package__}.{module}"), function)
    return kernel


def numbered(rows: pa.Table, node: TabularCall, place: str) -> pa.Table:
    """A kernel's rows under the names of the query's SQL, each with its place.

    Raises:
        TypeError: If the kernel gives other columns than the plan says.
    """
    import pyarrow as pa  # start-up time: most queries need no Arrow

    from keywitness.model.arrow import ARROW_TYPES

    want = pa.schema([pa.field(c.name, ARROW_TYPES[c.type]) for c in node.schema])
    if rows.schema.names != want.names or rows.schema.types != want.types:
        raise TypeError(f"{node.function} gave {rows.schema}, not {want}")
    columns = [*rows.columns, pa.array(range(rows.num_rows), pa.int64())]
    return pa.Table.from_arrays(columns, names=[*(f"c{i}" for i in range(len(want))), place])
