"""`externaldata`: what a query may read, and in which format."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from tests.kql.binder.conftest import NOW, Catalog

from keywitness.errors import QueryError
from keywitness.kql import plan
from keywitness.kql.compile import Options, compile_kql

FEED = plan.File("/evidence/feed.csv", "ab" * 32, name="E3 feed.csv")


class WithFiles(Catalog):
    def files(self, name: str) -> Sequence[plan.File]:
        return {"feed.csv": (FEED,), "two.csv": (FEED, FEED)}.get(name, ())


def external(query: str, *, allow_files: bool = False) -> tuple[plan.External, tuple[str, ...]]:
    program = compile_kql(query, WithFiles(), NOW, options=Options(allow_files=allow_files, rewrite=False))
    assert isinstance(program.result, plan.Project) and isinstance(program.result.source, plan.External)
    return program.result.source, program.notes


def code(query: str, *, allow_files: bool = False) -> str:
    with pytest.raises(QueryError) as caught:
        external(query, allow_files=allow_files)
    return str(caught.value.diagnostics[0].code)  # type: ignore[attr-defined]


def test_an_evidence_file_is_read_without_more_ado() -> None:
    node, notes = external('externaldata (IP: string, N: long) ["feed.csv"]')
    assert (node.files, node.format, node.header, notes) == ((FEED,), "csv", False, ())
    assert [c.type.value for c in node.schema] == ["string", "string"]


@pytest.mark.parametrize(
    ("written", "format", "header"),
    [
        ("with (format = 'tsv', ignoreFirstRecord = true)", "tsv", True),
        ("with (format = json)", "json", False),
        ("with (format = 'multijson')", "multijson", False),
    ],
)
def test_options(written: str, format: str, header: bool) -> None:
    node, _ = external(f'externaldata (IP: string) ["feed.csv"] {written}')
    assert (node.format, node.header) == (format, header)


@pytest.mark.parametrize(
    ("name", "format"),
    [("a.tsv.gz", "tsv"), ("a.JSONL", "json"), ("a", "csv"), ("a.parquet", "parquet"), ("a.log.zst", "txt")],
)
def test_the_ending_says_the_format(name: str, format: str) -> None:
    node, _ = external(f'externaldata (IP: string) ["{name}"]', allow_files=True)
    assert node.format == format


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/a.csv",
        "HTTP://example.com/a.csv",
        "abfss://c@a.dfs.core.windows.net/x",
        "s3://bucket/a",
        "file:///etc/passwd",
        "//server/share/a.csv",
        "\\\\\\\\server\\\\share",
        "a.csv;impersonate",
        "https:",
    ],
)
@pytest.mark.parametrize("allow_files", [False, True])
def test_no_network_whatever_is_allowed(address: str, allow_files: bool) -> None:
    query = f'externaldata (IP: string) [h"{address}"]'
    with pytest.raises(QueryError, match="reaches no network"):
        external(query, allow_files=allow_files)


@pytest.mark.parametrize("name", ["/etc/passwd", "../feed.csv", "feed.csv/../../x", "~/.ssh/id_rsa", "FEED.CSV", "E4"])
def test_no_other_file_unless_allowed(name: str) -> None:
    assert code(f'externaldata (IP: string) ["{name}"]') == "KWQ310"
    _, notes = external(f'externaldata (IP: string) ["{name}"]', allow_files=True)
    assert notes == (f"externaldata read {name}, which is not evidence of the case: nothing vouches for it",)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('externaldata (IP: string) ["two.csv"]', "KWQ310"),
        ("externaldata (IP: string) []", "KWQ302"),
        ('externaldata (IP: string, IP: long) ["feed.csv"]', "KS171"),
        ('externaldata (IP: string) ["feed.csv"] with (format = "avro")', "KWQ300"),
        ('externaldata (IP: string) ["feed.csv"] with (format = "cvs")', "KWQ302"),
        ('externaldata (IP: string) ["feed.csv"] with (creationTime = "x")', "KWQ300"),
        ("externaldata (IP: string) [5]", "KS129"),
    ],
)
def test_refused(query: str, expected: str) -> None:
    assert code(query) == expected
