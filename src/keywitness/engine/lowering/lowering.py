"""What a row of the table looks like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from keywitness.engine.refusal import cannot
from keywitness.engine.sql import Expr
from keywitness.kql import plan
from keywitness.model.schema import KqlType

if TYPE_CHECKING:
    from keywitness.engine.emitter import Emitter
    from keywitness.engine.step import Step


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a function.

    Args:
        call: The bound call: types and constants are read from it.
        args: Its arguments, already lowered; each may be placed once (copy for more).
        emitter: The emitter at work.
        step: The columns in reach.
    """

    call: plan.Call
    args: tuple[Expr, ...]
    emitter: Emitter
    step: Step

    def type(self, index: int) -> KqlType:
        """The KQL type of an argument."""
        return self.call.args[index].type

    def constant(self, index: int, what: str = "") -> Any:
        """The value of a constant argument in physical form.

        Raises:
            QueryError: If the argument is not a constant.
        """
        value = self.constant_or_none(index)
        if value is None:
            raise cannot(f"{what or f'argument {index + 1}'} of {self.call.function}() must be a constant here")
        return value

    def constant_or_none(self, index: int) -> Any:
        """The value of an argument when it is a constant other than null, else None."""
        argument = self.call.args[index]
        return argument.value if isinstance(argument, plan.Literal) else None

    def __len__(self) -> int:
        return len(self.args)


#: A name of DuckDB (or of a macro or kernel) that takes the same arguments, or a function that builds the tree.
Lowering: TypeAlias = str | Callable[[Use], Expr]
Table: TypeAlias = Mapping[str, Lowering]
