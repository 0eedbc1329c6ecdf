"""A posture check: one YAML file with a query that judges objects of the inventory, the fix, and its own proof.

The query gives one row per object with the columns `Object`, `Verdict` (fail, pass, unknown), `What` and `Row`. An
object whose export leaves out what is asked is `unknown`, never `pass`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec
import yaml

from keywitness.detect.rule import Parameter, Strict, let_statement
from keywitness.detect.rule_files import line_of, refused
from keywitness.errors import QueryError, RuleError
from keywitness.kql.catalog import Documented
from keywitness.kql.compile import Options, compile_kql
from keywitness.model.content import content, with_functions
from keywitness.model.schema import UNIX_EPOCH_TICKS
from keywitness.model.tables import known_tables
from keywitness.model.text import visible

SEVERITIES = ("high", "medium", "low", "informational")
VERDICTS = ("fail", "pass", "unknown")
COLUMNS = ("Object", "Verdict", "What", "Row")
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\Z")
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")


class Fix(Strict, frozen=True):
    """What to do, in five ways; `{{Column}}` stands for a column of the row."""

    portal: str
    azure_cli: str
    powershell: str
    bicep: str
    terraform: str


class Maps(Strict, frozen=True):
    """Where others ask for the same.

    Args:
        cis: CIS Microsoft Azure Foundations Benchmark: version to ids.
        mcsb: Controls of the Microsoft cloud security benchmark (v1): those in whose groups its built-in initiative
            has the policies of the check; where it has none of them, the control whose subject the check is.
        policy: Ids of built-in definitions of Azure Policy.
    """

    cis: dict[str, str] = msgspec.field(default_factory=dict)
    mcsb: tuple[str, ...] = ()
    policy: tuple[str, ...] = ()


class Case(Strict, frozen=True):
    """Records, and the verdict that each object must get."""

    name: str
    expect: dict[str, str]
    records: tuple[dict[str, Any], ...]


class Check(Strict, frozen=True):
    """One check as its file says it.

    Args:
        id: Its name, that of the file.
        tables: Inventory and logs without which nothing can be judged.
        get: How to export what it needs, one command.
        fixtures: YAML anchors for the cases; not read.
    """

    id: str
    title: str
    severity: str
    why: str
    tables: tuple[str, ...]
    get: str
    query: str
    fix: Fix
    maps: Maps = Maps()
    parameters: tuple[Parameter, ...] = ()
    references: tuple[str, ...] = ()
    fixtures: tuple[Any, ...] = ()
    cases: tuple[Case, ...] = ()

    def bound(self) -> str:
        """The whole query: functions, parameters, text."""
        lets = [let_statement(p, p.default) for p in self.parameters]
        return with_functions("\n".join([*lets, self.query]))


def read_check(path: Path | Traversable) -> Check:
    """The check of a file.

    Raises:
        RuleError: It is none; with file, line and cause.
    """
    text = path.read_text(encoding="utf-8-sig")
    try:
        made: Any = yaml.load(text, Loader=yaml.CSafeLoader)
        check = msgspec.convert(made, Check)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise refused(path, line, str(error.problem)) from error
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$.")
        raise refused(path, line_of(text, place.rstrip("`")), message) from error
    for key, cause in problems(check):
        raise refused(path, line_of(text, key), cause)
    return check


def load_checks(paths: Iterable[Path] = ()) -> tuple[Check, ...]:
    """The checks of the given files and folders; without any, those that come with keywitness. By id.

    Raises:
        RuleError: A file is no check.
    """
    given = [f for path in paths for f in (sorted(path.rglob("*.yaml")) if path.is_dir() else [path])]
    files: Iterable[Path | Traversable] = given or [f for f in content("posture").iterdir() if f.name.endswith(".yaml")]
    found = sorted((read_check(f) for f in files), key=lambda check: check.id)
    twice = {c.id for c in found if sum(d.id == c.id for d in found) > 1}
    if twice:
        raise RuleError(f"two checks are called {', '.join(sorted(twice))}", help="rename one", effect="no check ran")
    return tuple(found)


def problems(check: Check) -> Iterator[tuple[str, str]]:
    """What types cannot say: key and cause."""
    if check.severity not in SEVERITIES:
        yield "severity", f"severity {check.severity!r} is none of {', '.join(SEVERITIES)}"
    for table in check.tables:
        if table not in known_tables():
            yield "tables", f"{table} is no documented table"
    for policy in check.maps.policy:
        if not _GUID.match(policy):
            yield "maps.policy", f"{policy!r} is no id of a policy definition"
    for case in check.cases:
        for verdict in case.expect.values():
            if verdict not in VERDICTS:
                yield "cases", f"verdict {verdict!r} is none of {', '.join(VERDICTS)}"
    wanted = {v for case in check.cases for v in case.expect.values()}
    if not {"fail", "pass"} <= wanted:
        yield "cases", "the cases must show an object that fails and one that passes"
    yield from _query_problems(check)


def _query_problems(check: Check) -> Iterator[tuple[str, str]]:
    try:
        program = compile_kql(check.bound(), Documented(), UNIX_EPOCH_TICKS, options=Options(source=check.id))
    except QueryError as error:
        yield "query", " ".join(line.strip() for line in error.render().splitlines()[:5])
        return
    names = set(program.result.schema.names())
    if missing := [c for c in COLUMNS if c not in names]:
        yield "query", f"its result has no column {', '.join(missing)}"
    for way in msgspec.structs.asdict(check.fix).values():
        if unknown := set(_PLACEHOLDER.findall(way)) - names:
            yield "fix", f"no column fills {', '.join(sorted(unknown))}"


def filled(check: Check, way: str, row: dict[str, Any]) -> str:
    """A fix with the row's values, quoted as its shell wants them: names in an export may be hostile.

    Args:
        way: A field of `Fix`.
        row: The columns of the query's row.
    """
    quoted = _QUOTES.get(way, str)
    return _PLACEHOLDER.sub(
        lambda match: quoted(visible(str(row.get(match[1]) or match[0]))), getattr(check.fix, way)
    ).strip()


_QUOTES: dict[str, Callable[[str], str]] = {
    "azure_cli": shlex.quote,
    "powershell": lambda text: "'" + text.replace("'", "''") + "'",
}
