"""One row per session, in columns: who, from where, when, how it was made."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.sessions.clients import KINDS, application_name, applications, client_named
from keywitness.sessions.grouping import Bools, Groups, Ints, codes, group, ticks

#: The events that a session table is made of. Requests without an identity belong to nobody's session.
EVENTS_QUERY = """KeyVaultEvents()
| where isnotempty(CallerId)
| project TimeGenerated, Operation, Status, Vault, CallerId, Identity, AppId, Address, Client, Portal, IsUser,
    ManagedIdentity, Row"""

#: Operations whose presence or order says how a session was made, as bits.
OPERATION_BITS = {
    "VaultGet": 1,
    "SecretList": 2,
    "SecretListVersions": 4,
    "SecretGet": 8,
    "CertificateList": 16,
    "CertificateListVersions": 32,
    "CertificateGet": 64,
    "KeyList": 128,
}
LISTING = OPERATION_BITS["SecretList"] | OPERATION_BITS["CertificateList"] | OPERATION_BITS["KeyList"]
KIND_BITS = {kind: 1 << n for n, kind in enumerate(KINDS)}
#: Orders that the portal's pages produce.
PORTAL_ORDERS = (
    ("VaultGet", "SecretList", "SecretListVersions", "SecretGet"),
    ("SecretList", "SecretListVersions", "SecretGet"),
    ("CertificateList", "CertificateListVersions", "SecretGet"),
)
#: Row references kept per session that no wanted row marks: enough to show it, bounded for those that never end.
KEPT_STEPS = 200
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Sessions:
    """A part of the case as sessions.

    Args:
        table: One row per session; see `_columns`.
        marks: For each wanted row that was met: the position of its session in `table`.
        events: Events read.
    """

    table: pa.Table
    marks: dict[str, int]
    events: int


def sessions_of(events: pa.Table, gap: int, wanted: pa.Array | None = None) -> Sessions:
    """Make the session table of some events.

    Does not show: reads answered from a client's cache; two people behind one service principal and address.

    Args:
        events: Columns of `EVENTS_QUERY`; all events of each caller that occurs.
        gap: Longest silence inside a session, in ticks.
        wanted: Row references to find the sessions of.
    """
    at = ticks(events["TimeGenerated"])
    caller, _ = codes(events["CallerId"])
    address, _ = codes(events["Address"])
    app, app_ids = codes(events["AppId"])
    known = applications()
    families = [known[a].family if a in known else a for a in app_ids]
    family_index = {name: n for n, name in enumerate(dict.fromkeys(families))}
    family = np.array([family_index[f] for f in families], dtype=np.int64)[app] if families else app
    groups = group(at, [address, family, caller], gap)
    marks = _marks(events, groups, wanted)
    table = _columns(events, groups, app, app_ids, families, marks)
    return Sessions(table, marks, len(at))


def _marks(events: pa.Table, groups: Groups, wanted: pa.Array | None) -> dict[str, int]:
    if wanted is None or not len(wanted):
        return {}
    met = pc.is_in(events["Row"], value_set=wanted).to_numpy()
    session = np.empty(len(groups.order), dtype=np.int64)
    session[groups.order] = groups.session
    positions = np.flatnonzero(met)
    rows = events["Row"].take(pa.array(positions)).to_pylist()
    return dict(zip(rows, session[positions].tolist(), strict=True))


def _columns(
    events: pa.Table, groups: Groups, app: Ints, app_ids: list[str], families: list[str], marks: dict[str, int]
) -> pa.Table:
    order = groups.order
    first_event = pa.array(order[groups.starts])
    operation, operation_names = codes(events["Operation"])
    client, clients = codes(events["Client"])
    status = pc.fill_null(pc.cast(events["Status"], pa.int64()), 0).to_numpy()[order]
    operation_bit = _bits(operation, [OPERATION_BITS.get(o, 0) for o in operation_names])[order]
    known = applications()
    app_bit = _bits(app, [KIND_BITS.get(known[a].kind, 0) if a in known else 0 for a in app_ids])[order]
    client_bit = _bits(client, [KIND_BITS.get(client_named(c).kind, 0) for c in clients])[order]
    users = _any(_flags(events["IsUser"])[order], groups)
    marked = _any(_flags(events["Portal"])[order], groups)
    managed = events["ManagedIdentity"].take(first_event)
    operations = _or(operation_bit, groups)
    app_kinds, client_kinds = _or(app_bit, groups), _or(client_bit, groups)
    ordered = _portal_order(operation, operation_names, groups)
    kinds = _kinds(operations, app_kinds, client_kinds, marked, ordered, users)
    family_names = np.array(families, dtype=object)[app] if families else np.array([], dtype=object)
    return pa.table(
        {
            "caller": events["CallerId"].take(first_event),
            "identity": events["Identity"].take(first_event),
            "app_id": events["AppId"].take(first_event),
            "family": pa.array(family_names[order[groups.starts]], pa.string()),
            "address": events["Address"].take(first_event),
            "managed": managed,
            "kind": pa.array([KINDS[k] for k in kinds], pa.string()),
            "first": groups.at[groups.starts],
            "last": groups.at[groups.ends],
            "count": groups.counts,
            "failures": np.add.reduceat((status >= 400).astype(np.int64), groups.starts) if len(groups) else status,
            "operations": operations,
            "app_kinds": app_kinds,
            "client_kinds": client_kinds,
            "portal_order": ordered,
            "portal_marker": marked,
            "user": users,
            "clients": _distinct(client[order], clients, groups),
            "vaults": _distinct(*_ordered_codes(events["Vault"], order), groups),
            "rows": _kept_rows(events["Row"], groups, marks),
        }
    )


def _bits(code: Ints, values: list[int]) -> Ints:
    return np.array(values, dtype=np.int64)[code] if values else code


def _flags(column: pa.ChunkedArray) -> Bools:
    flags: Bools = pc.fill_null(column, False).to_numpy().astype(np.bool_)
    return flags


def _or(bits: Ints, groups: Groups) -> Ints:
    return np.bitwise_or.reduceat(bits, groups.starts) if len(groups) else bits


def _any(flags: Bools, groups: Groups) -> Bools:
    return np.logical_or.reduceat(flags, groups.starts) if len(groups) else flags


def _ordered_codes(column: pa.ChunkedArray, order: Ints) -> tuple[Ints, list[str]]:
    code, names = codes(column)
    return code[order], names


def _portal_order(operation: Ints, names: list[str], groups: Groups) -> Bools:
    """Sessions in which the operations of a portal page begin in the page's order."""
    ordered = operation[groups.order]
    position = np.arange(len(ordered), dtype=np.int64)
    found = np.zeros(len(groups), dtype=np.bool_)
    if not len(groups):
        return found
    firsts: dict[str, Ints] = {}
    for name in {n for page in PORTAL_ORDERS for n in page}:
        code = names.index(name) if name in names else -1
        firsts[name] = np.minimum.reduceat(np.where(ordered == code, position, _NEVER), groups.starts)
    for page in PORTAL_ORDERS:
        in_order = firsts[page[-1]] < _NEVER
        for earlier, later in pairwise(page):
            in_order &= firsts[earlier] < firsts[later]
        found |= in_order
    return found


