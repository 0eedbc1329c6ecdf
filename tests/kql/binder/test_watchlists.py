"""`_GetWatchlist` and `_GetWatchlistAlias`, bound."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.kql.binder.conftest import NOW, Catalog

from keywitness.errors import QueryError
from keywitness.kql import plan
from keywitness.kql.catalog import Watchlist
from keywitness.kql.compile import compile_kql

VIPS = Watchlist("VIPs", "Upn", ("Upn", "Tier"), plan.File("/case/kept/a.csv", "cd" * 32), NOW)


class WithLists(Catalog):
    def watchlist(self, alias: str) -> Watchlist | None:
        return VIPS if alias == VIPS.alias else None

    def watchlist_aliases(self) -> Sequence[str]:
        return (VIPS.alias,)


def columns(query: str) -> list[str]:
    return [f"{c.name}:{c.type.value}" for c in compile_kql(query, WithLists(), NOW).result.schema]


def test_sentinels_columns_stand_before_the_lists_own() -> None:
    assert columns("_GetWatchlist('VIPs')") == [
        "_DTItemId:string",
        "LastUpdatedTimeUTC:datetime",
        "SearchKey:string",
        "Upn:string",
        "Tier:string",
    ]
    assert columns("_GetWatchlistAlias") == columns("_GetWatchlistAlias()") == ["WatchlistAlias:string"]


def test_an_unknown_alias_is_refused_with_the_nearest() -> None:
    with pytest.raises(QueryError) as caught:
        columns("_GetWatchlist('VIP')")
    assert caught.value.help == "did you mean 'VIPs'?"


def test_lists_that_parsers_can_do_without_are_empty_with_a_note() -> None:
    program = compile_kql("_GetWatchlist('ASimDisabledParsers') | project SearchKey", WithLists(), NOW)
    assert program.notes == (
        "the case holds no watchlist ASimDisabledParsers, which parsers can do without: it is empty here",
    )


def test_isfuzzy_passes_over_a_list_that_is_not_there() -> None:
    text = "union isfuzzy=true (_GetWatchlist('gone') | project SearchKey), (datatable(SearchKey: string)[])"
    assert compile_kql(text, WithLists(), NOW).notes == (
        "union isfuzzy: the case holds no watchlist 'gone', it was left out",
    )
