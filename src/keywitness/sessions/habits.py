"""What sessions say about one another: habits of machines, changes of habit, one token or person in two places."""

from __future__ import annotations

import ipaddress

import numpy as np

from keywitness.model.schema import TICKS_PER_SECOND
from keywitness.sessions.classes import Facts, class_content
from keywitness.sessions.events import Coded, Events
from keywitness.sessions.grouping import Bools, Groups, Ints, combined, sorted_by

TICKS_PER_DAY = 86_400 * TICKS_PER_SECOND
#: Sessions and days that a caller must have behind him before another class is a change.
LEAST_SESSIONS = 10
LEAST_DAYS = 3
#: Two addresses of one such network are one place; so are all private ones, where instances come and go.
_NETWORK_BITS = {4: 24, 6: 48}
_PRIVATE = [ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]


def habit_days(groups: Groups, facts: Facts) -> Ints:
    """On how many other days the same caller, application, address and client did the same kind of thing."""
    if not len(groups):
        return groups.starts
    least = class_content().measures["least_reads"]
    shape = np.zeros(len(groups), dtype=np.int64)
    for bit, done in enumerate(
        (
            facts.numbers["lists"] > 0,
            facts.numbers["secret_reads"] > 0,
            facts.numbers["dump_names"] >= least,
            facts.numbers["backups"] > 0,
            facts.numbers["denied_vaults"] > 2,
            facts.numbers["missing_names"] >= least,
        )
    ):
        shape |= done.astype(np.int64) << bit
    same = combined([groups.key, shape], len(groups))
    day = groups.at[groups.starts] // TICKS_PER_DAY
    span = int(day.max()) + 1
    days = np.unique(same * span + day) // span
    return np.bincount(days, minlength=int(same.max()) + 1)[same] - 1


def unusual(caller: Ints, kind: Ints, first: Ints) -> tuple[Bools, Ints]:
    """Sessions of a class that the caller never had before, and how many sessions he had before them.

    Args:
        kind: Class per session; those that are one habit are equal.
    """
    count = len(caller)
    order = sorted_by(caller, np.argsort(first, kind="stable").astype(np.int64))
    who, what, at = caller[order], kind[order], first[order]
    begins = np.flatnonzero(np.append(True, np.diff(who) != 0)) if count else np.empty(0, dtype=np.int64)
    own = np.repeat(begins, np.diff(np.append(begins, count)))
    before = np.arange(count) - own
    width = int(what.max()) + 1 if count else 1
    _, earliest = np.unique(who * width + what, return_index=True)
    new = np.zeros(count, dtype=np.bool_)
    new[earliest] = True
    new &= (before >= LEAST_SESSIONS) & (at - at[own] >= LEAST_DAYS * TICKS_PER_DAY)
    found, earlier = np.zeros(count, dtype=np.bool_), np.zeros(count, dtype=np.int64)
    found[order], earlier[order] = new, before
    return found, earlier


def two_places(who: Ints, network: Ints, first: Ints, last: Ints, which: Bools) -> Bools:
    """Sessions of one caller and tool that run at the same time in two networks.

    Args:
        who: Caller and application per session.
        which: Sessions that count: a machine with several instances is in several places.
    """
    found = np.zeros(len(who), dtype=np.bool_)
    some = np.flatnonzero(which)
    if not len(some):
        return found
    order = some[sorted_by(who[some], np.argsort(first[some], kind="stable").astype(np.int64))]
    rank = np.argsort(np.argsort(last[order], kind="stable"), kind="stable")
    group = np.cumsum(np.append(0, np.diff(who[order]) != 0))
    reach = np.maximum.accumulate(group * len(order) + rank) - group * len(order)  # whose end is the latest so far
    by_rank = np.argsort(rank, kind="stable")
    longest = by_rank[reach]
    before, after = longest[:-1], np.arange(1, len(order))
    meet = (group[before] == group[after]) & (last[order[before]] >= first[order[after]])
    meet &= network[order[before]] != network[order[after]]
    found[order[before[meet]]] = True
    found[order[after[meet]]] = True
    return found


def tokens_in_two_places(events: Events, groups: Groups, network: Ints) -> Bools:
    """Sessions with a token that was shown from two networks."""
    found = np.zeros(len(groups), dtype=np.bool_)
    token, order = events.token, groups.order
    shown = token.code[order].astype(np.int64)
    has = token.where(bool)[order]
    changes = np.append(True, (np.diff(shown) != 0) | (np.diff(groups.session) != 0)) if len(order) else has
    runs = np.flatnonzero(changes & has)
    session = groups.session[runs]
    caller = events.caller.code[order[runs]].astype(np.int64)
    key = combined([caller, shown[runs]], len(runs))
    if not len(runs):
        return found
    place = network[session]
    lowest, highest = np.full(len(runs), place.max()), np.zeros(len(runs), dtype=np.int64)
    np.minimum.at(lowest, key, place)
    np.maximum.at(highest, key, place)
    found[session[(lowest != highest)[key]]] = True
    return found


def networks(address: Coded) -> Ints:
    """A code per address text: addresses of one network have the same."""
    named = [_network(text) for text in address.texts.to_pylist()]
    number = {name: n for n, name in enumerate(dict.fromkeys(named))}
    return np.array([number[name] for name in named], dtype=np.int64)


def _network(text: str) -> str:
    try:
        at = ipaddress.ip_address(text)
    except ValueError:
        return text
    if any(at in network for network in _PRIVATE if network.version == at.version):
        return "private"
    return str(ipaddress.ip_network((at, _NETWORK_BITS[at.version]), strict=False))
