"""`keywitness watchlist` and `keywitness function`: what a case keeps, in custody, and what queries make of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keywitness.model.content import function_names

LIST = 'Upn,Tier\nalice@contoso.com,1\n"Doe, Bob",2\nalice@contoso.com,1\n'
SIGNIN = {
    "TimeGenerated": "2024-05-01T10:00:00Z",
    "Type": "AADServicePrincipalSignInLogs",
    "ServicePrincipalName": "backup",
    "ResultType": "0",
    "_TimeReceived": "2024-05-01T10:01:00Z",
}
PARSER = """\
ParserName: vimSp
EquivalentBuiltInParser: _Im_Sp
ParserParams:
  - Name: starttime
    Type: datetime
    Default: datetime(null)
  - Name: name_has
    Type: string
    Default: '*'
  - Name: disabled
    Type: bool
    Default: false
ParserQuery: |
  let Results = datatable(ResultType: string, EventResult: string) ["0", "Success", "1", "Failure"];
  let parser = (starttime: datetime = datetime(null), name_has: string = "*", disabled: bool = false) {
    AADServicePrincipalSignInLogs
    | where not(disabled)
    | where isnull(starttime) or TimeGenerated >= starttime
    | where name_has == '*' or ServicePrincipalName has name_has
    | extend Extra = column_ifexists("NotThere", "none")
    | lookup Results on ResultType
    | project ServicePrincipalName, EventResult, Extra
  };
  parser(starttime, name_has, disabled)
