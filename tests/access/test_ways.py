"""Ways asked of everybody and of one principal at a time are the same."""

from __future__ import annotations

import pytest

from keywitness.access.escalation.ways import Everybody, open_ways, ways
from keywitness.access.question import Answer
from keywitness.access.survey import Survey
from keywitness.access.tenant import Tenant
from keywitness.lab.estate import Size, estate


@pytest.mark.parametrize("seed", [1, 2])
def test_sets_and_single_principals_agree_on_every_way(seed):
    tenant = Tenant(estate(Size(16, 90, 400, subscriptions=3, denials=6), seed=seed))
    survey, count = Survey(tenant), len(tenant.principals)
    everybody, opened = Everybody(survey), set()
    for vault in tenant.vaults:
        rights = survey.rights(vault.scope)
        sets = {w.id: [set(survey.members(b).tolist()) for b in everybody.open_to(vault, rights, w)] for w in ways()}
        for number in range(count):
            alone = {o.way.id: o.answer for o in open_ways(tenant, tenant.membership.upwards(number), vault)}
            opened |= set(alone)
            for way in ways():
                sure, maybe = (number in s for s in sets[way.id])
                assert maybe == (way.id in alone), (vault.name, number, way.id)
                assert sure == (alone.get(way.id) is Answer.YES), (vault.name, number, way.id, alone.get(way.id))
    assert opened == {w.id for w in ways()}
