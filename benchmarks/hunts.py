"""Ten typical hunts over many rows, each beside hand-written SQL of the same meaning over the same table.

`python -m benchmarks.hunts [--records N] [--only NAME]`. Both sides run in turn in one process, and their answers are
compared. Beside them, where installed, what duckdb-kql and chdb's KQL make of the same text.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from benchmarks import others
from benchmarks.data import TICKS_PER_DAY, hunting_case
from benchmarks.measure import table, verdict

if TYPE_CHECKING:
    import duckdb

    from keywitness.case import Case

#: What a query may take at most beside SQL by hand.
WANTED = 1.3
#: Relative difference of two reals that are one: sums come in another order.
_CLOSE = 1e-9
#: Where a term of Kusto begins and ends.
_BEFORE, _AFTER = r"(?:^|[^\p{L}\p{Nd}])", r"(?:$|[^\p{L}\p{Nd}])"
#: A case has a day of other events for each million.
RECORDS_PER_DAY = 1_000_000
#: Where its days begin, and a 35th of a day in minutes, so that there are 35 points whatever the number of days.
_FIRST_DAY, _POINT = 638_874_432_000_000_000, 42
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Hunt:
    """One question, asked twice.

    Args:
        name: What the table calls it.
        kql: The query; `DAYS` and `MINUTES` are the days that the case covers and a 35th of them, in minutes.
        sql: The same by hand; `{events}` and `{sign_ins}` are the tables, `{end}` and `{step}` those days and minutes.
            Times are ticks, as they are stored.
        behind: What the hand-written side does with the rows in Python, where SQL has no word for it.
    """

    name: str
    kql: str
    sql: str
    behind: Callable[[Rows], Rows] = lambda rows: rows

    def over(self, days: int) -> Hunt:
        """The hunt over a case of so many days."""
        minutes = days * _POINT
        kql = self.kql.replace("DAYS", str(days)).replace("MINUTES", str(minutes))
        sql = self.sql.replace("{end}", str(_FIRST_DAY + days * TICKS_PER_DAY))
        return replace(self, kql=kql, sql=sql.replace("{step}", str(minutes * TICKS_PER_DAY // (24 * 60))))


def _anomalies(rows: Rows) -> Rows:
    """Flags of each series, as one would call the library by hand."""
    import json

    from keywitness.engine.kernels.decompositions import anomalies

    flags = [json.loads(anomalies.function(series, 1.5, 0, 0.6, "avg", "ctukey"))[0] for _, series in rows]
    return [(name, sum(map(abs, found))) for (name, _), found in zip(rows, flags, strict=True)]


HUNTS = (
    Hunt(
        "filter, summarize",
        """
        AzureDiagnostics
        | where TimeGenerated > datetime(2025-07-08) and OperationName == "SecretGet" and httpStatusCode_d >= 400
        | summarize Refused = count(), First = min(TimeGenerated), Last = max(TimeGenerated), Names = dcount(id_s)
            by CallerIPAddress
        """,
        """
        SELECT "CallerIPAddress", count(*), min("TimeGenerated"), max("TimeGenerated"), count(DISTINCT id_s)
        FROM {events} WHERE "TimeGenerated" > 638875296000000000 AND "OperationName" = 'SecretGet'
          AND "httpStatusCode_d" >= 400 GROUP BY 1
        """,
    ),
    Hunt(
        "dcount by bin",
        """
        AzureDiagnostics
        | summarize Callers = dcount(CallerIPAddress), Secrets = dcount(id_s) by bin(TimeGenerated, 1h)
        """,
        """
        SELECT "TimeGenerated" - "TimeGenerated" % 36000000000, count(DISTINCT "CallerIPAddress"), count(DISTINCT id_s)
        FROM {events} GROUP BY 1
        """,
    ),
    Hunt(
        "join of two tables",
        """
        AzureDiagnostics
        | where OperationName == "SecretGet"
        | join kind=inner (
            union AADServicePrincipalSignInLogs, AADManagedIdentitySignInLogs
            | summarize SignIns = count(), From = dcount(IPAddress) by AppId
        ) on $left.identity_claim_appid_g == $right.AppId
        | summarize Reads = count(), Secrets = dcount(id_s) by AppId, SignIns, From
        """,
        """
        SELECT "AppId", count(*), sign_ins, addresses, count(DISTINCT id_s) FROM {events} JOIN (
          SELECT "AppId", count(*) AS sign_ins, count(DISTINCT "IPAddress") AS addresses FROM {sign_ins} GROUP BY 1
        ) ON identity_claim_appid_g = "AppId" WHERE "OperationName" = 'SecretGet' GROUP BY 1, 3, 4
        """,
        lambda rows: [(app, sign_ins, source, reads, secrets) for app, reads, sign_ins, source, secrets in rows],
    ),
    Hunt(
        "mv-expand",
        """
        AzureDiagnostics
        | where OperationName != "SecretGet"
        | mv-expand Part = split(requestUri_s, "/") to typeof(string)
        | summarize Times = count() by Part
        """,
        """
        SELECT part, count(*) FROM {events}, unnest(string_split("requestUri_s", '/')) AS parts(part)
        WHERE "OperationName" <> 'SecretGet' GROUP BY 1
        """,
    ),
    Hunt(
        "mv-expand of JSON",
        """
        AzureDiagnostics
        | where OperationName != "SecretGet"
        | mv-expand Place = pack_array(CallerIPAddress, Resource, OperationName)
        | summarize Times = count() by Place = tostring(Place)
        """,
        """
        SELECT element ->> '$' AS place, count(*) FROM {events},
          unnest(CAST(to_json(["CallerIPAddress", "Resource", "OperationName"]) AS JSON[])) AS elements(element)
        WHERE "OperationName" <> 'SecretGet' GROUP BY 1
        """,
    ),
    Hunt(
        "parse_json access",
        """
        AZKVAuditLogs
        | extend Claims = parse_json(Identity).claim
        | where tostring(Claims.idtyp) == "app"
        | summarize Calls = count() by App = tostring(Claims.appid), Address = CallerIpAddress
        """,
        """
        SELECT coalesce(identity_claim_appid_g, ''), "CallerIPAddress", count(*) FROM {events}
        WHERE upper("ResourceProvider") = 'MICROSOFT.KEYVAULT' AND "Category" = 'AuditEvent'
          AND identity_claim_idtyp_s = 'app' GROUP BY 1, 2
        """,
    ),
    Hunt(
        "make-series, anomalies",
        """
        AzureDiagnostics
        | make-series Calls = count() on TimeGenerated
            from datetime(2025-07-07) to datetime(2025-07-07) + DAYSd step MINUTESm by CallerIPAddress
        | extend (Flags, Scores, Baseline) = series_decompose_anomalies(Calls, 1.5, 0)
        | mv-expand Flag = Flags to typeof(long)
        | summarize Anomalies = sum(abs(Flag)) by CallerIPAddress
        """,
        """
        SELECT name, '[' || string_agg(coalesce(calls, 0), ',' ORDER BY place) || ']' FROM (
          SELECT DISTINCT "CallerIPAddress" AS name FROM {events}), range(0, 35) AS axis(place)
        LEFT JOIN (SELECT "CallerIPAddress" AS found, ("TimeGenerated" - 638874432000000000) // {step} AS slot,
          count(*) AS calls FROM {events} WHERE "TimeGenerated" >= 638874432000000000
          AND "TimeGenerated" < {end} GROUP BY 1, 2) ON found = name AND slot = place GROUP BY 1
        """,
        _anomalies,
    ),
    Hunt(
        "has_any on three columns",
        """
        AzureDiagnostics
        | where requestUri_s has_any ("Stripe", "Jwt", "Rabbit")
            or clientInfo_s has_any ("curl", "python", "powershell")
            or id_s has_any ("backup", "versions", "deletedsecrets")
        | summarize Calls = count() by CallerIPAddress, clientInfo_s
        """,
        r"""
        SELECT "CallerIPAddress", "clientInfo_s", count(*) FROM {events}
        WHERE regexp_matches("requestUri_s", '(?is){before}(?:stripe|jwt|rabbit){after}')
          OR regexp_matches("clientInfo_s", '(?is){before}(?:curl|python|powershell){after}')
          OR regexp_matches(id_s, '(?is){before}(?:backup|versions|deletedsecrets){after}')
        GROUP BY 1, 2
        """,
    ),
    Hunt(
        "arg_max",
        """
        AzureDiagnostics
        | summarize arg_max(TimeGenerated, OperationName, CallerIPAddress, CorrelationId) by id_s
        """,
        """
        SELECT id_s, max("TimeGenerated"), arg_max("OperationName", "TimeGenerated"),
          arg_max("CallerIPAddress", "TimeGenerated"), arg_max("CorrelationId", "TimeGenerated")
        FROM {events} GROUP BY 1
        """,
    ),
    Hunt(
        "window functions",
        """
        AzureDiagnostics
        | project CallerIPAddress, TimeGenerated
        | sort by CallerIPAddress asc, TimeGenerated asc
        | extend Gap = TimeGenerated - prev(TimeGenerated), Same = CallerIPAddress == prev(CallerIPAddress)
        | where Same and Gap > 10m
        | summarize Silences = count(), Longest = max(Gap) by CallerIPAddress
        """,
        """
        SELECT address, count(*), max(gap) FROM (
          SELECT "CallerIPAddress" AS address, "TimeGenerated" - lag("TimeGenerated") OVER sorted AS gap,
            address = lag("CallerIPAddress") OVER sorted AS same
          FROM {events} WINDOW sorted AS (ORDER BY "CallerIPAddress", "TimeGenerated"))
        WHERE same AND gap > 6000000000 GROUP BY 1
        """,
    ),
    Hunt(
        "regex",
        r"""
        AzureDiagnostics
        | where requestUri_s matches regex @"/secrets/[A-Z][A-Za-z]+/[0-9a-f]*[?]"
        | extend Name = extract(@"/secrets/([^/?]+)", 1, requestUri_s)
        | summarize Reads = count() by Name
        """,
        r"""
        SELECT regexp_extract("requestUri_s", '/secrets/([^/?]+)', 1) AS name, count(*) FROM {events}
        WHERE regexp_matches("requestUri_s", '/secrets/[A-Z][A-Za-z]+/[0-9a-f]*[?]') GROUP BY 1
        """,
    ),
    Hunt(
        "addresses",
        """
        AzureDiagnostics
        | where not(ipv4_is_private(CallerIPAddress)) and not(ipv4_is_in_range(CallerIPAddress, "198.51.100.0/25"))
        | summarize Calls = count() by CallerIPAddress
        """,
        r"""
        SELECT "CallerIPAddress", count(*) FROM {events}
        WHERE regexp_full_match("CallerIPAddress", '(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:[.]|$)){{4}}')
          AND NOT regexp_matches("CallerIPAddress", '^(?:10[.]|192[.]168[.]|172[.](?:1[6-9]|2[0-9]|3[01])[.])')
          AND NOT ("CallerIPAddress" LIKE '198.51.100.%'
            AND CAST(split_part("CallerIPAddress", '.', 4) AS INTEGER) < 128)
        GROUP BY 1
        """,
    ),
)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=10_000_000)
    arguments.add_argument("--times", type=int, default=5, help="warm runs of each side; the best counts")
    arguments.add_argument("--only", default="", help="hunts whose names hold this text")
    given = arguments.parse_args()

    from keywitness.case import open_case

    opened = open_case(hunting_case(given.records))
    days = max(1, given.records // RECORDS_PER_DAY)
    hunts = [hunt.over(days) for hunt in HUNTS if given.only in hunt.name]
    rows = [_row(opened, hunt, given.times) for hunt in hunts]
    table(
        f"hunts over {given.records:,} rows",
        ("hunt", "rows", "warm s", "by hand s", "ratio", "cpu s", "by hand cpu s", "cpu ratio", "wanted", ""),
        rows,
    )
    _beside(opened, hunts, rows, given.times)


def _beside(opened: Case, hunts: list[Hunt], rows: list[tuple[str, ...]], times: int) -> None:
    """The same texts in other engines, where they are installed."""
    columns = {
        name: [others.measured(run, hunt.kql, int(row[1]), times) for hunt, row in zip(hunts, rows, strict=True)]
        for name, run in others.prepared(opened)
    }
    if not columns:
        print("\nother engines that read KQL: not installed (pip install duckdb-kql chdb)")
        return
    table(
        "the same texts in other engines, warm seconds",
        ("hunt", "keywitness", *columns),
        [(row[0], row[2], *cells) for row, *cells in zip(rows, *columns.values(), strict=True)],
    )


def _row(opened: Case, hunt: Hunt, times: int) -> tuple[str, ...]:
    """What the hunt took; of a small case a series can be too flat for an exact answer."""
    from keywitness.errors import QueryError

    try:
        return _measured(opened, hunt, times)
    except QueryError as refusal:
        return hunt.name, "-1", *("refused" for _ in range(7)), refusal.message


def _measured(opened: Case, hunt: Hunt, times: int) -> tuple[str, ...]:
    import duckdb

    with duckdb.connect(config={"threads": os.cpu_count() or 1}) as connection:
        opened.snapshot().prepare(connection)
        sql = hunt.sql.format(events=_events(opened), sign_ins=_sign_ins(opened), before=_BEFORE, after=_AFTER)
        works = (lambda: opened.query(hunt.kql).physical(), lambda: hunt.behind(_by_hand(connection, sql)))
        walls: list[list[float]] = [[], []]
        cpus: list[list[float]] = [[], []]
        answers: list[Rows] = [[], []]
        for _ in range(times + 1):  # in turn, so that a busy moment hits both; the first run of each only warms
            for side, work in enumerate(works):
                wall, cpu = time.perf_counter(), time.process_time()
                answers[side] = work()
                walls[side].append(time.perf_counter() - wall)
                cpus[side].append(time.process_time() - cpu)
    if not same(*answers):
        raise SystemExit(f"{hunt.name}: the answers differ: {answers[0][:3]} ..., by hand {answers[1][:3]} ...")
    (ours, hand), (our_cpu, hand_cpu) = ([min(side[1:]) for side in both] for both in (walls, cpus))
    ratio = ours / hand
    return (
        hunt.name, f"{len(answers[0])}", f"{ours:.2f}", f"{hand:.2f}", f"{ratio:.2f}", f"{our_cpu:.2f}",
        f"{hand_cpu:.2f}", f"{our_cpu / hand_cpu:.2f}", f"<= {WANTED}", verdict(ratio <= WANTED),
    )  # fmt: skip


def _by_hand(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    return connection.execute(sql).fetchall()


def same(left: Rows, right: Rows) -> bool:
    """True for the same rows in any order; reals may differ in their last digits."""
    if len(left) != len(right):
        return False
    pairs = zip(sorted(left, key=repr), sorted(right, key=repr), strict=True)
    return all(len(a) == len(b) and all(map(_equal, a, b)) for a, b in pairs)


def _equal(a: Any, b: Any) -> bool:
    return math.isclose(a, b, rel_tol=_CLOSE) if isinstance(a, float) and isinstance(b, float) else bool(a == b)


def _events(opened: Case) -> str:
    return opened.snapshot().relation("AzureDiagnostics").sql


def _sign_ins(opened: Case) -> str:
    tables = ("AADServicePrincipalSignInLogs", "AADManagedIdentitySignInLogs")
    relations = [opened.snapshot().relation(name) for name in tables]
    columns = ("AppId", "IPAddress")
    selects = [f"SELECT {', '.join(f'{r.columns[c]} AS {c}' for c in columns)} FROM {r.sql}" for r in relations]
    return "(" + " UNION ALL ".join(selects) + ")"


if __name__ == "__main__":
    main()
