"""Tabular kernels: what whole tables become where no SQL says it (mined patterns, graphs).

A kernel is a function of a module here, called `<module>_<function>` in the plan: Arrow tables in (columns named as in
KQL, in physical form), constants by name, one Arrow table out. A query loads the modules that it needs.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from keywitness.model.schema import Schema

if TYPE_CHECKING:
    import pyarrow as pa

#: The modules of tabular kernels, all in this folder.
MODULES: tuple[str, ...] = ("graphs", "matching", "patterns")


def find(name: str) -> Callable[..., pa.Table]:
    """The kernel of a name in the plan."""
    module, _, function = name.partition("_")
    if module not in MODULES:
        raise LookupError(f"no tabular kernel {name}")
    kernel: Callable[..., pa.Table] = getattr(import_module(f"{__package__}.{module}"), function)
    return kernel


def numbered(rows: pa.Table, schema: Schema, place: str, maker: str) -> pa.Table:
    """Computed rows under the names of the query's SQL, each with its place.

    Raises:
        TypeError: If their `maker`, a kernel, gives other columns than the plan says.
    """
    import numpy as np  # start-up time: most queries need no Arrow
    import pyarrow as pa

    from keywitness.model.arrow import ARROW_TYPES

    want = pa.schema([pa.field(c.name, ARROW_TYPES[c.type]) for c in schema])
    if rows.schema.names != want.names or rows.schema.types != want.types:
        raise TypeError(f"{maker} gave {rows.schema}, not {want}")
    columns = [*rows.columns, pa.array(np.arange(rows.num_rows))]
    return pa.Table.from_arrays(columns, names=[*(f"c{i}" for i in range(len(want))), place])
