"""Machine traffic on the clock: which workload sends which request when, as columns.

Times, ids and lateness of a row follow from its key alone, so the same seed gives the same rows however the window is
cut into slices.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from keywitness.lab.audit_event import ACTIONS, Request, compiled, refused
from keywitness.lab.columns import TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_SECOND, Keys, Ticks, key_of, mixed
from keywitness.lab.workload import Workload

_LATE, _COPY, _GAP, _OFFICE, _JITTER = (
    np.uint64(key_of("traffic", name)) for name in ("late", "copy", "gap", "office", "jitter")
)
LATE_PER_MILLE = 3
COPIES_PER_TEN_THOUSAND = 5
SHORTEST_PERIOD = 120  # seconds; beyond that, more instances
#: Share of visits that an application people use keeps, by hour of the working day; a third of it at weekends.
OFFICE_PROFILE = np.array(
    [0.05] * 5 + [0.1, 0.25, 0.6, 0.9, 1.0, 1.0, 1.0, 0.9, 1.0, 1.0, 0.95, 0.8, 0.6, 0.4, 0.3, 0.2, 0.15, 0.1, 0.05]
)


@dataclass(frozen=True, slots=True)
class Rows:
    """Audit records to be written, one row each.

    Args:
        template: Index of the compiled request; negative: -1 - index of a record made in full elsewhere.
        at: Time of the request, in ticks.
        issued: When its token was issued, in Unix seconds; 0 without one.
        token: Key of its token.
        key: Key of the row: correlation id and duration follow from it.
        vault: Index of the vault.
        hour: Hour (since 1970) of the blob it was received in.
        order: Place within the blob, in ticks.
    """

    template: npt.NDArray[np.int32]
    at: Ticks
    issued: Ticks
    token: Keys
    key: Keys
    vault: npt.NDArray[np.int32]
    hour: Ticks
    order: Ticks

    def __len__(self) -> int:
        return len(self.at)

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Rows:
        return Rows(*(getattr(self, name)[index] for name in self.__slots__))

    @staticmethod
    def joined(parts: Sequence[Rows]) -> Rows:
        return Rows(*(np.concatenate([getattr(part, name) for part in parts]) for name in Rows.__slots__))

    @staticmethod
    def empty() -> Rows:
        i8, u8, i4 = np.empty(0, np.int64), np.empty(0, np.uint64), np.empty(0, np.int32)
        return Rows(i4, i8, i8, u8, u8, i4, i8, i8)


@dataclass(slots=True)
class TokenUse:
    """A token first used in a slice: what the sign-in log needs. `issued` in Unix seconds."""

    workload: Workload
    key: int
    issued: int


@dataclass(slots=True)
class _Prepared:
    """A workload with its templates and its pace."""

    workload: Workload
    key: int
    period: int  # ticks
    instances: int
    visit: npt.NDArray[np.int32]  # template of request j from address i
    start: npt.NDArray[np.int32]
    visit_correlation: npt.NDArray[np.int64]
    start_correlation: npt.NDArray[np.int64]
    phase: Ticks  # per instance
    shift: int  # by which the company's day runs before UTC's
    token_key: int
    token_phase: int
    token_period: int


@dataclass(slots=True)
class Traffic:
    """The schedule of every workload between two times."""

    begin: int
    end: int
    templates: list[bytes] = field(default_factory=list)
    has_token: list[bool] = field(default_factory=list)
    lives: list[int] = field(default_factory=list)
    policy_spans: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    _without_roles: dict[int, int] = field(default_factory=dict)  # template -> the same, refused by access policy
    _prepared: list[_Prepared] = field(default_factory=list)
    _seen_tokens: dict[str, set[int]] = field(default_factory=dict)

    @classmethod
    def planned(
        cls,
        workloads: Sequence[Workload],
        begin: int,
        end: int,
        factor: float,
        seed: int,
        policy_spans: Mapping[int, tuple[int, int]] | None = None,
    ) -> Traffic:
        """Compile the workloads' requests; `factor` multiplies the pace of those that scale.

        A vault in `policy_spans` (index -> from, until) decides by access policies there, which do not know those
        who were let in by role.
        """
        traffic = cls(begin, end, policy_spans=policy_spans or {})
        for workload in workloads:
            traffic._prepare(workload, factor if workload.scales else 1.0, seed)
        return traffic

    def _prepare(self, workload: Workload, factor: float, seed: int) -> None:
        period, multiple = pace(workload, factor)
        instances = workload.instances * multiple
        key = key_of(seed, workload.name, workload.vault)
        ticks = int(period * TICKS_PER_SECOND)
        if workload.phase is None:
            numbers = np.arange(instances, dtype=np.uint64)
            phase = (mixed(numbers + np.uint64(key)) % np.uint64(ticks)).astype(np.int64)
        else:
            phase = np.full(instances, workload.phase * TICKS_PER_SECOND, dtype=np.int64)
        visit = np.array([[self._template(r, workload) for r in burst] for burst in workload.burst], np.int32)
        opening = np.array([[self._template(r, workload) for r in start] for start in workload.opening], np.int32)
        start = np.concatenate([opening.reshape(len(workload.opening), -1), visit], axis=1).astype(np.int32)
        token_key = key_of(seed, "token", workload.principal.oid)
        token_period = workload.token_life // 2 if workload.principal.kind == "managed" else workload.token_life - 300
        self._prepared.append(
            _Prepared(
                workload=workload,
                key=key,
                period=ticks,
                instances=instances,
                visit=visit,
                start=start,
                visit_correlation=_shared_with_next([r.operation for r in workload.burst[0]]),
                start_correlation=_shared_with_next([r.operation for r in (*workload.opening[0], *workload.burst[0])]),
                phase=phase,
                shift=int(workload.utc_shift * TICKS_PER_HOUR),
                token_key=token_key,
                token_phase=token_key % max(token_period, 1),
                token_period=max(token_period, 1),
            )
        )

    def _template(self, request: Request, workload: Workload) -> int:
        number = self._compiled(request, workload)
        if workload.vault in self.policy_spans and request.vault.model == "rbac":
            other = by_policy(request)
            if other is not None:
                self._without_roles[number] = self._compiled(other, workload)
        return number

    def _compiled(self, request: Request, workload: Workload) -> int:
        template, has_token = compiled(request)
        self.templates.append(template)
        self.has_token.append(has_token)
        self.lives.append(workload.token_life)
        return len(self.templates) - 1

    def _by_policy(self, rows: Rows) -> None:
        """Refuse what came by role while the vault decided by access policies."""
        for vault, (since, until) in self.policy_spans.items():
            for place in np.flatnonzero((rows.vault == vault) & (rows.at >= since) & (rows.at < until)).tolist():
                template = int(rows.template[place])
                rows.template[place] = self._without_roles.get(template, template)

    def rows(self, begin: int, end: int) -> tuple[Rows, list[TokenUse]]:
        """The rows of requests that begin in `begin`..`end`, with copies, and the tokens first used there."""
        parts: list[Rows] = []
        tokens: list[TokenUse] = []
        for prepared in self._prepared:
            made = _visits(prepared, begin, end), _starts(prepared, begin, end)
            mine = [rows for rows in made if len(rows)]
            if mine and prepared.workload.token_life:
                tokens += self._first_used(prepared, mine)
            parts += mine
        if not parts:
            return Rows.empty(), tokens
        rows = Rows.joined(parts)
        self._by_policy(rows)
        copies = rows.take(mixed(rows.key ^ _COPY) % np.uint64(10_000) < COPIES_PER_TEN_THOUSAND)
        copies.order[:] = np.minimum(copies.order + 5 * TICKS_PER_SECOND, (copies.hour + 1) * TICKS_PER_HOUR - 1)
        return Rows.joined([rows, copies]), tokens

    def _first_used(self, prepared: _Prepared, parts: list[Rows]) -> list[TokenUse]:
        seen = self._seen_tokens.setdefault(prepared.workload.principal.oid, set())
        found = []
        for rows in parts:
            for issued in np.unique(rows.issued).tolist():
                if issued not in seen:
                    seen.add(issued)
                    key = int(_token_keys(prepared, np.array([issued], dtype=np.int64))[0])
                    found.append(TokenUse(prepared.workload, key, issued))
        return found


def pace(workload: Workload, factor: float) -> tuple[float, int]:
    """Period in seconds and number of times the instances, for a pace `factor` times the natural one."""
    multiple = max(1, math.ceil(factor * SHORTEST_PERIOD / workload.period))
    return workload.period * multiple / factor, multiple


def expected_rows(workload: Workload, factor: float, seconds: float) -> float:
    """About how many records the workload writes in `seconds`."""
    period, multiple = pace(workload, factor if workload.scales else 1.0)
    instances = workload.instances * multiple
    share = float(OFFICE_PROFILE.mean() * (5 + 2 / 3) / 7) if workload.office_hours else 1.0
    visits = instances * seconds / period * share * len(workload.burst[0])
    starts = instances * workload.starts_per_day * seconds / 86_400
    return visits + starts * (len(workload.burst[0]) + len(workload.opening[0]))


def by_policy(request: Request) -> Request | None:
    """The same request to a vault that has been turned to access policies, which let nobody in; None: no difference."""
    there = replace(request, vault=replace(request.vault, model="policy"))
    if request.control:
        shown = request.extra.replace('"enableRbacAuthorization":true', '"enableRbacAuthorization":false')
        return replace(there, extra=shown)
    if request.operation not in ACTIONS:
        return None
    return refused(there) if request.status in (200, 403) else there


def _shared_with_next(operations: list[str]) -> npt.NDArray[np.int64]:
    """A challenge leg carries the correlation id of the request that repeats it with a token."""
    last = len(operations) - 1
    return np.array(
        [min(place + 1, last) if name == "Authentication" else place for place, name in enumerate(operations)], np.int64
    )


def _visits(prepared: _Prepared, begin: int, end: int) -> Rows:
    numbers = np.arange((begin - prepared.period) // prepared.period, end // prepared.period + 1, dtype=np.int64)
    grid = prepared.phase[:, None] + numbers[None, :] * prepared.period
    instance, place = np.nonzero((grid >= begin) & (grid < end))
    at = grid[instance, place]
    keys = _burst_keys(prepared.key, instance, numbers[place])
    if prepared.workload.office_hours:
        kept = _in_office_hours(at + prepared.shift, keys)
        instance, at, keys = instance[kept], at[kept], keys[kept]
    spread = min(prepared.period // 50, 90 * TICKS_PER_SECOND)
    at = at + (mixed(keys ^ _JITTER) % np.uint64(max(spread, 1))).astype(np.int64)
    return _burst_rows(prepared, prepared.visit, prepared.visit_correlation, instance, at, keys)


def _starts(prepared: _Prepared, begin: int, end: int) -> Rows:
    rate = prepared.workload.starts_per_day
    if not rate:
        return Rows.empty()
    days = np.arange(begin // TICKS_PER_DAY - 1, (end - 1) // TICKS_PER_DAY + 2, dtype=np.int64)
    most = math.ceil(rate)
    instance, day, turn = (
        axis.reshape(-1) for axis in np.meshgrid(np.arange(prepared.instances), days, np.arange(most), indexing="ij")
    )
    keys = _burst_keys(prepared.key ^ 0x5747, instance, day * most + turn)
    happens = _uniform(keys) < rate / most
    opens, length = 6 * TICKS_PER_HOUR - prepared.shift, 13 * TICKS_PER_HOUR
    at = day * TICKS_PER_DAY + opens + (mixed(keys ^ _GAP) % np.uint64(length)).astype(np.int64)
    kept = happens & (at >= begin) & (at < end)
    return _burst_rows(prepared, prepared.start, prepared.start_correlation, instance[kept], at[kept], keys[kept])


def _burst_keys(key: int, instance: npt.NDArray[np.int64], number: Ticks) -> Keys:
    with np.errstate(over="ignore"):
        base = np.uint64(key) + (instance.astype(np.uint64) << np.uint64(40)) + number.astype(np.uint64)
    return mixed(base)


def _uniform(keys: Keys) -> npt.NDArray[np.float64]:
    return (mixed(keys ^ _OFFICE) >> np.uint64(11)).astype(np.float64) / float(1 << 53)


def _in_office_hours(at: Ticks, keys: Keys) -> npt.NDArray[np.bool_]:
    hour = at // TICKS_PER_HOUR % 24
    weekday = (at // TICKS_PER_DAY + 3) % 7  # 1970-01-01 was a Thursday
    share = OFFICE_PROFILE[hour] * np.where(weekday >= 5, 1 / 3, 1.0)
    return np.asarray(_uniform(keys) < share)


def _burst_rows(
    prepared: _Prepared,
    templates: npt.NDArray[np.int32],
    correlation: npt.NDArray[np.int64],
    instance: npt.NDArray[np.int64],
    at: Ticks,
    keys: Keys,
) -> Rows:
    """Each burst as its rows, some 20 to 150 ms apart."""
    width = templates.shape[1]
    places = np.arange(width, dtype=np.uint64)
    with np.errstate(over="ignore"):
        row_keys = mixed(keys[:, None] + places[None, :])
        shared = mixed(keys[:, None] + correlation[None, :].astype(np.uint64)).reshape(-1)
    gaps = (mixed(row_keys ^ _GAP) % np.uint64(1_300_000)).astype(np.int64) + 200_000
    gaps[:, 0] = 0
    times = (at[:, None] + np.cumsum(gaps, axis=1)).reshape(-1)
    issued = _issued(prepared, times)
    late = mixed(row_keys ^ _LATE).reshape(-1) % np.uint64(1000) < LATE_PER_MILLE
    hour = times // TICKS_PER_HOUR + late
    received = np.where(late, hour * TICKS_PER_HOUR + times % (10 * 60 * TICKS_PER_SECOND), times)
    return Rows(
        template=templates[instance % len(templates)].reshape(-1),
        at=times,
        issued=issued,
        token=_token_keys(prepared, issued),
        key=shared,
        vault=np.full(len(times), prepared.workload.vault, dtype=np.int32),
        hour=hour,
        order=received,
    )


def _issued(prepared: _Prepared, times: Ticks) -> Ticks:
    if not prepared.workload.token_life:
        return np.zeros(len(times), dtype=np.int64)
    seconds = times // TICKS_PER_SECOND
    return (seconds - prepared.token_phase) // prepared.token_period * prepared.token_period + prepared.token_phase


def _token_keys(prepared: _Prepared, issued: Ticks) -> Keys:
    with np.errstate(over="ignore"):
        return mixed(np.uint64(prepared.token_key) + issued.astype(np.uint64))
