"""What a word is said to be."""

from __future__ import annotations

import pytest
from tests.kql.service.samples import TABLES

from keywitness import kql
from keywitness.kql.catalog import EmptyCatalog
from keywitness.model.schema import Schema


def shown(text: str) -> tuple[str, str] | None:
    """Title and doc at `^`."""
    found = kql.hover(text.replace("^", ""), text.index("^"), TABLES)
    return None if found is None else (found.title, found.doc)


@pytest.mark.parametrize(
    ("text", "title", "doc"),
    [
        ("T | where N^ame has 'x'", "Name: string", "of T"),
        ("T | extend D^ay = startofday(At)", "Day: datetime", "made here"),
        ("T | extend Day = startofday(At) | where D^ay > now()", "Day: datetime", "made by an earlier operator"),
        ("T | summarize R^eads = count() by Name", "Reads: long", "made here"),
        ("^T | take 5", "T", "5 columns: Name: string, At: datetime, Size: long, Bag: dynamic, odd name: long"),
        ("T | join (^U) on Name", "U", "2 columns: Name: string, Owner: string"),
        ("T | w^here Size > 1", "where", "Keeps the rows for which the condition is true."),
        ("T | project-a^way Size", "project-away", "Leaves columns out."),
        ("T | where At > a^go(1d)", "ago(span: timespan) -> datetime", "A time that long before now()."),
        ("T | where Name h^as 'x'", "has", "True where a text holds the term as a whole word, whatever its case."),
        ("let n^ = 5; T | take n", "n: long", "a value of this query"),
        ("let n = 5; T | take n^", "n: long", "a value of this query"),
        ("let V = T | project Name; V^ | count", "V", "1 columns: Name: string"),
        ("let f = (x: long) { x }; print f^(1)", "f(x: long)", "a function of this query"),
        ("KeyVault^Events() | count", "KeyVaultEvents()", "kept by the case, or of keywitness"),
        ("let f = (x: long) { x^ + 1 }; print f(1)", "x: long", "a value of this query"),
        ("T | extend a = nofunction() | where a^ == 1", "a", "its value is refused, so its type is not known"),
    ],
)
def test_known_words(text: str, title: str, doc: str) -> None:
    assert shown(text) == (title, doc)


def test_a_refused_function_says_why() -> None:
    known = shown("print current_prin^cipal()")
    assert known is not None and known[1].startswith("not answered: nobody is signed in")


@pytest.mark.parametrize(
    "text", ["T | where Name == 'te^xt'", "T // wo^rd", "T | take 5^5", "T | where Nowhere^ == 1", "^"]
)
def test_nothing_is_said_where_nothing_is_known(text: str) -> None:
    assert shown(text) is None


def test_every_table_without_rows_says_so() -> None:
    class NoRows(EmptyCatalog):
        def schema(self, table: str) -> Schema | None:
            return TABLES.schema(table)

    found = kql.hover("T", 0, NoRows())
    assert found is not None and found.doc.startswith("known, without rows here; 5 columns")
