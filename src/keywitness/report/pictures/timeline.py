"""The case as a picture: a lane per vault or log, a mark per event, coloured by severity.

Where findings lie, close-ups show the events with numbers that a table explains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup

from keywitness.report import instants
from keywitness.report.document import TimelineEvent
from keywitness.report.figures import rank
from keywitness.report.pictures.axis import Axis
from keywitness.report.pictures.svg import Drawing, mark, shorten

_LEFT = 190.0
_WIDTH = 1000.0
_RIGHT = _WIDTH - 14
_LANE = 30.0
_TOP = 30.0
_BIN = 7.0  # units of the overview in which events of a lane become one mark
#: Events of findings further apart than this belong to different close-ups.
_APART = timedelta(hours=6)
_TOGETHER = timedelta(minutes=10)
_MOST_CLOSE_UPS = 8
#: More lanes than this do not fit on a sheet of paper; those without findings then share one.
_MOST_LANES = 24
#: So many vaults or logs in which the same one thing happened share a lane.
_LEAST_SHARED = 4


@dataclass(frozen=True, slots=True)
class Entry:
    """Like events that follow each other closely; what a number in a close-up stands for."""

    number: int
    events: tuple[TimelineEvent, ...]

    @property
    def first(self) -> TimelineEvent:
        return self.events[0]

    @property
    def last(self) -> TimelineEvent:
        return self.events[-1]

    @property
    def lanes(self) -> tuple[str, ...]:
        """The vaults or logs of its events, in order of time."""
        return tuple(dict.fromkeys(event.lane for event in self.events))


@dataclass(frozen=True, slots=True)
class CloseUp:
    """One stretch of time in which findings lie: its picture and what its numbers mean."""

    first_at: str
    last_at: str
    picture: Markup
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class _Placed:
    """An event whose time could be read, and the lane that it is drawn in."""

    at: datetime
    event: TimelineEvent
    lane: str


def overview(events: Sequence[TimelineEvent], since: str = "", until: str = "") -> Markup:
    """All events over the whole time that the logs cover; near ones of a lane share a mark, whose size says how many.

    Events without a readable time are not drawn; the table of events holds them.
    """
    placed = _placed(events)
    if not placed:
        return Markup("")
    lanes, lane_of = _overview_lanes(placed)
    begin, end = instants.parse(since) or placed[0].at, instants.parse(until) or placed[-1].at
    axis = Axis(min(begin, placed[0].at), max(end, placed[-1].at), _LEFT, _RIGHT)
    drawing = _frame(axis, lanes, f"{len(placed)} events from {placed[0].event.at} to {placed[-1].event.at}")
    bins: dict[tuple[int, int], list[_Placed]] = {}
    for item in placed:
        bins.setdefault((lane_of[item.lane], int(axis.at(item.at) / _BIN)), []).append(item)
    # Quiet marks first, so that those of findings lie on top.
    order = sorted(bins.items(), key=lambda pair: (-_worst(pair[1])[0], pair[0]))
    for (lane, _), items in order:
        _, severity = _worst(items)
        x = sum(axis.at(item.at) for item in items) / len(items)
        size = (2.6 if severity == "none" else 4.4) + min(3.0, len(items) ** 0.5 * 0.3)
        kind = next(item.event.kind for item in items if item.event.severity == severity)
        mark(drawing, kind, x, _middle(lane), f"event sev-{severity}", title=_titles(items), size=size)
    return drawing.markup()


def close_ups(events: Sequence[TimelineEvent]) -> list[CloseUp]:
    """A picture of each stretch of time in which events of findings lie, with numbered marks.

    At most eight: the table of events holds the rest.
    """
    placed = _placed(events)
    clusters: list[list[_Placed]] = []
    for item in placed:
        if item.event.severity == "none":
            continue
        if clusters and item.at - clusters[-1][-1].at <= _APART:
            clusters[-1].append(item)
        else:
            clusters.append([item])
    found: list[CloseUp] = []
    number = 1
    for cluster in clusters[:_MOST_CLOSE_UPS]:
        entries = _entries(cluster, number)
        number += len(entries)
        around = [item for item in placed if cluster[0].at <= item.at <= cluster[-1].at]
        found.append(CloseUp(cluster[0].event.at, cluster[-1].event.at, _close_up(around, entries), tuple(entries)))
    return found


def _placed(events: Sequence[TimelineEvent]) -> list[_Placed]:
    names = _lane_names(events)
    placed = [_Placed(at, event, names[event.lane]) for event in events if (at := instants.parse(event.at)) is not None]
    return sorted(placed, key=lambda item: item.at)


def _likeness(event: TimelineEvent) -> tuple[object, ...]:
    """What makes two events say the same, apart from time and place."""
    return event.kind, event.identity, event.severity, event.finding_ids


def _lane_names(events: Sequence[TimelineEvent]) -> dict[str, str]:
    """The lane of each vault or log: one for all those in which the same one thing happened, such as a sweep."""
    seen: dict[str, set[tuple[object, ...]]] = {}
    for event in events:
        seen.setdefault(event.lane, set()).add(_likeness(event))
    alike: dict[tuple[object, ...], list[str]] = {}
    for lane, likenesses in seen.items():
        if len(likenesses) == 1:
            alike.setdefault(next(iter(likenesses)), []).append(lane)
    names = {lane: lane for lane in seen}
    for lanes in alike.values():
        if len(lanes) >= _LEAST_SHARED:
            names |= dict.fromkeys(lanes, f"{len(lanes)} vaults, alike")
    return names


def _lanes(placed: Sequence[_Placed]) -> list[str]:
    return list(dict.fromkeys(item.lane for item in placed))


def _overview_lanes(placed: Sequence[_Placed]) -> tuple[list[str], dict[str, int]]:
    """Names of the lanes, and which lane each vault or log has: many quiet ones share the last."""
    names = _lanes(placed)
    if len(names) <= _MOST_LANES:
        return names, {name: index for index, name in enumerate(names)}
    marked = {item.lane for item in placed if item.event.severity != "none"}
    own = [name for name in names if name in marked][: _MOST_LANES - 1]
    lane_of = {name: own.index(name) if name in own else len(own) for name in names}
    return [*own, f"{len(names) - len(own)} others"], lane_of


def _middle(lane: int) -> float:
    return _TOP + lane * _LANE + _LANE / 2


def _frame(axis: Axis, lanes: Sequence[str], label: str) -> Drawing:
    bottom = _TOP + _LANE * len(lanes)
    drawing = Drawing(_WIDTH, bottom + 6, label=label, css="timeline")
    for index, lane in enumerate(lanes):
        y = _TOP + index * _LANE
        drawing.rect(0, y, _WIDTH, _LANE, "lane-even" if index % 2 == 0 else "lane-odd")
        drawing.text(6, y + 19, shorten(lane, 28), "lane-label", title=lane)
    for x, text in axis.ticks():
        drawing.line(x, _TOP - 6, x, bottom, "grid")
        anchor = "end" if x > _WIDTH - 50 else "middle"
        drawing.text(x, 16, text, "axis-label", anchor=anchor)
    return drawing


def _worst(items: Sequence[_Placed]) -> tuple[int, str]:
    return min((rank(item.event.severity), item.event.severity) for item in items)


def _titles(items: Sequence[_Placed]) -> str:
    lines = [f"{instants.second(item.event.at)} {item.event.identity}: {item.event.title}" for item in items[:5]]
    if len(items) > 5:
        lines.append(f"and {len(items) - 5} more")
    return " · ".join(shorten(line, 160) for line in lines)


def _entries(cluster: Sequence[_Placed], first_number: int) -> list[Entry]:
    """Events that say the same of the same identity in the same lane within minutes, put together."""
    groups: list[list[_Placed]] = []
    latest: dict[tuple[object, ...], list[_Placed]] = {}
    for item in cluster:
        key = (item.lane, *_likeness(item.event))
        group = latest.get(key)
        if group and item.at - group[-1].at <= _TOGETHER:
            group.append(item)
        else:
            latest[key] = [item]
            groups.append(latest[key])
    return [Entry(first_number + index, tuple(item.event for item in group)) for index, group in enumerate(groups)]


def _close_up(around: Sequence[_Placed], entries: Sequence[Entry]) -> Markup:
    lanes = _lanes(around)
    margin = max((around[-1].at - around[0].at) * 0.03, timedelta(seconds=1))
    axis = Axis(around[0].at - margin, around[-1].at + margin, _LEFT, _RIGHT)
    first, last = around[0].event, around[-1].event
    drawing = _frame(axis, lanes, f"close-up of {instants.period(first.at, last.at)}, {len(entries)} numbered marks")
    for item in around:
        if item.event.severity == "none":
            mark(
                drawing, item.event.kind, axis.at(item.at), _middle(lanes.index(item.event.lane)) + 5, "event sev-none"
            )
    lane_of = {item.event.lane: lanes.index(item.lane) for item in around}
    ends = dict.fromkeys(range(len(lanes)), 0.0)
    for entry in entries:
        lane = lane_of[entry.first.lane]
        places = [(axis.at(at), event) for event in entry.events if (at := instants.parse(event.at)) is not None]
        _draw_entry(drawing, places, _middle(lane) + 5)
        x, text = places[0][0], str(entry.number)
        # A number that would lie on its neighbour is left off: the mark stays, and the table names its time.
        if x - 3.5 * len(text) >= ends[lane]:
            drawing.text(x, _middle(lane) - 4, text, "mark-number", anchor="middle")
            ends[lane] = x + 3.5 * len(text) + 3
    return drawing.markup()


def _draw_entry(drawing: Drawing, places: Sequence[tuple[float, TimelineEvent]], y: float) -> None:
    """Marks of like events; where they would lie on each other a bar stands for those between."""
    css = f"event sev-{places[0][1].severity}"
    if len(places) > 1:
        drawing.rect(places[0][0], y - 1.5, places[-1][0] - places[0][0], 3, css)
    before = -_BIN
    for x, event in places:
        if x - before < _BIN * 1.5 and event is not places[-1][1]:
            continue
        title = f"{instants.second(event.at)} {event.identity}: {event.title} ({event.row})"
        mark(drawing, event.kind, x, y, css, title=title)
        before = x
