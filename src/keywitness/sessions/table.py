"""One row per session, in columns: who, from where, when, what class it is of, and what does not fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.model.schema import TICKS_PER_SECOND
from keywitness.model.session_class import Mismatch, SessionClass
from keywitness.sessions.classes import CONFIDENCES, Facts, class_content, decided
from keywitness.sessions.events import Coded, Codes, Events, events_of
from keywitness.sessions.facts import facts_of
from keywitness.sessions.grouping import Bools, Groups, Ints, combined, first_of_each, group
from keywitness.sessions.habits import habit_days, networks, tokens_in_two_places, two_places, unusual
from keywitness.sessions.programs import Programs, families_of, programs_of

#: Row references kept per session that no wanted row marks: enough to show it, bounded for those that never end.
KEPT_STEPS = 200
#: Longest silence that one token of a person bridges: Entra's own lifetimes of access tokens end there.
TOKEN_GAP = 90 * 60 * TICKS_PER_SECOND
MISMATCH_BITS = {mismatch: 1 << n for n, mismatch in enumerate(Mismatch)}
CLASSES = tuple(SessionClass)
#: Mismatches that take the high confidence from a class.
_DOUBTS = (Mismatch.BROWSER_ON_SDK_ORDER, Mismatch.AGENT_OF_ANOTHER_TOOL)
#: Classes of one habit: somebody who browses and then shows a secret has not changed.
_HABITS = {name: "portal" for name in SessionClass if name.startswith("portal-")}


@dataclass(frozen=True, slots=True)
class Sessions:
    """The case as sessions.

    Args:
        table: One row per session; see `_columns`.
        marks: For each wanted row that was met: the position of its session in `table`.
        events: Events read.
    """

    table: pa.Table
    marks: dict[str, int]
    events: int


def sessions_of(parts: Sequence[pa.Table], gap: int, wanted: pa.Array | None = None) -> Sessions:
    """Make the session table of some events.

    Does not show: reads answered from a client's cache; two people behind one service principal and address.

    Args:
        parts: Rows of `EVENTS_QUERY`, as they are or as `encoded` gives them, in any order; all of the case, because
            habits and the names known in a vault are learned from them.
        gap: Longest silence inside a session, in ticks.
        wanted: Row references to find the sessions of.
    """
    events = events_of(parts)
    programs, family = programs_of(events), families_of(events.application)
    keys: list[Codes | Ints] = [events.caller.code, family.code, events.address.code, programs.separating]
    token = np.where(events.user & events.token.where(bool), events.token.code, np.int32(-1))
    groups = group(events.at, keys, gap, token, TOKEN_GAP)
    marks = _marks(events, groups, wanted)
    table = _columns(events, groups, programs, family, marks)
    return Sessions(table, marks, len(events))


def _marks(events: Events, groups: Groups, wanted: pa.Array | None) -> dict[str, int]:
    if wanted is None or not len(wanted):
        return {}
    met = pc.is_in(events.row, value_set=wanted).to_numpy()
    session = np.empty(len(groups.order), dtype=np.int64)
    session[groups.order] = groups.session
    positions = np.flatnonzero(met)
    rows = events.row.take(pa.array(positions)).to_pylist()
    return dict(zip(rows, session[positions].tolist(), strict=True))


def _columns(events: Events, groups: Groups, programs: Programs, family: Coded, marks: dict[str, int]) -> pa.Table:
    """The table. Facts are columns under their own names; words as text."""
    facts = facts_of(events, groups, programs)
    known = facts.numbers
    known["habit_days"] = habit_days(groups, facts)
    known["habit"] = ~known["person"] & (known["habit_days"] >= class_content().measures["habit_days"])
    entry = decided(facts, len(groups))
    entries = class_content().classes
    kind = _taken([CLASSES.index(e.name) for e in entries], entry)
    confidence = _taken([CONFIDENCES.index(e.confidence) for e in entries], entry)
    mismatches, earlier = _mismatches(events, groups, programs, family, facts, kind)
    doubtful = mismatches & (
        MISMATCH_BITS[Mismatch.BROWSER_ON_SDK_ORDER] | MISMATCH_BITS[Mismatch.AGENT_OF_ANOTHER_TOOL]
    )
    confidence = np.where(doubtful != 0, np.minimum(confidence, CONFIDENCES.index("medium")), confidence)
    first = groups.order[groups.starts]
    return pa.table(
        {
            "caller": events.caller.at(first),
            "identity": events.identity.at(first),
            "app_id": events.application.at(first),
            "family": family.at(first),
            "address": events.address.at(first),
            "managed_name": pc.struct_field(pc.extract_regex(events.resource.at(first), r"(?P<name>[^/]*)$"), "name"),
            "class": pa.array(CLASSES, pa.string()).take(pa.array(kind)),
            "confidence": pa.array(CONFIDENCES, pa.string()).take(pa.array(confidence)),
            "entry": entry,
            "mismatches": mismatches,
            "earlier_sessions": earlier,
            "first": groups.at[groups.starts],
            "last": groups.at[groups.ends],
            **known,
            **{name: pa.array(fact.words, pa.string()).take(pa.array(fact.code)) for name, fact in facts.words.items()},
            "clients": _distinct(events.client, groups),
            "vaults": _distinct(events.vault, groups),
            "done_vaults": _distinct(events.vault, groups, events.status[groups.order] < 400),
            "done": _done(events, groups),
            "rows": _kept_rows(events.row, groups, marks),
        }
    )


def _taken(values: list[int], entry: Ints) -> Ints:
    return np.array(values, dtype=np.int64)[entry]


def _mismatches(
    events: Events, groups: Groups, programs: Programs, family: Coded, facts: Facts, kind: Ints
) -> tuple[Ints, Ints]:
    """Bits of what does not fit, per session; and how many sessions the caller had before."""
    first = groups.order[groups.starts]
    caller, place = events.caller.code[first].astype(np.int64), networks(events.address)
    network = place[events.address.code[first]] if len(place) else first
    person = facts.numbers["person"]
    habits = list(dict.fromkeys(_HABITS.get(name, name) for name in CLASSES))
    changed, earlier = unusual(
        caller, _taken([habits.index(_HABITS.get(name, name)) for name in CLASSES], kind), groups.at[groups.starts]
    )
    who = combined([caller, family.code[first]], len(groups))
    foreign = programs.foreign | (programs.browser & ~events.user)
    reference = kind == CLASSES.index(SessionClass.APP_SERVICE_REFERENCE)  # comes from outside first, then from inside
    raised = {
        Mismatch.BROWSER_ON_SDK_ORDER: _browser_as_program(facts),
        Mismatch.AGENT_OF_ANOTHER_TOOL: groups.any(foreign[groups.order]),
        Mismatch.TWO_ADDRESSES: two_places(who, network, groups.at[groups.starts], groups.at[groups.ends], person),
        Mismatch.TOKEN_OVER_TWO_ADDRESSES: tokens_in_two_places(events, groups, network) & ~reference,
        Mismatch.UNUSUAL_CLASS: changed,
    }
    bits = np.zeros(len(groups), dtype=np.int64)
    for mismatch, flags in raised.items():
        bits |= flags.astype(np.int64) * MISMATCH_BITS[mismatch]
    return bits, earlier


def _browser_as_program(facts: Facts) -> Bools:
    browser = facts.words["client_tool"].are("browser")
    return browser & facts.numbers["sdk_order"] & ~facts.numbers["portal_marker"]


def _distinct(column: Coded, groups: Groups, which: Bools | None = None) -> pa.ListArray:
    """The different values of each session, as lists: only where they differ is there anything to sort."""
    code, session = column.code[groups.order], groups.session
    if which is not None:
        code, session = code[which], session[which]
    kept = np.ones(len(code), dtype=np.bool_)
    kept[1:] = (np.diff(code) != 0) | (np.diff(session) != 0)
    return _lists(session[kept], code[kept].astype(np.int64), column.texts, len(groups))


def _done(events: Events, groups: Groups) -> pa.ListArray:
    """What each session achieved, as `operation/name`: each once."""
    done = events.status[groups.order] < 400
    order = groups.order[done]
    width = max(len(events.name), 1)
    act = combined([events.operation.code[order].astype(np.int64) * width + events.name.code[order]], len(order))
    first = order[first_of_each(act)]
    slash = pa.scalar("/")
    texts = pc.binary_join_element_wise(events.operation.at(first), events.name.at(first), slash)
    return _lists(groups.session[done], act, texts, len(groups))


def _lists(session: Ints, code: Ints, texts: pa.Array, count: int) -> pa.ListArray:
    """The different texts of each session."""
    width = max(len(texts), 1)
    pairs = pa.array(session * width + code).unique().to_numpy()
    pairs = np.sort(pairs)
    offsets = np.searchsorted(pairs // width, np.arange(count + 1))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), texts.take(pa.array(pairs % width)))


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
