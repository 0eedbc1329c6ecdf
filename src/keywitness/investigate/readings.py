"""In which sessions an object was read: every session of the reader in the vault at that time."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.detect.finding import Finding
from keywitness.errors import UsageError
from keywitness.exposure.reads import Exposed, Reader
from keywitness.investigate.visits import Visits
from keywitness.kql.literals import format_datetime, parse_datetime
from keywitness.kql.quoting import literal
from keywitness.sessions.clients import applications
from keywitness.sessions.grouping import Ints
from keywitness.sessions.session import session_id

#: Session ids that are told per reader; all sessions are counted, and their kinds told.
TOLD_SESSIONS = 20
_AT_ONCE = 2_000
#: What a session's id is made of; its other columns are wide.
_NAMING = ["caller", "family", "address", "clients", "first"]


@dataclass(frozen=True, slots=True)
class Reading:
    """Sessions in which a reader may have read an object: same caller, address, tool and vault, at that time.

    Args:
        session_ids: The first of them.
        sessions: How many there are.
        kinds: Their classes, each once.
    """

    session_ids: tuple[str, ...] = ()
    sessions: int = 0
    kinds: tuple[str, ...] = ()

    def only(self, ids: Container[str]) -> Reading:
        """With the ids that are among some."""
        return replace(self, session_ids=tuple(id for id in self.session_ids if id in ids))


def readings(all_visits: Visits) -> Callable[[Exposed, Reader], Reading]:
    """Look up sessions by reader and vault."""
    table = all_visits.table
    if not table.num_rows:
        return lambda _item, _reader: Reading()
    vaults = table["vaults"].combine_chunks()
    sizes = pc.list_value_length(vaults).to_numpy()
    position = np.repeat(np.arange(table.num_rows), sizes)
    keys = [table[name].take(position).to_pylist() for name in ("caller", "address", "family")]
    index: dict[tuple[str, str, str, str], list[int]] = {}
    for n, *key in zip(position.tolist(), *keys, pc.list_flatten(vaults).to_pylist(), strict=True):
        index.setdefault(tuple(key), []).append(n)
    first, last = table["first"].to_numpy(), table["last"].to_numpy()
    kinds, named = table["class"], table.select(_NAMING)
    known = applications()

    def of(item: Exposed, reader: Reader) -> Reading:
        family = known[reader.application_id].family if reader.application_id in known else reader.application_id
        places: Ints = np.array(index.get((reader.identity_id, reader.address, family, item.vault), ()), dtype=np.int64)
        since, until = parse_datetime(reader.first_at) or 0, parse_datetime(reader.last_at) or 0
        met = places[(first[places] <= until) & (last[places] >= since)]
        met = met[np.argsort(first[met], kind="stable")]
        told = tuple(map(session_id, named.take(pa.array(met[:TOLD_SESSIONS])).to_pylist()))
        return Reading(told, len(met), tuple(sorted(set(kinds.take(met).to_pylist()))))

    return of


def sessions_of_findings(findings: Iterable[Finding], all_visits: Visits) -> dict[str, tuple[str, ...]]:
    """Per finding the ids of the sessions in which its rows lie, the first in time; rows of other logs lie in none."""
    table = all_visits.table
    met = {f.id: sorted({all_visits.marks[row] for row in f.rows if row in all_visits.marks}) for f in findings}
    places = sorted({place for those in met.values() for place in those})
    rows = table.select(_NAMING).take(pa.array(places, pa.int64()))
    facts = dict(zip(places, rows.to_pylist(), strict=True))
    return {
        id: tuple(session_id(facts[n]) for n in sorted(those, key=lambda n: (facts[n]["first"], n))[:TOLD_SESSIONS])
        for id, those in met.items()
    }


def named_sessions(all_visits: Visits, ids: Sequence[str]) -> dict[str, int]:
    """Positions of sessions by their ids.

    Raises:
        UsageError: If there is no such session.
    """
    table, wanted, found = all_visits.table, set(ids), {}
    columns = table.select(_NAMING)
    for n, facts in enumerate(row for batch in columns.to_batches(_AT_ONCE) for row in batch.to_pylist()):
        if (id := session_id(facts)) in wanted:
            found[id] = n
    missing = sorted(wanted - found.keys())
    if missing:
        raise UsageError(f"there is no session {missing[0]}", help="`keywitness sessions CASE` lists them")
    return found


def session_condition(all_visits: Visits, positions: Iterable[int]) -> str:
    """KQL over `KeyVaultEvents()`: the event belongs to one of the sessions."""
    parts = []
    for position in positions:
        (row,) = all_visits.table.slice(position, 1).to_pylist()
        ids = [id for id, known in applications().items() if known.family == row["family"]] or [row["family"]]
        since, until = format_datetime(row["first"]), format_datetime(row["last"])
        who = f"CallerId == {literal(row['caller'])} and Address == {literal(row['address'])}"
        program = f"AppId in ({literal(ids)}) and Client in ({literal(row['clients'])})"
        parts.append(f"({who} and {program} and TimeGenerated between (datetime({since}) .. datetime({until})))")
    return f"({' or '.join(parts)})" if parts else "false"
