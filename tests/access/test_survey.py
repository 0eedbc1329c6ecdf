"""Everybody at once says what one question at a time says."""

from __future__ import annotations

import pytest

from keywitness.access.operations import capabilities, operation, operations
from keywitness.access.question import Answer, ask
from keywitness.access.survey import ORDER, Survey
from keywitness.access.tenant import Tenant
from keywitness.lab.estate import Size, estate


def spread(survey, answers, count):
    found = [Answer.NO] * count
    for answer, bits in answers.items():
        for number in survey.members(bits).tolist():
            if number < count:
                assert found[number] is Answer.NO, "the sets are not disjoint"
                found[number] = answer
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sets_and_questions_agree_for_every_principal(seed):
    tenant = Tenant(estate(Size(16, 130, 500, subscriptions=3, denials=6), seed=seed))
    survey, count = Survey(tenant), len(tenant.principals)
    acts = [operation("secret", "get"), operation("key", "sign"), *capabilities()[::4], *operations()[::9]]
    for vault in tenant.vaults:
        for act in acts:
            expected = [ask(tenant, p, vault, act).answer for p in range(count)]
            assert spread(survey, survey.answers(vault, act), count) == expected, (vault.name, act)


def test_rows_count_what_the_sets_hold():
    tenant = Tenant(estate(Size(12, 200, 900, subscriptions=2, denials=0), seed=5))
    survey = Survey(tenant)
    every = [row for vault in tenant.vaults for row in survey.rows(vault, survey.rights(vault.scope))]
    rows = {(r.vault.name, r.operation.title): r.counts for r in every}
    assert len(rows) == 12 * len(operations())
    for vault in tenant.vaults:
        for act in (operation("secret", "get"), operation("certificate", "purge")):
            found = spread(survey, survey.answers(vault, act), len(tenant.principals))
            assert rows[vault.name, act.title] == tuple(found.count(a) for a in ORDER)
