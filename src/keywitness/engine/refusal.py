"""The refusals of an engine: what it will not answer rather than answer wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from keywitness.errors import QueryError


def cannot(what: str, help: str = "") -> QueryError:
    """An engine cannot say a construct exactly.

    Args:
        what: The construct, as KQL spells it, and what is the matter with it.
        help: The nearest way on.
    """
    return QueryError(what, help=help, effect="the query did not run; no rows were returned")


@contextmanager
def about(subject: str) -> Iterator[None]:
    """Refusals from within are about this function or operator, where they do not know better."""
    try:
        yield
    except QueryError as refusal:
        refusal.subject = refusal.subject or subject
        raise
