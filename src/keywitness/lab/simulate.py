"""Raw Azure logs of an invented company, with or without an attack, and the truth about them.

The bulk (machines reading vaults) is made in columns; everything that people do is written record by record. Time is
cut into slices of whole hours, so memory does not grow with the number of events.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from keywitness.errors import UsageError
from keywitness.lab.administration import write_vault_logging
from keywitness.lab.blobs import BlobWriter, audit_folder
from keywitness.lab.columns import (
    TICKS_PER_DAY,
    TICKS_PER_HOUR,
    guid_column,
    mixed,
    seconds_column,
    ticks_of,
    time_column,
    time_one,
    uti_column,
)
from keywitness.lab.company import MINIMUM_VAULTS, Company, build_company
from keywitness.lab.directory import write_machine_sign_ins
from keywitness.lab.inventory.answers import able_at, opened_by
from keywitness.lab.inventory.exports import Tenant, write_inventory
from keywitness.lab.journal import Journal, Record, Stay
from keywitness.lab.office import write_office_days
from keywitness.lab.profiles import COMPANIES
from keywitness.lab.scenario import Story
from keywitness.lab.scenarios import scenario_of
from keywitness.lab.traffic import Rows, Traffic, expected_rows
from keywitness.lab.truth import (
    SCHEMA_VERSION,
    Counts,
    Exposed,
    Gap,
    Line,
    Lookalike,
    Session,
    Step,
    Truth,
    write_truth,
)
from keywitness.lab.workload import Workload
from keywitness.lab.workloads import build_workloads, posture_scanner

DEFAULT_START = datetime(2025, 7, 7, tzinfo=UTC)  # a Monday
WATCHED_SECRETS = ("BreakGlassAccountTenant", "BreakGlassAccountAzure")
_ROWS_PER_SLICE = 500_000
_ROWS_PER_CHUNK = 60_000
_COPIED_SHARE = 0.2  # of the time, at its beginning: one vault's records reach a second storage account too
SECOND_ACCOUNT = "second-storage-account"

#: Called with how many hours of how many are written, and a remark.
Progress = Callable[[int, int, str], None]


def simulate(
    out: Path,
    *,
    days: int = 14,
    vaults: int | None = None,
    seed: int = 1,
    events: int | None = None,
    scenario: str = "article",
    company: str = "contoso",
    start: datetime = DEFAULT_START,
    on_progress: Progress | None = None,
) -> Truth:
    """Write `out/logs/...`, `out/inventory/...`, `out/watchlist.csv` and, when all is done, `out/truth.json`.

    Args:
        out: A folder, there or not yet.
        days: Whole days from `start`.
        vaults: Key vaults of the company, at least 8; None for its own number.
        seed: Equal seeds and parameters give equal bytes.
        events: About how many AuditEvent records; None for what the company makes of itself.
        scenario: One of `SCENARIOS`, or several joined by `+`.
        company: One of `COMPANIES`.
        start: Midnight UTC of the first day.
        on_progress: Told after every slice of time.

    Raises:
        UsageError: If a parameter cannot be meant, or `out` holds logs or a truth already.
    """
    if company not in COMPANIES:
        raise UsageError(f"there is no company '{company}'", help="companies: " + ", ".join(COMPANIES))
    profile = COMPANIES[company]
    vaults = profile.vaults if vaults is None else vaults
    _check(out, days, vaults, events, scenario, start)
    begin = ticks_of(start)
    run = _Run(out, build_company(seed, vaults, profile), begin, begin + days * TICKS_PER_DAY, on_progress or _quiet)
    run.tell(scenario)
    run.plan(events)
    run.write()
    tenant = Tenant.of(run.company, run.workloads, run.journal, begin)
    write_inventory(tenant, out / "inventory", (begin, run.end))
    truth = run.truth(scenario, tenant)
    (out / "watchlist.csv").write_text("SecretName\n" + "".join(f"{name}\n" for name in WATCHED_SECRETS))
    write_truth(truth, out / "truth.json")
    return truth


def _check(out: Path, days: int, vaults: int, events: int | None, scenario: str, start: datetime) -> None:
    scenario_of(scenario)
    if days < 1 or vaults < MINIMUM_VAULTS:
        raise UsageError(f"a simulation needs at least 1 day and {MINIMUM_VAULTS} vaults")
    if events is not None and events < 1:
        raise UsageError("--events must be at least 1")
    if start.tzinfo is None or ticks_of(start) % TICKS_PER_DAY:
        raise UsageError("the start must be a midnight in UTC")
    if any((out / name).exists() for name in ("logs", "inventory", "truth.json", "watchlist.csv")):
        raise UsageError(f"{out} holds logs already", help="name a folder that does not exist yet")


def _quiet(done: int, total: int, remark: str) -> None:
    """No one listens."""


@dataclass(slots=True)
class _Run:
    """One simulation: company, journal, traffic and what was written."""

    out: Path
    company: Company
    begin: int
    end: int
    progress: Progress
    journal: Journal = field(init=False)
    story: Story = field(init=False)
    workloads: tuple[Workload, ...] = ()
    traffic: Traffic = field(init=False)
    slice_hours: int = 24
    writer: BlobWriter = field(init=False)
    silences: dict[int, list[tuple[int, int, str]]] = field(default_factory=dict)
    steps: dict[str, list[tuple[int, Line]]] = field(default_factory=dict)
    lines: Counter[str] = field(default_factory=Counter)
    unique: Counter[str] = field(default_factory=Counter)
    late: int = 0

    def __post_init__(self) -> None:
        self.journal = Journal(self.company)
        self.writer = BlobWriter(self.out / "logs")

    # ---- before writing ----

    def tell(self, scenario: str) -> None:
        """Ordinary days and the scenario's records."""
        # what the scenario turns, ordinary days must know before it is told
        self.journal.turned = scenario_of(scenario)(Journal(self.company), self.begin, self.end).policy_spans
        write_office_days(self.journal, self.begin, self.end, self.company.people)
        write_vault_logging(self.journal, self.begin, self.begin + self._late_start())
        self.story = scenario_of(scenario)(self.journal, self.begin, self.end)
        self.silences = self._silences()

    def _silences(self) -> dict[int, list[tuple[int, int, str]]]:
        length, end = self.end - self.begin, self.end + TICKS_PER_DAY
        first = self._late_start()
        gap = self.begin + int(length * 0.4) // TICKS_PER_HOUR * TICKS_PER_HOUR
        made = {
            self.company.quiet_vault: [(self.begin, end, "no diagnostic setting: known from the Activity Log alone")],
            self.company.late_vault: [(self.begin, self.begin + first, "logging was switched on later")],
            self.company.gap_vault: [(gap, gap + min(19 * TICKS_PER_HOUR, length // 6), "records lost on the way")],
        }
        for vault, (since, why) in self.story.silenced.items():
            made.setdefault(vault, []).append((since, end, why))
        return made

    def _late_start(self) -> int:
        """Ticks after the beginning at which the late vault's logging is switched on."""
        return int((self.end - self.begin) * 0.18) // TICKS_PER_HOUR * TICKS_PER_HOUR

    def plan(self, events: int | None) -> None:
        """Set the pace of the machines so that about `events` audit records result."""
        self.workloads = build_workloads(self.company)
        seconds = (self.end - self.begin) / TICKS_PER_HOUR * 3600
        spoken = sum(record.category == "AuditEvent" for record in self.journal.records)
        shares = self._logged_shares()

        def expected(factor: float) -> float:
            return spoken + sum(
                expected_rows(workload, factor, seconds) * shares[workload.vault] for workload in self.workloads
            )

        factor = 1.0 if events is None else _solve(expected, float(events))
        self.traffic = Traffic.planned(
            self.workloads, self.begin, self.end, factor, self.company.seed, self.story.policy_spans
        )
        per_hour = max(expected(factor), 1.0) * 3600 / seconds
        self.slice_hours = max(1, min(24, int(_ROWS_PER_SLICE / per_hour)))

    def _logged_shares(self) -> list[float]:
        length = self.end - self.begin
        shares = [1.0] * len(self.company.vaults)
        for vault, spans in self.silences.items():
            silent = sum(min(until, self.end) - max(since, self.begin) for since, until, _ in spans)
            shares[vault] = max(0.0, 1 - silent / length)
        return shares

    # ---- writing ----

    def write(self) -> None:
        """All blobs: the vaults' slice by slice, then the other logs."""
        spoken = [record for record in self.journal.records if record.category == "AuditEvent"]
        self.journal.records = [record for record in self.journal.records if record.category != "AuditEvent"]
        spoken_rows = _spoken_rows(spoken)
        waiting = Rows.empty()
        total = (self.end - self.begin) // TICKS_PER_HOUR
        for since, until in self._slices():
            made, tokens = self.traffic.rows(since, until)
            write_machine_sign_ins(self.journal, tokens, self.begin)
            mine = spoken_rows.take((spoken_rows.at >= since) & (spoken_rows.at < until))
            rows = self._heard(Rows.joined([waiting, made, mine]))
            now = rows.hour < until // TICKS_PER_HOUR
            last = until >= self.end
            waiting = Rows.empty() if last else rows.take(~now)
            self._write_audit(rows if last else rows.take(now), spoken)
            self.progress((until - self.begin) // TICKS_PER_HOUR, total, "vault logs")
        self._write_others()
        self.progress(total, total, "directory and activity logs")

    def _slices(self) -> Iterator[tuple[int, int]]:
        step = self.slice_hours * TICKS_PER_HOUR
        for since in range(self.begin, self.end, step):
            yield since, min(since + step, self.end)

    def _heard(self, rows: Rows) -> Rows:
        """Without the records of vaults that were silent."""
        kept = np.ones(len(rows), dtype=bool)
        for vault, spans in self.silences.items():
            for since, until, _ in spans:
                kept &= ~((rows.vault == vault) & (rows.at >= since) & (rows.at < until))
        return rows.take(kept)

    def _write_audit(self, rows: Rows, spoken: Sequence[Record]) -> None:
        rows = rows.take(np.lexsort((rows.key, rows.template, rows.order, rows.hour, rows.vault)))
        blobs = np.flatnonzero(np.diff(rows.vault, prepend=-1) | np.diff(rows.hour, prepend=-1))
        edges = [*blobs.tolist(), len(rows)]
        place = 0
        while place < len(edges) - 1:
            after = place + 1
            while after < len(edges) - 1 and edges[after + 1] - edges[place] <= _ROWS_PER_CHUNK:
                after += 1
            chunk = rows.take(np.arange(edges[place], edges[after]))
            lines = self._rendered(chunk, spoken)
            for blob in range(place, after):
                first, last = edges[blob] - edges[place], edges[blob + 1] - edges[place]
                self._write_blob(chunk, first, last, lines[first:last], spoken)
            place = after
        self.lines["AuditEvent"] += len(rows)
        self.late += int((rows.hour != rows.at // TICKS_PER_HOUR).sum())

    def _write_blob(self, chunk: Rows, first: int, last: int, lines: list[bytes], spoken: Sequence[Record]) -> None:
        vault, hour = self.company.vaults[int(chunk.vault[first])], int(chunk.hour[first])
        path = self.writer.write(audit_folder(vault), hour, lines)
        self.unique["AuditEvent"] += len(set(lines))
        copied_until = self.begin + (self.end - self.begin) * _COPIED_SHARE
        if vault.index == self.company.twice_vault and hour * TICKS_PER_HOUR < copied_until:
            self.writer.write(f"{SECOND_ACCOUNT}/{audit_folder(vault)}", hour, lines)
            self.lines["AuditEvent"] += len(lines)
        for number in np.flatnonzero(chunk.template[first:last] < 0).tolist():
            record = spoken[-1 - int(chunk.template[first + number])]
            self._point(record, path, number + 1)

    def _point(self, record: Record, path: str, number: int) -> None:
        """Remember where a record of the scenario came to stand."""
        if not record.step:
            return
        digest = hashlib.sha256(record.line.rstrip(b"\n")).hexdigest()
        line = Line(file=f"logs/{path}", line=number, sha256=digest)
        self.steps.setdefault(record.step, []).append((record.at, line))

    def _rendered(self, rows: Rows, spoken: Sequence[Record]) -> list[bytes]:
        """The rows as lines, in their order: grouped by template, each group filled in one sweep."""
        order = np.argsort(rows.template, kind="stable")
        grouped = rows.take(order)
        issued = np.maximum(grouped.issued, 1_000_000_000)
        lives = np.asarray(self.traffic.lives, dtype=np.int64)[np.maximum(grouped.template, 0)]
        times, ids = time_column(grouped.at).tolist(), guid_column(grouped.key).tolist()
        utis, since = uti_column(grouped.token).tolist(), seconds_column(issued - 300).tolist()
        until, durations = seconds_column(issued + lives).tolist(), _durations(grouped).tolist()
        starts = np.flatnonzero(np.diff(grouped.template, prepend=np.int32(-(2**31)))).tolist()
        made: list[bytes] = []
        for first, last in zip(starts, [*starts[1:], len(grouped)], strict=True):
            template = int(grouped.template[first])
            part = slice(first, last)
            if template < 0:
                made += [spoken[-1 - template].line] * (last - first)
            elif self.traffic.has_token[template]:
                slots = zip(
                    times[part],
                    ids[part],
                    utis[part],
                    since[part],
                    until[part],
                    since[part],
                    durations[part],
                    strict=True,
                )
                made += map(self.traffic.templates[template].__mod__, slots)
            else:
                made += map(
                    self.traffic.templates[template].__mod__, zip(times[part], ids[part], durations[part], strict=True)
                )
        back = np.empty(len(order), dtype=np.int64)
        back[order] = np.arange(len(order))
        if len(back) < 2:
            return made
        return list(itemgetter(*back.tolist())(made))

    def _write_others(self) -> None:
        records = sorted(self.journal.records, key=lambda r: (r.folder, r.at // TICKS_PER_HOUR, r.at, r.line))
        for (folder, hour), group in _runs(records):
            path = self.writer.write(folder, hour, [record.line for record in group])
            for number, record in enumerate(group, 1):
                self._point(record, path, number)
                self.lines[record.category] += 1
                self.unique[record.category] += 1

    # ---- after writing ----

    def truth(self, scenario: str, tenant: Tenant) -> Truth:
        company = self.company
        lines, unique = sum(self.lines.values()), sum(self.unique.values())
        return Truth(
            schema_version=SCHEMA_VERSION,
            scenario=scenario,
            company=company.profile.name,
            seed=company.seed,
            since=time_one(self.begin),
            until=time_one(self.end),
            tenant=company.tenant,
            actors=tuple(self.story.actors),
            steps=tuple(self._steps()),
            exposed=tuple(map(self._witnessed, self.story.exposed)),
            sessions=(*self._machines(), *map(_session, self.journal.stays)),
            lookalikes=(*_lookalikes(company, self.workloads), *self.journal.lookalikes),
            gaps=tuple(self._gaps()),
            watched_secrets=WATCHED_SECRETS,
            opens=tuple(opened_by(tenant, self.story.exposed)),
            able=tuple(able_at(tenant, self.begin)),
            counts=Counts(
                lines=lines,
                unique=unique,
                copies=lines - unique,
                late=self.late,
                files=self.writer.files,
                bytes=self.writer.written,
                by_category=dict(sorted(self.lines.items())),
                unique_by_category=dict(sorted(self.unique.items())),
            ),
        )

    def _witnessed(self, item: Exposed) -> Exposed:
        """What was taken while its vault was silent stands in no log, whoever silenced it."""
        spans = next((s for n, s in self.silences.items() if self.company.vaults[n].name == item.vault), [])
        silent = any(time_one(since) <= item.at < time_one(until) for since, until, _ in spans)
        return msgspec.structs.replace(item, logged=item.logged and not silent)

    def _machines(self) -> Iterator[Session]:
        """Machines are what they are all the time, at each of their addresses."""
        seen = set()
        for workload in self.workloads:
            for request in (request for burst in workload.burst for request in burst if request.principal):
                key = workload.principal.oid, request.address, workload.classes
                if key not in seen:
                    seen.add(key)
                    yield Session(
                        identity=key[0],
                        address=key[1],
                        since=time_one(self.begin),
                        until=time_one(self.end),
                        classes=workload.classes,
                    )

    def _steps(self) -> Iterator[Step]:
        for draft in self.story.steps:
            found = sorted(self.steps.get(draft.id, ()), key=lambda pair: (pair[0], pair[1].file, pair[1].line))
            yield Step(
                id=draft.id,
                name=draft.name,
                technique=draft.technique,
                at=time_one(found[0][0]),
                until=time_one(found[-1][0]),
                vault=draft.vault,
                identity=draft.identity,
                address=draft.address,
                application=draft.application,
                object=draft.object,
                expected_rules=draft.expected_rules,
                records=tuple(line for _, line in found),
            )

    def _gaps(self) -> Iterator[Gap]:
        for vault, spans in sorted(self.silences.items()):
            for since, until, why in spans:
                yield Gap(
                    vault=self.company.vaults[vault].name,
                    since=time_one(since),
                    until=time_one(min(until, self.end)),
                    why=why,
                )


def _session(stay: Stay) -> Session:
    return Session(
        identity=stay.identity,
        address=stay.address,
        since=time_one(stay.since),
        until=time_one(stay.until),
        classes=stay.classes,
        step=stay.step,
    )


def _solve(expected: Callable[[float], float], wanted: float) -> float:
    """The pace at which `expected` is `wanted`, by bisection."""
    low, high = 1e-4, 1e5
    for _ in range(70):
        middle = (low * high) ** 0.5
        if expected(middle) < wanted:
            low = middle
        else:
            high = middle
    return float((low * high) ** 0.5)


def _spoken_rows(spoken: Sequence[Record]) -> Rows:
    """Records made in full, as rows: template -1 is the first, -2 the second."""
    at = np.array([record.at for record in spoken], dtype=np.int64)
    zeros = np.zeros(len(spoken), dtype=np.int64)
    return Rows(
        template=-1 - np.arange(len(spoken), dtype=np.int32),
        at=at,
        issued=zeros,
        token=zeros.astype(np.uint64),
        key=zeros.astype(np.uint64),
        vault=np.array([record.vault for record in spoken], dtype=np.int32),
        hour=at // TICKS_PER_HOUR,
        order=at,
    )


def _durations(rows: Rows) -> npt.NDArray[np.bytes_]:
    """Milliseconds as digits: most requests take some tens, few hundreds. Whole numbers only: exact anywhere."""
    u = (mixed(rows.key ^ np.uint64(0xD0)) % np.uint64(1 << 20)).astype(np.int64)
    bell = (u % 1024 + u // 1024) // 2
    table = np.array([str(6 + n // 21 + 180 * n**8 // 1023**8) for n in range(1024)], dtype="S4")
    return np.asarray(table[bell])


def _runs(records: Sequence[Record]) -> Iterator[tuple[tuple[str, int], list[Record]]]:
    group: list[Record] = []
    for record in records:
        if group and (group[0].folder, group[0].at // TICKS_PER_HOUR) != (record.folder, record.at // TICKS_PER_HOUR):
            yield (group[0].folder, group[0].at // TICKS_PER_HOUR), group
            group = []
        group.append(record)
    if group:
        yield (group[0].folder, group[0].at // TICKS_PER_HOUR), group


def _lookalikes(company: Company, workloads: Sequence[Workload]) -> tuple[Lookalike, ...]:
    scanner = posture_scanner(company)
    made = [
        Lookalike(
            identity=scanner.oid,
            name=scanner.name,
            aliases=scanner.aliases,
            looks_like=("unauthorised-access-pattern", "vault-listing-sweep"),
            why="the company's own auditor lists every vault each morning from one address",
        )
    ]
    for workload in workloads:
        if workload.name.startswith("pipeline-"):
            rules, why = ("list-then-read",), "a release pipeline lists and reads the secrets of its own vault"
        elif workload.name.startswith("agw-"):
            rules, why = ("certificate-export-api",), "an application gateway reads its own certificate"
        else:
            continue
        who = workload.principal
        made.append(Lookalike(identity=who.oid, name=who.name, aliases=who.aliases, looks_like=rules, why=why))
    return tuple(made)