"""
UNION = (
    "union isfuzzy=true vimSp(starttime=starttime, disabled=('Any' in ((_GetWatchlist('ASimDisabledParsers')"
    " | project SearchKey)))), vimOkta(disabled=false)"
)


@pytest.fixture
def small(keywitness: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    lines = [SIGNIN, {**SIGNIN, "ServicePrincipalName": "deploy", "ResultType": "1"}]
    Path("signin.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    Path("vips.csv").write_text(LIST)
    assert keywitness("ingest", "case", "signin.jsonl").code == 0
    return tmp_path / "case"


def rows(ran: Any) -> list[list[Any]]:
    assert ran.code == 0, ran.err
    return json.loads(ran.out)["rows"]


# ---------------------------------------------------------------- watchlists


def test_a_watchlist_answers_with_sentinels_columns(keywitness: Callable, small: Path) -> None:
    added = keywitness("watchlist", "add", small, "vips.csv", "--name", "VIPs", "--key", "Upn")
    assert (added.code, "VIPs: 3 rows, search key Upn" in added.err) == (0, True)
    shown = json.loads(keywitness("watchlist", "show", small, "VIPs", "--format", "json").out)
    assert [c["name"] for c in shown["columns"]] == ["_DTItemId", "LastUpdatedTimeUTC", "SearchKey", "Upn", "Tier"]
    assert [row[2:] for row in shown["rows"]] == [
        ["alice@contoso.com", "alice@contoso.com", "1"],
        ["Doe, Bob", "Doe, Bob", "2"],
        ["alice@contoso.com", "alice@contoso.com", "1"],
    ]
    assert len({row[0] for row in shown["rows"]}) == 3
    aliases = rows(keywitness("kql", small, "_GetWatchlistAlias", "--format", "json"))
    assert aliases == [["VIPs"]]


def test_keys_choose_rows_of_a_watchlist(keywitness: Callable, small: Path) -> None:
    keywitness("watchlist", "add", small, "vips.csv", "--name", "VIPs")
    query = "_GetWatchlist('VIPs', dynamic(['Doe, Bob'])) | project Tier"
    assert rows(keywitness("kql", small, query, "--format", "json")) == [["2"]]


def test_adding_replacing_and_removing_stand_in_the_custody_log(keywitness: Callable, small: Path) -> None:
    keywitness("watchlist", "add", small, "vips.csv")
    Path("vips.csv").write_text("Upn\nmallory@contoso.com\n")
    keywitness("watchlist", "add", small, "vips.csv")
    assert rows(keywitness("kql", small, "_GetWatchlist('vips') | project SearchKey", "--format", "json")) == [
        ["mallory@contoso.com"]
    ]
    assert keywitness("watchlist", "remove", small, "vips").code == 0
    assert rows(keywitness("watchlist", "list", small, "--format", "json")) == []
    gone = keywitness("watchlist", "remove", small, "vips")
    assert (gone.code, "there is no watchlist 'vips'" in gone.err) == (2, True)
    actions = [row[4] for row in rows(keywitness("custody", small, "--format", "json"))]
    assert actions[-3:] == ["watchlist added", "watchlist replaced", "watchlist removed"]
    verified = keywitness("verify", small)
    assert (verified.code, "watchlist: 2 files checked, as recorded" in verified.out + verified.err) == (0, True)


def test_a_changed_copy_is_found_and_not_read(keywitness: Callable, small: Path) -> None:
    keywitness("watchlist", "add", small, "vips.csv", "--name", "VIPs")
    (copy,) = (small / "kept").iterdir()
    copy.write_text(LIST.replace("alice", "carol"))
    asked = keywitness("kql", small, "_GetWatchlist('VIPs')")
    assert (asked.code, "has changed since the case recorded it" in asked.err) == (4, True)
    assert keywitness("verify", small).code == 3


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        ("", "a column without a name"),
        ("a,\n1,2\n", "a column without a name"),
        ("a,a\n1,2\n", "two columns a"),
        ("SearchKey\n1\n", "a column SearchKey"),
        ("a,b\n1\n", "line 2: 1 cells under a heading of 2"),
        ('a\n"open\n', "unexpected end of data"),
    ],
)
def test_a_file_that_is_no_list_is_refused(keywitness: Callable, small: Path, content: str, cause: str) -> None:
    Path("bad.csv").write_text(content)
    ran = keywitness("watchlist", "add", small, "bad.csv")
    assert ran.code == 2
    assert cause in ran.err
    assert not (small / "kept").exists() or not list((small / "kept").iterdir())


def test_a_key_that_is_no_column_is_refused(keywitness: Callable, small: Path) -> None:
    ran = keywitness("watchlist", "add", small, "vips.csv", "--key", "Nope")
    assert (ran.code, "its columns: Upn, Tier" in ran.err) == (2, True)


# ---------------------------------------------------------------- functions


def test_a_parser_of_sentinel_answers_under_both_names(keywitness: Callable, small: Path) -> None:
    Path("p.yaml").write_text(PARSER)
    assert keywitness("function", "add", small, "-f", "p.yaml").code == 0
    for call in ("vimSp", "vimSp()", "_Im_Sp(disabled=false)"):
        answer = rows(keywitness("kql", small, f"{call} | sort by ServicePrincipalName asc", "--format", "json"))
        assert answer == [["backup", "Success", "none"], ["deploy", "Failure", "none"]]
    assert rows(keywitness("kql", small, "vimSp(disabled=true)", "--format", "json")) == []
    answer = rows(keywitness("kql", small, "vimSp(name_has='deploy') | project EventResult", "--format", "json"))
    assert answer == [["Failure"]]


def test_a_template_and_a_union_of_parsers(keywitness: Callable, small: Path) -> None:
    properties = {
        "functionAlias": "imSp",
        "query": UNION,
        "functionParameters": "starttime:datetime=datetime(null),disabled:bool=False",
    }
    saved = {"type": "savedSearches", "properties": {"displayName": "x", **properties}}
    template = {"resources": [{"type": "Microsoft.OperationalInsights/workspaces", "resources": [saved]}]}
    Path("t.json").write_text(json.dumps(template))
    Path("p.yaml").write_text(PARSER)
    assert keywitness("function", "add", small, "-f", "t.json", "-f", "p.yaml").code == 0
    ran = keywitness("kql", small, "imSp | count", "--format", "json")
    assert rows(ran) == [[2]]
    assert "'vimOkta' is not a function, it was left out" in ran.err
    assert "no watchlist ASimDisabledParsers" in ran.err


@pytest.mark.parametrize(
    "text",
    [
        "let Failed = (least: long = 1) { AADServicePrincipalSignInLogs | where tolong(ResultType) >= least };",
        ".create-or-alter function with (folder = 'x', docstring = \"(a)\") Failed(least: long = 1)\n"
        "{ AADServicePrincipalSignInLogs | where tolong(ResultType) >= least }",
        "// a comment\n(least: long = 1) { AADServicePrincipalSignInLogs | where tolong(ResultType) >= least }",
    ],
)
def test_forms_of_a_kql_file(keywitness: Callable, small: Path, text: str) -> None:
    Path("Failed.kql").write_text(text)
    assert keywitness("function", "add", small, "-f", "Failed.kql").code == 0
    assert rows(keywitness("kql", small, "Failed(0) | count", "--format", "json")) == [[2]]
    assert rows(keywitness("kql", small, "Failed | project ServicePrincipalName", "--format", "json")) == [["deploy"]]
    assert "least" in keywitness("function", "show", small, "Failed").out


def test_a_bare_query_takes_its_parameters_from_the_command(keywitness: Callable, small: Path) -> None:
    Path("q.kql").write_text("AADServicePrincipalSignInLogs\n| where tolong(ResultType) >= least\n// the end")
    ran = keywitness("function", "add", small, "Failed", "-f", "q.kql", "--parameters", "least: long = 1")
    assert ran.code == 0, ran.err
    assert rows(keywitness("kql", small, "Failed() | count", "--format", "json")) == [[1]]


def test_an_error_inside_names_function_and_line(keywitness: Callable, small: Path) -> None:
    Path("q.kql").write_text("AADServicePrincipalSignInLogs\n| where ResultTyp == 1\n")
    keywitness("function", "add", small, "Wrong", "-f", "q.kql")
    ran = keywitness("kql", small, "Wrong | count")
    assert ran.code == 5
    assert "in the function Wrong, line 2: 'ResultTyp' is not a column here" in ran.err


@pytest.mark.parametrize(
    ("name", "cause"),
    [("count", "KQL has a function"), ("SigninLogs", "is a log table"), ("a-b", "cannot be the name")],
)
def test_names_that_mean_something_else(keywitness: Callable, small: Path, name: str, cause: str) -> None:
    Path("q.kql").write_text("print 1")
    ran = keywitness("function", "add", small, name, "-f", "q.kql")
    assert (ran.code, cause in ran.err) == (2, True)


@pytest.mark.parametrize("body", ["T | where (", "T } ; print 1 //", "print 1 }", "let a = 1;\n} { print 2"])
def test_a_body_stays_inside_its_braces(keywitness: Callable, small: Path, body: str) -> None:
    Path("q.kql").write_text(body)
    ran = keywitness("function", "add", small, "F", "-f", "q.kql")
    assert (ran.code, "q.kql" in ran.err) == (5, True)
    assert rows(keywitness("custody", small, "--format", "json"))[-1][4] == "evidence added"


def test_a_folder_passes_over_what_is_no_function_and_says_so(keywitness: Callable, small: Path) -> None:
    folder = Path("parsers")
    folder.mkdir()
    (folder / "p.yaml").write_text(PARSER)
    (folder / "worse.kql").write_text("T | where (")
    (folder / "readme.md").write_text("# no function")
    ran = keywitness("function", "add", small, "-f", folder)
    assert ran.code == 5
    assert "worse.kql:" in ran.err
    names = [row[0] for row in rows(keywitness("function", "list", small, "--format", "json"))]
    assert names == ["_Im_Sp", "vimSp", *sorted(function_names())]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.yaml", "a: [1"),
        ("x.json", "{"),
        ("y.yaml", "- 1"),
        ("y.json", '{"resources": []}'),
        ("z.yaml", "ParserName: x"),
    ],
)
def test_files_without_a_function(keywitness: Callable, small: Path, name: str, content: str) -> None:
    Path(name).write_text(content)
    assert keywitness("function", "add", small, "-f", name).code == 2


def test_removed_functions_are_gone(keywitness: Callable, small: Path) -> None:
    Path("q.kql").write_text("print 1")
    keywitness("function", "add", small, "One", "-f", "q.kql")
    assert keywitness("function", "remove", small, "One").code == 0
    assert keywitness("kql", small, "One").code == 5
    assert keywitness("function", "remove", small, "One").code == 2
    assert keywitness("function", "show", small, "One").code == 2


def test_the_functions_of_keywitness_answer_in_any_query(keywitness: Callable, case: Path) -> None:
    assert rows(keywitness("kql", case, "KeyVaultEvents() | count", "--format", "json"))[0][0] > 0
    shown = keywitness("function", "show", case, "KeyVaultEvents").out
    assert shown.startswith("let KeyVaultEvents = () {")


# ---------------------------------------------------------------- one query reads the case and nothing else


def test_ingestion_time_is_the_time_of_receipt_with_a_note(keywitness: Callable, small: Path) -> None:
    query = "AADServicePrincipalSignInLogs | where ServicePrincipalName == 'backup' | project t = ingestion_time()"
    ran = keywitness("kql", small, query, "--format", "json")
    assert rows(ran) == [["2024-05-01T10:01:00.0000000Z"]]
    assert "is read from _TimeReceived" in ran.err
    refused = keywitness("kql", small, "AzureDiagnostics | where ingestion_time() > ago(1h)")
    assert (refused.code, "without a column _TimeReceived" in refused.err) == (5, True)


def test_externaldata_reads_evidence_by_name_number_and_path(keywitness: Callable, small: Path) -> None:
    Path("feed.csv").write_text("IP,N\n192.0.2.4,7\n")
    keywitness("ingest", small, "feed.csv")
    for name in ("feed.csv", "E2"):
        query = f'externaldata (IP: string, N: long) ["{name}"] with (format="csv", ignoreFirstRecord=true)'
        assert rows(keywitness("kql", small, query, "--format", "json")) == [["192.0.2.4", 7]]
    Path("feed.csv").write_text("IP,N\n203.0.113.9,7\n")
    ran = keywitness("kql", small, 'externaldata (IP: string) ["feed.csv"]')
    assert (ran.code, "has changed since the case recorded it" in ran.err) == (4, True)


def test_other_files_need_the_word_of_the_user(keywitness: Callable, small: Path) -> None:
    Path("secret.txt").write_text("s3cret\n")
    for name in ("secret.txt", str(Path("secret.txt").absolute()), "case/../secret.txt", "case/case.json"):
        query = f'externaldata (Line: string) [@"{name}"] with (format="txt")'
        ran = keywitness("kql", small, query)
        assert (ran.code, ran.out, "s3cret" in ran.err) == (5, "", False)
    query = 'externaldata (Line: string) ["secret.txt"] with (format="txt")'
    ran = keywitness("kql", small, query, "--allow-files", "--format", "json")
    assert rows(ran) == [["s3cret"]]
    assert "nothing vouches for it" in ran.err


@pytest.mark.parametrize(
    "query",
    [
        "['/etc/passwd']",
        "table('/etc/passwd')",
        "table(\"read_csv('/etc/passwd')\")",
        "['read_text(''/etc/passwd'')']",
        "union ['/etc/*']",
        "find in (['/etc/passwd']) where 'root'",
        "database('/etc').passwd",
        "_GetWatchlist('../../etc/passwd')",
        "_GetWatchlist(\"x'); COPY (SELECT 1) TO 'stolen'; --\")",
        "read_text('/etc/passwd')",
        "print x = read_text('/etc/passwd')",
        "print x = getenv('HOME')",
        "externaldata (x: string) ['https://192.0.2.1/a.csv']",
        "evaluate http_request('https://192.0.2.1')",
        "evaluate sql_request('Server=192.0.2.1', 'select 1')",
        ".set-or-append T <| print 1",
        ".drop table AzureDiagnostics",
    ],
)
def test_names_and_calls_never_reach_files_or_the_network(
    keywitness: Callable, small: Path, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_socket(*_: object, **__: object) -> None:
        raise AssertionError("a query opened a socket")

    monkeypatch.setattr("socket.socket.connect", no_socket)
    before = sorted(p for p in small.parent.rglob("*") if p.is_file())
    ran = keywitness("kql", small, query)
    assert ran.code == 5, ran.out
    assert "root:" not in ran.out + ran.err
    assert sorted(p for p in small.parent.rglob("*") if p.is_file()) == before


@pytest.mark.parametrize(
    "text",
    ["'); COPY (SELECT 1) TO 'stolen'; --", "x\" FROM read_text('/etc/passwd') --", "a\\0b", "$$; DROP TABLE x; $$"],
)
def test_text_stays_text(keywitness: Callable, small: Path, text: str) -> None:
    before = sorted(p for p in small.parent.rglob("*") if p.is_file())
    written = json.dumps(text)
    ran = keywitness("kql", small, f"print ['{text.split(chr(39))[0] or 'c'}'] = {written}", "--format", "json")
    assert rows(ran) == [[text]]
    named = f"AADServicePrincipalSignInLogs | extend [{written}] = 1 | project [{written}] | take 1"
    assert rows(keywitness("kql", small, named, "--format", "json")) == [[1]]
    assert sorted(p for p in small.parent.rglob("*") if p.is_file()) == before
