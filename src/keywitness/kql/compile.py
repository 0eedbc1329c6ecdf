"""Text -> program: parse, bind, rewrite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from keywitness.errors import QueryError
from keywitness.kql import binder, rewrite
from keywitness.kql.binder.diagnostics import RefusedError
from keywitness.kql.binder.statements import Probe
from keywitness.kql.catalog import Catalog
from keywitness.kql.diagnostics import refuse
from keywitness.kql.parser import read

if TYPE_CHECKING:
    from keywitness.kql.plan import Program


@dataclass(frozen=True, slots=True)
class Options:
    """How to compile.

    Args:
        source: What messages name as the place: "query", or a file's path.
        first_line: The line of that file where the text begins.
        effect: What a refusal means, for the last line of the message.
        rewrite: Run the rewrite passes.
        probe: Runs a plan and gives its rows in physical form, for `evaluate bag_unpack` and `pivot`.
        allow_files: `externaldata` may read files that are not evidence.
    """

    source: str = "query"
    first_line: int = 1
    effect: str = ""
    rewrite: bool = True
    probe: Probe | None = None
    allow_files: bool = False


def compile_kql(text: str, catalog: Catalog, now_ticks: int, *, options: Options = Options()) -> Program:
    """Compile a query.

    Args:
        text: The query.
        catalog: The tables it may name.
        now_ticks: What `now()` returns, in ticks since 0001-01-01.
        options: Places in messages, and passes.
    Raises:
        QueryError: With a diagnostic for everything that was refused, grammar and meaning together.
    Example:
        >>> from keywitness.kql.catalog import EmptyCatalog
        >>> [c.name for c in compile_kql("print a = 1, 2", EmptyCatalog(), 0).result.schema]
        ['a', 'print_1']
    """
    reading = read(text)
    found = list(reading.diagnostics)
    try:
        program = binder.bind(reading.query, catalog, now_ticks, options.probe, allow_files=options.allow_files)
    except RefusedError as refused:
        found += [d for d in refused.diagnostics if d.span.start < reading.certain]
        if not found:  # silence stands for what was told elsewhere: here it was not
            message, help = "a part of the query is refused, and not said which", "a defect: please report the query"
            raise QueryError(message, help=help, effect=options.effect) from refused
    if found:
        raise refuse(text, found, source=options.source, effect=options.effect, first_line=options.first_line)
    return _rewritten(program) if options.rewrite else program


def _rewritten(program: Program) -> Program:
    others = tuple(_rewritten(other) for other in program.others)
    return replace(program, result=rewrite.run(program.result), others=others)
