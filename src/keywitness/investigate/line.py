"""The line, step by step: coverage, rules, sessions, exposure, timeline, document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from keywitness import __version__
from keywitness.detect.finding import Finding
from keywitness.detect.incident import incidents
from keywitness.detect.rule import Rule
from keywitness.detect.rule_files import load_rules
from keywitness.detect.run import Outcome, run_rules, weight
from keywitness.detect.triage import judgements
from keywitness.engine.limits import NO_LIMITS
from keywitness.exposure.reads import Exposed, exposed
from keywitness.exposure.touches import touches
from keywitness.exposure.traces import Trace, traces
from keywitness.investigate.answer import was_read
from keywitness.investigate.choosing import chosen, fitting, shown_rows
from keywitness.investigate.coverage import coverage, table_coverage, vault_hours
from keywitness.investigate.documents import (
    Names,
    names_of,
    shown_exposure,
    shown_finding,
    shown_incident,
    shown_session,
    shown_trace,
)
from keywitness.investigate.estate import estate
from keywitness.investigate.gaps import shown_answer
from keywitness.investigate.grading import Described, described, grade, openings, severities
from keywitness.investigate.listing import rows_of_names
from keywitness.investigate.logged import Logged, logged
from keywitness.investigate.readings import named_sessions, readings, session_condition, sessions_of_findings
from keywitness.investigate.rows import Sources, events_of
from keywitness.investigate.scope import Filter
from keywitness.investigate.summary import limits, summary
from keywitness.investigate.taint import taint
from keywitness.investigate.timeline import timeline
from keywitness.investigate.visits import Visits, told, visits
from keywitness.kql.literals import parse_datetime
from keywitness.kql.quoting import literal, patterns_regex
from keywitness.model.content import with_functions
from keywitness.model.schema import TICKS_PER_SECOND
from keywitness.report.document import SCHEMA_VERSION, Answer, Document, Estate, Exposure, Scope

if TYPE_CHECKING:
    from keywitness.case import Case

Progress = Callable[[int, int, str], None]

#: Findings that the document holds, the worst first.
SHOWN_FINDINGS = 300
#: Source rows shown per finding; all are counted.
SHOWN_ROWS = 50
#: Object versions that the document holds, besides those to rotate, which are always in it.
SHOWN_OBJECTS = 1_000

#: Traces of objects that were not handed out which the document holds, suspicious ones first.
SHOWN_TRACES = 1_000
#: Watched objects that are answered for.
SHOWN_ANSWERS = 200

_STEPS = ("coverage", "rules", "sessions", "exposure", "timeline", "document")


def investigate(
    case: Case,
    *,
    scope: Scope | None = None,
    now: Any = None,
    gap: timedelta = timedelta(minutes=30),
    rules: Sequence[Rule] | None = None,
    made_at: datetime | None = None,
    place: str = "",
    on_progress: Progress | None = None,
) -> Document:
    """Say what was taken, what cannot be excluded, and how we know.

    Rules and their baselines see the whole evidence; the scope selects what the document shows.

    Does not show: what the logs do not hold. `Document.coverage` says what that is.

    Args:
        scope: What is asked; everything when None.
        now: What `now()` means to rules that use it; the built-in ones do not.
        gap: Longest silence inside a session.
        rules: Rules to run; the built-in ones when None.
        made_at: Time of making, for documents that must be equal; the clock when None.
        place: The case folder as the reader names it, for the commands that the report prints; its absolute path when
            empty.
        on_progress: Called with steps done, steps in all, and the step.

    Raises:
        QueryError: The engine refused a query of ours.
        CaseError: The case is damaged.
    """
    steps = _Steps(on_progress)
    steps.next()
    with case.prepared() as ready:
        at = made_at or datetime.now(UTC)
        return _investigated(ready, scope or Scope(), now, gap, rules or load_rules(), at, place, steps)


def _investigated(
    case: Case,
    asked: Scope,
    now: Any,
    gap: timedelta,
    rules: Sequence[Rule],
    made_at: datetime,
    place: str,
    steps: _Steps,
) -> Document:
    """The steps, over a case whose events are worked out. Arguments as for `investigate`."""
    tables = table_coverage(case)
    present = frozenset(t.table for t in tables if t.rows)
    hours = vault_hours(case)
    known = logged(case, activity="AzureActivity" in present)
    names = names_of(case)
    steps.next()
    outcomes = run_rules(case, rules, present=present, values=_values(asked), now=now)
    seen = _Seen.of(outcomes, Filter(asked), names)
    steps.next()
    shown, all_visits = _sessions(case, seen, gap)
    steps.next()
    objects, left, traced = _exposure(case, seen, all_visits)
    steps.next()
    findings = seen.findings[:SHOWN_FINDINGS]
    references = [*(r for f in findings for r in f.rows[:SHOWN_ROWS]), *(r for rows in shown.values() for r in rows)]
    events = events_of(case, references, present)
    around = [row for p, rows in shown.items() if p in seen.marked(all_visits) for row in rows]
    picture, happened = timeline(events, findings, around)
    steps.next()
    sources = Sources(case)
    stories = {
        p: shown_session(
            told(all_visits, p, [events[r] for r in rows if r in events]), _touching(p, findings, all_visits), names
        )
        for p, rows in shown.items()
    }
    listed = [o for n, o in enumerate(objects) if o.rotate_now or n < SHOWN_OBJECTS]
    remarks = limits(
        shown={
            "findings": (len(findings), len(seen.findings)),
            "sessions": (len(stories), seen.fitting),
            "object versions": (len(listed), len(objects)),
            "traces of objects that were not handed out": (len(left), traced),
            "events of the timeline": (len(picture), happened),
        }
    )
    judged = judgements(case.entries())
    visited = sessions_of_findings(findings, all_visits)
    told_ids = {s.id for s in stories.values()}
    covered = coverage(case, hours, tables, outcomes, remarks, names.in_text, known)
    return Document(
        schema_version=SCHEMA_VERSION,
        title="Key vault investigation",
        case=place or str(case.path),
        made_at=made_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z",
        made_by=f"keywitness {__version__}",
        custody_head=covered.custody[-1].hash if covered.custody else "",
        scope=asked,
        summary=summary(asked, objects, seen.findings, covered, all_visits.events, seen.outside, names),
        coverage=covered,
        findings=tuple(
            shown_finding(f, events, sources, names, SHOWN_ROWS, judged.get(f.id), visited[f.id]) for f in findings
        ),
        sessions=tuple(stories.values()),
        exposure=_shown_objects(listed, seen, all_visits, names, described(case, present), told_ids),
        timeline=picture,
        incidents=tuple(shown_incident(i, names) for i in incidents(findings)),
        traces=tuple(shown_trace(t, names) for t in left),
        answers=_answers(case, asked, known),
        estate=_estate(case, present, findings),
    )


def _estate(case: Case, present: frozenset[str], findings: Sequence[Finding]) -> Estate | None:
    """The vaults as they stood when the first serious finding began."""
    serious = [f for f in findings if weight(f.severity) <= weight("medium")]
    concerned: dict[str, float] = defaultdict(float)
    for finding in serious:
        for vault in finding.vaults:  # a sweep over all of them says little of each
            concerned[vault] += (4 if finding.severity == "high" else 1) / len(finding.vaults) ** 2
    vaults = sorted(concerned, key=lambda vault: (-concerned[vault], vault))
    return estate(case, present, at=min((f.first_at for f in serious), default=""), vaults=vaults)


class _Steps:
    """Says which step begins."""

    def __init__(self, on_progress: Progress | None) -> None:
        self._on_progress = on_progress
        self._done = 0

    def next(self) -> None:
        if self._on_progress is not None:
            self._on_progress(self._done, len(_STEPS), _STEPS[self._done])
        self._done += 1


@dataclass(slots=True)
class _Seen:
    """What the rules found, and the part of it that was asked about."""

    filter: Filter
    everything: list[Finding]
    findings: list[Finding]
    fitting: int = 0
    sessions: set[int] | None = None

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], filter_: Filter, names: Names) -> _Seen:
        everything = [f for o in outcomes for f in o.findings]
        fitting = [f for f in everything if _asked(f, filter_, names)]
        return cls(filter_, everything, sorted(fitting, key=lambda f: (weight(f.severity), f.first_at, f.id)))

    @property
    def outside(self) -> int:
        return len(self.everything) - len(self.findings)

    def only(self, sessions: set[int], all_visits: Visits) -> None:
        """Leave findings that touch one of the sessions, by position."""
        self.sessions = sessions
        self.findings = [f for f in self.findings if sessions & {all_visits.marks.get(row, -1) for row in f.rows}]

    def marked(self, all_visits: Visits) -> set[int]:
        """Positions of the sessions that findings touch."""
        return {all_visits.marks[row] for f in self.findings for row in f.rows if row in all_visits.marks}


def _asked(found: Finding, filter_: Filter, names: Names) -> bool:
    people = [*found.identities, *found.identity_ids, *found.applications, *(names.of(i) for i in found.identity_ids)]
    return (
        filter_.identity(*people)
        and filter_.address(*found.addresses)
        and filter_.vault(*found.vaults)
        and filter_.object(*found.objects)
        and filter_.time(found.first_at, found.last_at)
    )


def _values(asked: Scope) -> Mapping[str, Mapping[str, Any]]:
    """The watch list, besides the built-in names."""
    if not asked.watchlist:
        return {}
    built_in = _watched_names()
    return {"watched-secret-read": {"WatchedNames": [*built_in, *asked.watchlist]}}


def _watched_names() -> list[str]:
    """The built-in patterns of names that are watched."""
    parameter = next(
        (p for rule in load_rules() if rule.slug == "watched-secret-read" for p in rule.keywitness.parameters), None
    )
    return list(parameter.default) if parameter else []


def _sessions(case: Case, seen: _Seen, gap: timedelta) -> tuple[dict[int, list[str]], Visits]:
    """The sessions to show with the rows of their steps, and all of them."""
    filter_ = seen.filter
    rows = list(dict.fromkeys(row for f in seen.everything for row in f.rows))
    named = rows_of_names(case, filter_)
    all_visits = visits(case, [*rows, *named], int(gap.total_seconds() * TICKS_PER_SECOND))
    marked = seen.marked(all_visits)
    holding = {all_visits.marks[row] for row in named if row in all_visits.marks}
    if filter_.scope.sessions:
        seen.only(set(named_sessions(all_visits, filter_.scope.sessions).values()), all_visits)
    positions = fitting(all_visits, filter_, holding, only=seen.sessions)
    seen.fitting = len(positions)
    return shown_rows(all_visits, chosen(all_visits, marked, positions), marked), all_visits


def _exposure(case: Case, seen: _Seen, all_visits: Visits) -> tuple[tuple[Exposed, ...], tuple[Trace, ...], int]:
    """What was handed out, traces of what was not, and how many of these there are."""
    asked = seen.filter.scope
    everyone = "by a caller or from an address that was asked about" if asked.identities or asked.addresses else ""
    condition = seen.filter.events
    if seen.sessions is not None:
        everyone = f"in a session that was asked about ({', '.join(asked.sessions)})"
        condition = " and ".join(filter(None, (condition, session_condition(all_visits, seen.sessions))))
    reasons = taint(seen.everything, all_visits)
    exports = [f for f in seen.everything if f.rule.slug in ("certificate-export-api", "certificate-export-portal")]
    certificates = [name for f in exports for name in f.objects]
    done = touches(case, reasons, condition)
    left, traced = traces(done, everyone=everyone, most=SHOWN_TRACES)
    return exposed(done, certificates=certificates, everyone=everyone), left, traced


def _shown_objects(
    objects: Sequence[Exposed],
    seen: _Seen,
    all_visits: Visits,
    names: Names,
    inventory: Mapping[str, Described],
    told_ids: set[str],
) -> tuple[Exposure, ...]:
    """Objects with the sessions of their readers, what they open, and how urgent they are.

    Args:
        told_ids: Sessions that the report tells. Of a reader whom nothing makes suspicious only these are named: the
            ids of others lead nowhere. How many there are is said of everybody.
    """
    reading = readings(all_visits)
    worst = severities(seen.everything)
    shown = []
    for item in objects:
        opens = openings(item, seen.everything, inventory)
        sessions = {r: reading(item, r) if r.suspicious else reading(item, r).only(told_ids) for r in item.readers}
        shown.append(shown_exposure(item, sessions, names, opens, grade(item, opens, worst)))
    return tuple(shown)


def _answers(case: Case, asked: Scope, known: Mapping[str, Logged]) -> tuple[Answer, ...]:
    """Whether watched objects were read: those that the logs name, and those that the question names with a vault."""
    patterns = [*_watched_names(), *asked.watchlist, *asked.secrets]
    regex = literal(patterns_regex(patterns))
    query = f"""KeyVaultEvents()
| where isnotempty(ObjectName) and strcat(Vault, "/", ObjectName) matches regex {regex}
| summarize ObjectName = max(ObjectName) by Vault, NameKey = tolower(ObjectName)
| sort by Vault asc, NameKey asc"""
    rows = case.query(with_functions(query), limits=NO_LIMITS).table.to_pylist()
    objects = {(r["Vault"], r["NameKey"]): (r["Vault"], r["ObjectName"]) for r in rows}
    for pattern in patterns:
        vault, _, name = pattern.rpartition("/")
        if vault and not set(pattern) & set("*?"):
            objects.setdefault((vault.lower(), name.lower()), (vault.lower(), name))
    since, until = parse_datetime(asked.since), parse_datetime(asked.until)
    wanted = list(objects.values())[:SHOWN_ANSWERS]
    return tuple(shown_answer(a) for a in was_read(case, wanted, known, since=since, until=until))


def _touching(position: int, findings: Sequence[Finding], all_visits: Visits) -> list[str]:
    return [f.id for f in findings if any(all_visits.marks.get(row) == position for row in f.rows)]
