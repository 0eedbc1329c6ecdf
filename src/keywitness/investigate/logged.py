"""What is proven of the log of each vault, from the evidence itself.

Records hour by hour, callers that always call, changes of diagnostic settings in the Activity Log, hours whose file is
missing in a storage folder, evidence that could not be read whole.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.engine.limits import NO_LIMITS
from keywitness.investigate.heartbeat import Heartbeat, heartbeats, silent_hours
from keywitness.investigate.proof import BLOB, HEARTBEAT, HOUR, SETTING, UNREADABLE, Ints, Proof
from keywitness.model.content import with_functions
from keywitness.model.schema import TICKS_PER_SECOND, UNIX_EPOCH_TICKS
from keywitness.model.tables import AUDIT_TABLE, AUDIT_VIEW

if TYPE_CHECKING:
    from keywitness.case import Case
    from keywitness.store.ledger import EvidenceEntry

#: Hours that are looked at one by one: a wrongly dated record must not make it endless.
MOST_HOURS = 24 * 400

_HOURS_QUERY = """KeyVaultEvents()
| summarize Records = count(), FirstAt = min(TimeGenerated), LastAt = max(TimeGenerated)
    by Vault, Hour = bin(TimeGenerated, 1h), CallerId, Item = toint(extract(@"^E(\\d+):", 1, Row))"""
#: Acts on diagnostic settings of vaults. A setting that still names the audit log as enabled takes nothing away.
_SETTINGS_QUERY = r"""ActivityActs()
| where Operation in ("MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE", "MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/WRITE")
| where Succeeded and Resource contains "/providers/microsoft.keyvault/"
| extend Deleted = Operation endswith "/DELETE"
| extend Kept = not(Deleted)
    and Body matches regex @'(?i)category(Group)?[\\"]*\s*:[\s\\"]*(AuditEvent|audit|allLogs)'
    and not(Body matches regex @'(?i)enabled[\\"]*\s*:\s*false')
