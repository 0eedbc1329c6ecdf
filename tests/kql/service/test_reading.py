"""Which tables and columns a query needs."""

from __future__ import annotations

import pytest
from tests.kql.service.samples import TABLES

from keywitness import kql
from keywitness.errors import QueryError
from keywitness.model.schema import KqlType


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("T", {"T": ((), True)}),
        ("T | count", {"T": ((), False)}),
        ("T | where Size > 1", {"T": (("Size",), True)}),
        ("T | where Size > 1 | project Name", {"T": (("Name", "Size"), False)}),
        ("T | extend x = strlen(Name)", {"T": (("Name",), True)}),
        ("T | project-away Bag, At", {"T": (("Name", "Size", "odd name"), False)}),
        ("T | summarize max(Size) by Name", {"T": (("Name", "Size"), False)}),
        ("T | summarize arg_max(Size, *)", {"T": (("Name", "At", "Size", "Bag", "odd name"), False)}),
        ("T | join kind=leftanti (U) on Name | project At", {"T": (("Name", "At"), False), "U": (("Name",), False)}),
        ("T | join (U | where Owner == 'a') on Name", {"T": (("Name",), True), "U": (("Name", "Owner"), True)}),
        ("T | where Name in ((U | project Owner)) | count", {"T": (("Name",), False), "U": (("Owner",), False)}),
        ("let n = toscalar(U | summarize dcount(Owner)); T | take n", {"T": ((), True), "U": (("Owner",), False)}),
        ("let f = (x: string) { U | where Owner == x }; f('a') | count", {"U": (("Owner",), False)}),
        ("let V = materialize(T | project Name, Size); V | summarize sum(Size)", {"T": (("Size",), False)}),
        ("union T*, U | where Name == 'a' | project Name", {"T": (("Name",), False), "U": (("Name",), False)}),
        ("T | where * has 'x' | count", {"T": (("Name", "Bag"), False)}),
        ("print 1", {}),
        ("T | count; U | project Owner", {"T": ((), False), "U": (("Owner",), False)}),
    ],
)
def test_read(query: str, expected: dict[str, tuple[tuple[str, ...], bool]]) -> None:
    assert {r.table: (r.columns, r.whole) for r in kql.columns_read(query, TABLES)} == expected


def test_types_stand_beside_the_columns() -> None:
    (read,) = kql.columns_read("T | where At > now() and Size > 1", TABLES)
    assert read.types == (KqlType.DATETIME, KqlType.LONG)


def test_a_query_that_is_refused_reads_nothing_that_could_be_said() -> None:
    with pytest.raises(QueryError) as caught:
        kql.columns_read("V | where Nope == 1", TABLES)
    assert caught.value.render().startswith("error[KS204]")
