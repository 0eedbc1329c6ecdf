"""What no SQL can say exactly: vectorised functions over Arrow columns, which an engine registers as UDFs.

A kernel is called `kx_<module>_<function>` in SQL, so that only the module that a query needs is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from inspect import signature
from typing import Any

from keywitness.model.schema import KqlType

PREFIX = "kx_"
#: The modules of kernels, all in this folder.
MODULES = ("addresses", "codings", "documents", "instants", "pairs", "reals", "series", "texts")


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

    def called_with(self, count: int) -> Kernel:
        """The kernel for calls with exactly `count` arguments."""
        most = len(self.parameters)
        if count < self.least or (count > most and not self.variadic):
            raise TypeError(f"{self.name} does not take {count} arguments")
        more = (self.parameters[-1],) * (count - most) if self.variadic else ()
        return replace(self, parameters=(self.parameters + more)[:count])

    def apply(self, columns: Sequence[Any]) -> Any:
        """The result column of argument columns (Arrow arrays of one length)."""
        import pyarrow as pa  # start-up time: queries without kernels never need it here

        function, memory, out = self.function, {}, []
        for row in zip(*(column.to_pylist() for column in columns), strict=True):
            if row not in memory:
                memory[row] = function(*row)
            out.append(memory[row])
        return pa.array(out, arrow_types()[self.result])


def kernel(*parameters: KqlType, result: KqlType, variadic: bool = False) -> Callable[[Callable[..., Any]], Kernel]:
    """Declares the decorated function a kernel, named after its module and itself.

    Parameters with a default may be left out, `*rest` takes any number of arguments of the last type.
    """

    def declared(function: Callable[..., Any]) -> Kernel:
        module = function.__module__.rpartition(".")[2]
        needed = [p for p in signature(function).parameters.values() if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
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


def arrow_types() -> dict[KqlType, Any]:
    """The Arrow type of each KQL type in physical form."""
    import pyarrow as pa  # start-up time, as above

    return {
        KqlType.BOOL: pa.bool_(),
        KqlType.INT: pa.int32(),
        KqlType.LONG: pa.int64(),
        KqlType.REAL: pa.float64(),
        KqlType.DECIMAL: pa.decimal128(38, 18),
        KqlType.STRING: pa.string(),
        KqlType.DATETIME: pa.int64(),
        KqlType.TIMESPAN: pa.int64(),
        KqlType.GUID: pa.string(),
        KqlType.DYNAMIC: pa.string(),
    }
