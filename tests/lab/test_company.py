"""The invented company: names that Azure would allow, roles that the story needs."""

from __future__ import annotations

import re

import pytest

from keywitness.lab.company import MINIMUM_VAULTS, ROLES, build_company


@pytest.mark.parametrize("vaults", [MINIMUM_VAULTS, 30, 400])
def test_vault_names_are_unique_and_allowed(vaults: int) -> None:
    names = [vault.name for vault in build_company(1, vaults).vaults]
    assert len(set(names)) == vaults
    assert all(re.fullmatch(r"[a-z][a-z0-9-]{1,22}[a-z0-9]", name) for name in names)


def test_the_story_finds_its_vaults_whatever_the_seed() -> None:
    for seed in range(25):
        company = build_company(seed, MINIMUM_VAULTS)
        assert company.vault("granted").model == "policy"
        assert company.vault("model").model == company.vault("portal").model == "rbac"
        assert "BreakGlassAccountTenant" in {secret.name for secret in company.vault("model").secrets}
        assert "identity-automation" in {item.name for item in company.vault("granted").certificates}
        assert "wildcard-contoso-com" in {item.name for item in company.vault("portal").certificates}
        assert all(company.vaults[index].generation == 2025 for index in ROLES.values())
        assert len({person.principal.upn for person in company.people}) == len(company.people)


def test_people_have_an_office_and_a_home() -> None:
    for person in build_company(2, 60).people:
        assert len(set(person.addresses)) == 2
        assert person.principal.upn.isascii()
        assert person.vaults
