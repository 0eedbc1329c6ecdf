"""The commonest operators over random rows, against the same said in plain Python.

A row of `T` is (s, k, r, v), of `U` (s, k, w). Nulls, duplicates, empty texts and capitals are frequent.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from random import Random
from typing import Any

import pytest

from keywitness import query

Row = tuple[Any, ...]
TEXTS = ["", "a", "A", "b", "ab", "a,b", ",", "x=1 y=2", "k-9", "ü"]
LONGS = [None, 0, 1, 2, -3, 7]
REALS = [None, 0.5, -1.5, 2.0, 0.0]
TYPES = {"T": "s:string, k:long, r:real, v:long", "U": "s:string, k:long, w:long"}


def rows_of(seed: int) -> tuple[list[Row], list[Row]]:
    random = Random(seed)
    choose = random.choice
    t = [(choose(TEXTS), choose(LONGS), choose(REALS), choose(LONGS)) for _ in range(random.randint(0, 25))]
    return t, [(choose(TEXTS), choose(LONGS), choose(LONGS)) for _ in range(random.randint(0, 12))]


def table(name: str, rows: list[Row]) -> str:
    types = [part.split(":")[1] for part in TYPES[name].split(", ")]
    cells = [
        json.dumps(v, ensure_ascii=False) if t == "string" else f"{t}({'null' if v is None else v})"
        for row in rows
        for v, t in zip(row, types, strict=True)
    ]
    return f"let {name} = datatable({TYPES[name]})[{', '.join(cells)}];\n"


def matched(t: list[Row], u: list[Row]) -> list[tuple[int, int]]:
    """Places of rows whose k is equal; null is equal to null, as the emulator joins."""
    return [(i, j) for i, a in enumerate(t) for j, b in enumerate(u) if a[1] == b[1]]


def joined(kind: str) -> Callable[[list[Row], list[Row]], list[Row]]:
    """A join on k: what is not matched stands beside nulls and empty texts."""

    def answer(t: list[Row], u: list[Row]) -> list[Row]:
        pairs = matched(t, u)
        left, right = {i for i, _ in pairs}, {j for _, j in pairs}
        rows = [t[i] + u[j] for i, j in pairs]
        if kind in ("leftouter", "fullouter"):
            rows += [(*row, "", None, None) for i, row in enumerate(t) if i not in left]
        if kind in ("rightouter", "fullouter"):
            rows += [("", None, None, None, *row) for j, row in enumerate(u) if j not in right]
        return rows

    return answer


def grouped(t: list[Row], u: list[Row]) -> Iterable[Row]:
    groups: dict[Row, list[Row]] = defaultdict(list)
    for row in t:
        groups[row[:2]].append(row)
    for key, rows in groups.items():
        longs, reals = ([row[i] for row in rows if row[i] is not None] for i in (3, 2))
        mean = sum(reals) / len(reals) if reals else math.nan
        least, most = (min(longs) if longs else None), (max(reals) if reals else None)
        yield (*key, len(rows), sum(longs), least, most, mean, len(set(longs)), sorted(set(longs)))


def least_first(value: Any) -> tuple[int, Any]:
    return (0, 0) if value is None else (1, value)


def running(t: list[Row], u: list[Row]) -> Iterable[Row]:
    values = sorted(row[3] for row in t if row[3] is not None)
    for i, value in enumerate(values):
        rank = len({v for v in values if v < value}) + 1
        yield (value, sum(values[: i + 1]), values[i - 1] if i else None, i + 1, rank)


def percentiles(t: list[Row], u: list[Row]) -> list[Row]:
    values = sorted(row[3] for row in t if row[3] is not None)
    if not values:
        return [(None, None, None)]
    return [tuple(values[max(1, math.ceil(p / 100 * len(values))) - 1] for p in (5, 50, 90))]


def per_row(of: Callable[..., Row]) -> Callable[[list[Row], list[Row]], list[Row]]:
    return lambda t, u: [of(*row) for row in t]


def whole(a: int | None, b: int | None, of: Callable[[int, int], int]) -> int | None:
    return None if a is None or not b else of(a, b)


def parsed(s: str, *_: Any) -> Row:
    match = re.fullmatch(r"x=(\d+) y=(\d+)", s)
    return (int(match[1]), int(match[2])) if match else (None, None)


def without(kind: str) -> Callable[[list[Row], list[Row]], list[Row]]:
    """Semi and anti joins."""

    def answer(t: list[Row], u: list[Row]) -> list[Row]:
        place, rows = (0, t) if kind.startswith("left") else (1, u)
        having = {pair[place] for pair in matched(t, u)}
        return [row for i, row in enumerate(rows) if (i in having) == kind.endswith("semi")]

    return answer


CASES: dict[str, Callable[[list[Row], list[Row]], Iterable[Row]]] = {
    "T | summarize n=count(), sum(v), min(v), max(r), avg(r), dcount(v), make_set(v) by s, k"
    " | extend set_v = array_sort_asc(set_v)": grouped,
    "T | summarize count(), sum(v), dcount(s)": lambda t, u: [
        (len(t), sum(row[3] or 0 for row in t), len({row[0] for row in t}))
    ],
    "T | summarize percentile(v, 5), percentile(v, 50), percentile(v, 90)": percentiles,
    "T | summarize arg_max(v, k) by s | project s, v": lambda t, u: [
        (s, max((row[3] for row in t if row[0] == s), key=least_first)) for s in {row[0] for row in t}
    ],
    **{f"T | join kind={kind} U on k": joined(kind) for kind in ("inner", "leftouter", "rightouter", "fullouter")},
    **{f"T | join kind={kind} U on k": without(kind) for kind in ("leftsemi", "leftanti", "rightsemi", "rightanti")},
    "T | join U on k | count": lambda t, u: [(len({(t[i][1], j) for i, j in matched(t, u)}),)],
    "T | join kind=inner U on s, k | project s, k, v, w": lambda t, u: [
        (*t[i][:2], t[i][3], u[j][2]) for i, j in matched(t, u) if t[i][0] == u[j][0]
    ],
    "T | union U": lambda t, u: [*((*row, None) for row in t), *((*row[:2], None, None, row[2]) for row in u)],
    "T | sort by v asc, r desc | project v, r": lambda t, u: sorted(
        ((row[3], row[2]) for row in t), key=lambda p: (least_first(p[0]), [-x for x in least_first(p[1])])
    ),
    "T | sort by v desc nulls first | project v": lambda t, u: sorted(
        ((row[3],) for row in t), key=lambda p: (p[0] is not None, -(p[0] or 0))
    ),
    "T | top 5 by v | project v": lambda t, u: sorted(((row[3],) for row in t), key=lambda p: least_first(p[0]))[
        :-6:-1
    ],
    "T | project bin(v, 2), bin(r, 0.5)": per_row(
        lambda s, k, r, v: (v if v is None else v // 2 * 2, r if r is None else math.floor(r / 0.5) * 0.5)
    ),
    "T | project v / k, v % k": per_row(
        lambda s, k, r, v: (whole(v, k, lambda a, b: int(a / b)), whole(v, k, lambda a, b: a % abs(b)))
    ),
    "T | where v != k | count": lambda t, u: [
        (sum((v is None) != (k is None) or (v is not None and v != k) for _, k, _, v in t),)
    ],
    "T | project case(v > 1, 'hi', isnull(v), 'no', s), iff(k == v, 1, 0), coalesce(v, k, -1)": per_row(
        lambda s, k, r, v: (
            "no" if v is None else "hi" if v > 1 else s,
            int(k is not None and k == v),
            next(x for x in (v, k, -1) if x is not None),
        )
    ),
    "T | project split(s, ','), strlen(s), toupper(s), strcat(s, '-', v), substring(s, 1, 2), indexof(s, 'b')": per_row(
        lambda s, k, r, v: (
            s.split(","), len(s), s.upper(), f"{s}-{'' if v is None else v}", s[1:3], s.find("b"),
        )
    ),
    "T | project extract('[a-z]=([0-9])', 1, s), s contains 'A', replace_string(s, 'a', 'z'), countof(s, 'a')": per_row(
        lambda s, k, r, v: (
            (re.findall("[a-z]=([0-9])", s) or [""])[0], "a" in s.lower(), s.replace("a", "z"), s.count("a"),
        )
    ),
    "T | parse s with 'x=' x:long ' y=' y:long | project x, y": per_row(parsed),
    "T | extend p = split(s, ',') | mv-expand p to typeof(string) | project s, p": lambda t, u: [
        (row[0], part) for row in t for part in row[0].split(",")
    ],
    "T | extend p = split(s, ',') | mv-apply p to typeof(string) on (summarize n = count(), m = max(strlen(p)))"
    " | project s, n, m": per_row(
        lambda s, k, r, v: (s, len(s.split(",")), max(len(part) for part in s.split(",")))
    ),
    "T | distinct s, v": lambda t, u: {(row[0], row[3]) for row in t},
    "T | where isnotnull(v) | sort by v asc"
    " | project v, row_cumsum(v), prev(v), row_number(), row_rank_dense(v)": running,
}  # fmt: skip


def canonical(rows: Iterable[Row]) -> list[str]:
    return [json.dumps(list(row), ensure_ascii=False) for row in rows]


@pytest.mark.parametrize("text", CASES)
def test_the_same_answer(text: str) -> None:
    ordered = " sort by " in text
    for seed in range(6):
        t, u = rows_of(seed)
        found = canonical(tuple(row.values()) for row in query(table("T", t) + table("U", u) + text).to_pylist())
        wanted = canonical(CASES[text](t, u))
        assert (found if ordered else sorted(found)) == (wanted if ordered else sorted(wanted)), f"seed {seed}"
