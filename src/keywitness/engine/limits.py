"""How far a query may go: rows and bytes of its answer, time, memory.

What is asked (on the command line, by a caller, by `set` in the query) and what holds are two things: of several values
the lowest holds, and `set notruncation` lifts the limits of the answer only where nothing else was asked of them. An
answer that would go beyond a limit is an error, never a part of the answer.

Source: https://learn.microsoft.com/kusto/concepts/query-limits
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from keywitness.errors import LimitError, UsageError
from keywitness.kql.literals import parse_timespan
from keywitness.model.schema import TICKS_PER_SECOND

_UNITS = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "kb": 10**3, "mb": 10**6, "gb": 10**9}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)")
_SEPARATED = re.compile(r"(?<=\d)[_,](?=\d)")
#: Kusto's longest time for a query, which `set norequesttimeout` asks for.
_LONGEST = 3600.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked for. None is the usual limit, `math.inf` is no limit.

    Args:
        rows: Records of the answer; 500,000 unless said, as in Kusto.
        size: Bytes of the answer in memory; 1 GiB unless said.
        time: Seconds; ten minutes unless said.
        memory: Bytes that a query may hold before it spills to disk; six tenths of the machine's unless said, and
            also without a limit.

    Example:
        >>> Limits.parse("rows=1000,time=30s")
        Limits(rows=1000.0, size=None, time=30.0, memory=None)
        >>> Limits.parse("none") == NO_LIMITS
        True
    """

    rows: float | None = None
    size: float | None = None
    time: float | None = None
    memory: float | None = None

    @classmethod
    def parse(cls, text: str) -> Limits:
        """The limits of a text: `none`, or `rows=N,size=N,time=SPAN,memory=N`, each also `none`; sizes take units.

        Raises:
            UsageError: If the text says anything else.
        """
        if text.strip().lower() == "none":
            return NO_LIMITS
        asked: dict[str, float] = {}
        for part in _SEPARATED.sub("", text).split(","):
            name, equals, value = (piece.strip().lower() for piece in part.partition("="))
            if not equals or name not in _READERS:
                raise UsageError(f"'{part.strip()}' is no limit", help=_FORM)
            amount = math.inf if value == "none" else _READERS[name](value)
            if amount is None or amount <= 0:
                raise UsageError(f"'{value}' is no limit of {name}", help=_FORM)
            asked[name] = amount
        return cls(**asked)

    def settled(self, options: Mapping[str, Any]) -> Limits:
        """The limits that hold: no field is None.

        Args:
            options: What the query itself `set`s, by Kusto's names.
        """
        asked = replace(
            self,
            rows=_lowest(self.rows, options.get("truncationmaxrecords"), options.get("query_take_max_records")),
            size=_lowest(self.size, options.get("truncationmaxsize")),
            time=_lowest(self.time, _seconds(options.get("servertimeout"))),
            memory=_lowest(
                self.memory,
                options.get("maxmemoryconsumptionperiterator"),
                options.get("max_memory_consumption_per_query_per_node"),
            ),
        )
        if options.get("notruncation") and asked.rows is None and asked.size is None:
            asked = replace(asked, rows=math.inf, size=math.inf)
        if options.get("norequesttimeout") and asked.time is None:
            asked = replace(asked, time=_LONGEST)
        if asked.memory == math.inf:
            asked = replace(asked, memory=None)
        return Limits(*(_or(getattr(asked, f.name), getattr(_USUAL, f.name)) for f in fields(Limits)))

    def check(self, rows: int, size: int) -> None:
        """Refuse an answer of so many rows and bytes, or the beginning of one.

        Raises:
            LimitError: In Kusto's words.
        """
        for what, found, most in (("record count", rows, self.rows), ("data size", size, self.size)):
            if most is not None and found > most:
                limit = f"the internal {what} limit {most:.0f} (E_QUERY_RESULT_SET_TOO_LARGE)"
                raise LimitError(
                    f"Query result set has exceeded {limit}",
                    help="summarize, `take` or project less; or lift it: `--limit none`, `set notruncation;`",
                    effect="no rows were returned: a part of them could be taken for all",
                )


def _amount(text: str) -> float | None:
    found = _AMOUNT.fullmatch(text)
    if found is None or found.group(2) not in _UNITS:
        return None
    return float(found.group(1)) * _UNITS[found.group(2)]


def _seconds(ticks: int | None) -> float | None:
    return None if ticks is None else ticks / TICKS_PER_SECOND


def _span(text: str) -> float | None:
    return _seconds(parse_timespan(text))


def _lowest(*asked: float | None) -> float | None:
    return min((value for value in asked if value is not None), default=None)


def _or(value: float | None, usual: float | None) -> float | None:
    return usual if value is None else value


_READERS = {"rows": _amount, "size": _amount, "time": _span, "memory": _amount}
_FORM = "--limit none, or any of rows=100000,size=2GiB,time=30m,memory=4GiB"
#: Nothing is asked: the usual limits hold.
AS_USUAL = Limits()
NO_LIMITS = Limits(math.inf, math.inf, math.inf, math.inf)


def _usual() -> Limits:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Limits(rows=500_000, size=2**30, time=600.0, memory=memory * 0.6)


_USUAL = _usual()
