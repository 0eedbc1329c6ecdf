"""What no SQL can say exactly: vectorised functions over Arrow columns, which an engine registers as UDFs.

A kernel is called `kx_<module>_<function>` in SQL, so that only the module that a query needs is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from inspect import signature
from typing import Any

from keywitness.model.schema import KqlType

PREFIX = "kx_"
#: Results that a kernel remembers from batch to batch.
_MEMORY = 50_000
_UNKNOWN = object()
#: The modules of kernels, all in this folder.
MODULES = (
    "addresses", "agents", "codings", "decimals", "decompositions", "distributions", "documents", "fits", "instants",
    "pairs", "periods", "reals", "series", "sets", "sketches", "texts",
)  # fmt: skip


class NoExactAnswerError(ValueError):
    """A kernel met a value for which Kusto's answer is not known: the query is refused, not answered wrongly."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """One function over columns.

    Args:
        name: Its name in SQL.
        function: One Python value per argument in, one out; None is null. Called once per distinct row of arguments.
        parameters: Types of the arguments; the last one repeats when `variadic`.
        result: Type of the result.
        variadic: Takes any number of arguments of the last parameter's type.
        least: The fewest arguments, where the last ones may be left out.
    """

    name: str
    function: Callable[..., Any]
    parameters: tuple[KqlType, ...]
    result: KqlType
    variadic: bool = False
    least: int = 0
    memory: dict[tuple[Any, ...], Any] = field(default_factory=dict, compare=False, repr=False)

    def called_with(self, count: int) -> Kernel:
        """The kernel for calls with exactly `count` arguments."""
        most = len(self.parameters)
        if count < self.least or (count > most and not self.variadic):
            raise TypeError(f"{self.name} does not take {count} arguments")
        more = (self.parameters[-1],) * (count - most) if self.variadic else ()
        return replace(self, parameters=(self.parameters + more)[:count], memory={})

    def apply(self, columns: Sequence[Any]) -> Any:
        """The result column of argument columns (Arrow arrays of one length).

        Work is done once per distinct row of arguments: logs repeat themselves.
        """
        import pyarrow as pa  # start-up time: queries without kernels never need it here

        from keywitness.model.arrow import ARROW_TYPES

        encoded = [column.combine_chunks().dictionary_encode(null_encoding="encode") for column in columns]
        varying = [one for one in encoded if len(one.dictionary) > 1]
        if len(varying) > 1:
            places, rows = _combined(encoded)
        else:  # the other arguments are one value each
            places = (varying or encoded)[0].indices
            count = len((varying or encoded)[0].dictionary)
            values = [one.dictionary.to_pylist() for one in encoded]
            rows = list(zip(*(cells if len(cells) == count else cells * count for cells in values), strict=True))
        return pa.array(self._results(rows), ARROW_TYPES[self.result]).take(places)

    def _results(self, rows: list[tuple[Any, ...]]) -> list[Any]:
        if KqlType.REAL in self.parameters:  # 0.0 and -0.0 would be one key
            return [self.function(*row) for row in rows]
        memory, results = self.memory, []  # DuckDB calls from all its threads: nothing may count on what stands there
        for row in rows:
            result = memory.get(row, _UNKNOWN)
            if result is _UNKNOWN:
                memory[row] = result = self.function(*row)
            results.append(result)
        if len(memory) > _MEMORY:
            memory.clear()
        return results


def _combined(encoded: Sequence[Any]) -> tuple[Any, list[tuple[Any, ...]]]:
    """The place of each row among the distinct rows of dictionary-encoded columns, and those."""
    import numpy as np  # start-up time, as above
    import pyarrow as pa

    codes = np.zeros(len(encoded[0]), dtype=np.int64)
    for one in encoded:
        codes = codes * len(one.dictionary) + one.indices.to_numpy()
    distinct, places = np.unique(codes, return_inverse=True)
    columns = []
    for one in reversed(encoded):  # the last column counts fastest
        distinct, digits = np.divmod(distinct, len(one.dictionary))
        columns.append(one.dictionary.take(pa.array(digits)).to_pylist())
    return pa.array(places.reshape(-1)), list(zip(*reversed(columns), strict=True))


def kernel(*parameters: KqlType, result: KqlType, variadic: bool = False) -> Callable[[Callable[..., Any]], Kernel]:
    """Declares the decorated function a kernel, named after its module and itself.

    Parameters with a default may be left out, `*rest` takes any number of arguments of the last type.
    """

    def declared(function: Callable[..., Any]) -> Kernel:
        module = function.__module__.rpartition(".")[2]
        needed = [
            p
            for p in signature(function).parameters.values()
            if p.default is p.empty and p.kind is not p.VAR_POSITIONAL
        ]
        name = f"{PREFIX}{module}_{function.__name__}"
        return Kernel(name, function, parameters, result, variadic, len(needed))

    return declared


def find(name: str) -> Kernel:
    """The kernel of a name in SQL."""
    module, _, function = name.removeprefix(PREFIX).partition("_")
    found = getattr(import_module(f"{__package__}.{module}"), function)
    if not isinstance(found, Kernel):
        raise TypeError(f"{name} is not a kernel")
    return found