| project At = FirstAt, Deleted, Kept, Identity, Vault = extract(@"/(?:vaults|managedhsms)/([^/]+)", 1, Resource),
    Row = tostring(Rows[0])"""
#: Where a storage account puts the records of one vault and hour (learn.microsoft.com/azure/azure-monitor).
_BLOB = re.compile(r"/(?:VAULTS|MANAGEDHSMS)/([^/]+)/y=(\d{4})/m=(\d\d)/d=(\d\d)/h=(\d\d)/m=\d\d/[^/]+$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Setting:
    """An act on a diagnostic setting of a vault; `at` in ticks."""

    at: int
    act: str  # deleted | changed | written
    identity: str
    row: str


@dataclass(frozen=True, slots=True)
class TableHours:
    """Rows of one table of a workspace: first and last (ticks), and hours with some."""

    table: str
    first: int
    last: int
    hours: int


@dataclass(frozen=True, slots=True)
class Logged:
    """What is known of the log of one vault.

    Args:
        beats: Callers that always call.
        settings: Acts on its diagnostic settings, in time order.
        missing: Hours (ticks) without a file in storage although records of them stand in other files.
        unreadable: Records that could not be read, in evidence that has records of this vault.
        tables: The tables of a workspace that its rows were exported from; a row of both counts where it came first.
    """

    vault: str
    proof: Proof
    beats: tuple[Heartbeat, ...] = ()
    settings: tuple[Setting, ...] = ()
    missing: tuple[int, ...] = ()
    unreadable: int = 0
    tables: tuple[TableHours, ...] = ()


def logged(case: Case, *, vaults: Iterable[str] = (), activity: bool = True) -> dict[str, Logged]:
    """What is proven of the log of each vault that has audit records.

    Args:
        vaults: Only these, in lower case; all when empty.
        activity: Whether the case has an Activity Log to ask for changes of diagnostic settings.
    """
    table = case.query(with_functions(_HOURS_QUERY), limits=NO_LIMITS).table
    if not table.num_rows:
        return {}
    settings = _settings(case) if activity else {}
    entries = case.evidence()
    names = table["Vault"].combine_chunks().dictionary_encode()
    if isinstance(names, pa.ChunkedArray):
        names = names.combine_chunks()
    code = names.indices.to_numpy(zero_copy_only=False)
    wanted = set(vaults)
    blobs, broken = _blobs(entries), {e.number: e.rejected for e in entries if e.rejected or not e.complete}
    numbers = {t: [e.number for e in entries if t in e.shape] for t in (AUDIT_VIEW, AUDIT_TABLE)}
    tables = {t: np.array(found, dtype=np.int64) for t, found in numbers.items()}
    made = {}
    for n, name in enumerate(names.dictionary.to_pylist()):
        if not wanted or name in wanted:
            cells = _Cells.of(table.filter(pa.array(code == n)))
            found = _logged(name, cells, blobs.get(name, {}), broken, settings.get(name, ()))
            made[name] = replace(found, tables=tuple(_tables(cells, tables)))
    return made


@dataclass(frozen=True, slots=True)
class _Cells:
    """The counted records of one vault: one entry per hour, caller and evidence item."""

    start: int
    hours: int
    place: Ints
    records: Ints
    first: Ints
    last: Ints
    item: Ints
    callers: pa.Array

    @classmethod
    def of(cls, table: pa.Table) -> _Cells:
        hour = table["Hour"].to_numpy()
        end = int(hour.max()) + HOUR
        start = max(int(hour.min()), end - MOST_HOURS * HOUR)
        kept = table.filter(pa.array(hour >= start))
        place = (kept["Hour"].to_numpy() - start) // HOUR
        records, first, last = (kept[name].to_numpy() for name in ("Records", "FirstAt", "LastAt"))
        item = pc.fill_null(kept["Item"], 0).to_numpy()
        callers = kept["CallerId"].combine_chunks()
        return cls(start, (end - start) // HOUR, place, records, first, last, item, callers)

    def proof(self, doubts: Ints) -> Proof:
        """The proof, with what speaks against each hour."""
        records = np.zeros(self.hours, dtype=np.int64)
        first = np.full(self.hours, np.iinfo(np.int64).max)
        last = np.zeros(self.hours, dtype=np.int64)
        np.add.at(records, self.place, self.records)
        np.minimum.at(first, self.place, self.first)
        np.maximum.at(last, self.place, self.last)
        return Proof(self.start, records, first, last, doubts)

    def presence(self) -> dict[str, Any]:
        """By caller, in which hours it called."""
        encoded = self.callers.dictionary_encode()
        code = encoded.indices.to_numpy(zero_copy_only=False)
        found = {}
        for n, caller in enumerate(encoded.dictionary.to_pylist()):
            if caller:
                hours = np.zeros(self.hours, dtype=np.bool_)
                hours[self.place[code == n]] = True
                found[caller] = hours
        return found

    def index(self, tick: int) -> int:
        """The hour of a tick, which may lie outside."""
        return (tick - self.start) // HOUR


def _logged(
    name: str, cells: _Cells, blobs: Mapping[int, set[int]], broken: Mapping[int, int], settings: Sequence[Setting]
) -> Logged:
    doubts = np.zeros(cells.hours, dtype=np.int64)
    beats = heartbeats(cells.presence())
    doubts[silent_hours(beats, cells.hours)] |= HEARTBEAT
    for setting in settings:
        place = cells.index(setting.at)
        if setting.act != "written" and 0 <= place < cells.hours:
            doubts[place] |= SETTING
    missing = _missing(cells, blobs, doubts)
    unreadable = _unreadable(cells, blobs, broken, doubts)
    return Logged(name, cells.proof(doubts), beats, tuple(settings), missing, unreadable)


def _tables(cells: _Cells, tables: Mapping[str, Ints]) -> Iterator[TableHours]:
    for table, items in tables.items():
        own = np.isin(cells.item, items)
        if own.any():
            hours = len(np.unique(cells.place[own]))
            yield TableHours(table, int(cells.first[own].min()), int(cells.last[own].max()), hours)


def _missing(cells: _Cells, blobs: Mapping[int, set[int]], doubts: Ints) -> tuple[int, ...]:
    """Doubt hours whose file is missing although the hours before and after have one.

    Records reach a file when they are received: the next hour's file holds some of this hour's, and they prove nothing.
    Records from other evidence, an export of the workspace, do.
    """
    if not blobs:
        return ()
    have = np.array(sorted(blobs), dtype=np.int64)
    between = np.arange(have[0], have[-1] + HOUR, HOUR)
    gone = np.setdiff1d(between, have)
    numbers = np.array(sorted({n for items in blobs.values() for n in items}), dtype=np.int64)
    elsewhere = np.zeros(cells.hours, dtype=np.bool_)
    elsewhere[cells.place[~np.isin(cells.item, numbers)]] = True
    places = (gone - cells.start) // HOUR
    inside = (places >= 0) & (places < cells.hours)
    places = places[inside]
    lost = places[~elsewhere[places]]
    doubts[lost] |= BLOB
    late = np.isin(lost, cells.place)
    return tuple((cells.start + lost[late] * HOUR).tolist())


def _unreadable(cells: _Cells, blobs: Mapping[int, set[int]], broken: Mapping[int, int], doubts: Ints) -> int:
    """Doubt the hours of evidence that was not read whole; gives how many records are missing."""
    count = 0
    of_blob = {number: hour for hour, items in blobs.items() for number in items}
    for number, rejected in broken.items():
        own = cells.place[cells.item == number]
        if number in of_blob:  # a record may reach the file of the next hour
            place = cells.index(of_blob[number])
            low, high = place - 1, place
        elif len(own):
            low, high = int(own.min()), int(own.max())
        else:
            continue
        doubts[max(low, 0) : max(high + 1, 0)] |= UNREADABLE
        count += rejected
    return count


def _blobs(entries: Sequence[EvidenceEntry]) -> dict[str, dict[int, set[int]]]:
    """By vault, the hours (ticks) that a storage folder has a file of, and its items."""
    found: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for entry in entries:
        path = "/" + "/".join(filter(None, (entry.path, entry.member))).replace("\\", "/")
        match = _BLOB.search(path)
        if match and (hour := _hour(*map(int, match.groups()[1:]))) is not None:
            found[match[1].lower()][hour].add(entry.number)
    return found


def _hour(year: int, month: int, day: int, hour: int) -> int | None:
    try:
        since = datetime(year, month, day, hour, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    except ValueError:
        return None
    return UNIX_EPOCH_TICKS + int(since.total_seconds()) * TICKS_PER_SECOND


def _settings(case: Case) -> dict[str, list[Setting]]:
    found: dict[str, list[Setting]] = defaultdict(list)
    for row in _rows(case):
        act = "deleted" if row["Deleted"] else "written" if row["Kept"] else "changed"
        found[row["Vault"]].append(Setting(row["At"], act, row["Identity"], row["Row"]))
    return found


def _rows(case: Case) -> Iterator[dict[str, Any]]:
    yield from case.query(with_functions(f"{_SETTINGS_QUERY}\n| sort by At asc"), limits=NO_LIMITS).table.to_pylist()
