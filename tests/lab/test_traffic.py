"""The schedule of the machines: pace, tokens, office hours, lateness."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from keywitness.lab.columns import TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_SECOND
from keywitness.lab.company import build_company
from keywitness.lab.traffic import LATE_PER_MILLE, Rows, Traffic, expected_rows, pace
from keywitness.lab.workload import Workload
from keywitness.lab.workloads import build_workloads

COMPANY = build_company(11, 10)
WORKLOADS = build_workloads(COMPANY)
MONDAY = 20_276 * TICKS_PER_DAY  # 2025-07-07


def named(part: str) -> Workload:
    return next(workload for workload in WORKLOADS if part in workload.name)


def rows_of(workload: Workload, days: int, factor: float = 1.0) -> Rows:
    traffic = Traffic.planned([workload], MONDAY, MONDAY + days * TICKS_PER_DAY, factor, COMPANY.seed)
    return traffic.rows(MONDAY, MONDAY + days * TICKS_PER_DAY)[0]


@pytest.mark.parametrize("factor", [0.2, 1.0, 30.0, 4_000.0])
def test_the_number_of_rows_is_the_expected_one(factor: float) -> None:
    workload = named("-worker")
    made = len(rows_of(workload, 10, factor))
    assert made == pytest.approx(expected_rows(workload, factor, 10 * 86_400), rel=0.15)


def test_more_pace_means_more_instances_not_a_silly_period() -> None:
    workload = named("-worker")
    period, multiple = pace(workload, 4_000.0)
    assert multiple > 100
    assert period >= 100
    assert pace(workload, 1.0) == (workload.period, 1)


def test_people_facing_applications_rest_at_night_and_at_weekends() -> None:
    workload = replace(named("-worker"), office_hours=True, period=600, starts_per_day=0.0)
    at = rows_of(workload, 7).at
    hour, day = at // TICKS_PER_HOUR % 24, (at - MONDAY) // TICKS_PER_DAY
    assert (hour < 5).sum() < 0.2 * ((hour >= 9) & (hour < 14)).sum()
    assert (day >= 5).sum() < 0.3 * (day < 5).sum()


def test_tokens_are_older_than_their_requests_and_not_expired() -> None:
    for workload in WORKLOADS:
        if not workload.token_life:
            continue
        rows = rows_of(workload, 2)
        age = rows.at // TICKS_PER_SECOND - rows.issued
        assert age.min(initial=0) >= 0
        assert age.max(initial=0) < workload.token_life


def test_a_token_is_reported_once_when_it_is_first_used() -> None:
    traffic = Traffic.planned(WORKLOADS, MONDAY, MONDAY + TICKS_PER_DAY, 1.0, COMPANY.seed)
    half = MONDAY + TICKS_PER_DAY // 2
    uses = traffic.rows(MONDAY, half)[1] + traffic.rows(half, MONDAY + TICKS_PER_DAY)[1]
    names = [(use.workload.principal.oid, use.issued) for use in uses]
    assert len(names) == len(set(names)) > 20


def test_slices_join_to_the_whole() -> None:
    traffic = Traffic.planned(WORKLOADS, MONDAY, MONDAY + TICKS_PER_DAY, 1.0, COMPANY.seed)
    whole = traffic.rows(MONDAY, MONDAY + TICKS_PER_DAY)[0]
    parts = [
        traffic.rows(MONDAY + hour * TICKS_PER_HOUR, MONDAY + (hour + 3) * TICKS_PER_HOUR)[0]
        for hour in range(0, 24, 3)
    ]
    cut = Rows.joined(parts)
    assert len(cut) == len(whole)
    assert np.array_equal(np.sort(cut.key), np.sort(whole.key))


def test_late_rows_are_received_in_a_later_hour() -> None:
    rows = rows_of(named("-worker"), 10, 2_000.0)
    late = rows.hour != rows.at // TICKS_PER_HOUR
    assert late.mean() == pytest.approx(LATE_PER_MILLE / 1000, rel=0.3)
    assert (rows.hour[late] == rows.at[late] // TICKS_PER_HOUR + 1).all()
    assert (rows.order // TICKS_PER_HOUR == rows.hour).all()


def test_a_vault_turned_to_policies_refuses_and_shows_its_setting() -> None:
    vault = COMPANY.vault("model")
    mine = [workload for workload in WORKLOADS if workload.vault == vault.index]
    end = MONDAY + TICKS_PER_DAY
    spans = {vault.index: (MONDAY, end)}
    traffic = Traffic.planned(mine, MONDAY, end, 1.0, COMPANY.seed, spans)
    rows = traffic.rows(MONDAY, end)[0]
    inside = [traffic.templates[number] for number in np.unique(rows.template[rows.at < end]).tolist()]
    assert any(b'"operationName": "VaultGet"' in template for template in inside)
    assert any(b'"httpStatusCode":403' in template for template in inside)
    for template in inside:
        assert b'"enableRbacAuthorization":true' not in template
        assert b"isRbacAuthorized" not in template


def test_a_challenge_shares_the_correlation_of_the_request_that_repeats_it() -> None:
    workload = named("-import") if any("-import" in w.name for w in WORKLOADS) else named("pipeline-")
    rows = rows_of(workload, 3)
    width = len(workload.burst[0])
    keys = rows.key[: len(rows) // width * width].reshape(-1, width)
    assert (keys[:, 0] == keys[:, 1]).all()
