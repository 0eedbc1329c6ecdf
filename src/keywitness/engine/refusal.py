"""The refusals of an engine: what it will not answer rather than answer wrongly."""

from __future__ import annotations

from keywitness.errors import QueryError


def cannot(what: str, help: str = "") -> QueryError:
    """An engine cannot say a construct exactly.

    Args:
        what: The construct, as KQL spells it, and what is the matter with it.
        help: The nearest way on.
    """
    return QueryError(what, help=help, effect="the query did not run; no rows were returned")