def _kinds(operations: Ints, app: Ints, client: Ints, marker: Bools, ordered: Bools, user: Bools) -> Ints:
    """The kind of each session as an index into KINDS. The token's application id outweighs the agent."""
    lists = (operations & LISTING) != 0

    def has(bits: Ints, kind: str) -> Bools:
        return np.asarray((bits & KIND_BITS[kind]) != 0)

    browser = has(client, "portal")
    choices = [
        (has(app, "portal") | (browser & (marker | ordered)), "portal"),
        (has(app, "powershell"), "powershell"),
        (has(app, "cli"), "cli"),
        (has(app, "automation") & ~user, "automation"),
        (has(client, "powershell"), "powershell"),
        (has(client, "cli"), "cli"),
        (~user & ~lists, "automation"),
        (has(client, "sdk"), "sdk"),
        (~user, "automation"),
    ]
    picked = [np.full(len(user), KINDS.index(kind)) for _, kind in choices]
    return np.select([c for c, _ in choices], picked, KINDS.index("unknown")).astype(np.int64)


def _distinct(code: Ints, names: list[str], groups: Groups) -> pa.ListArray:
    """The different values of each session, as lists."""
    width = max(len(names), 1)
    pairs = np.unique(groups.session * width + code)
    offsets = np.searchsorted(pairs // width, np.arange(len(groups) + 1))
    values = pa.array(names, pa.string()).take(pa.array(pairs % width))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)


def _kept_rows(rows: pa.ChunkedArray, groups: Groups, marks: dict[str, int]) -> pa.ListArray:
    """The first row references of each session; of marked sessions all."""
    whole = np.zeros(len(groups), dtype=np.bool_)
    whole[list(set(marks.values()))] = True
    rank = np.arange(len(groups.order)) - groups.starts[groups.session] if len(groups) else groups.order
    kept = np.flatnonzero((rank < KEPT_STEPS) | whole[groups.session]) if len(groups) else rank
    offsets = np.searchsorted(groups.session[kept], np.arange(len(groups) + 1))
    values = rows.take(pa.array(groups.order[kept]))
    flat = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat)


def application_of(row: dict[str, object]) -> str:
    """How a session's application is called: its managed identity, its family's name, or its id."""
    managed = str(row["managed"] or "")
    family = str(row["family"] or "")
    return managed or application_name(family)
