"""A path that was taken."""

from __future__ import annotations

import pytest

from keywitness.access.changes import MODEL, POLICY, ROLE, Change
from keywitness.access.escalation.search import Search
from keywitness.access.happened import Happened
from keywitness.access.inventory import inventory_of
from keywitness.access.tenant import Tenant

GROUP = "/subscriptions/s/resourcegroups/rg"
VAULT = f"{GROUP}/providers/microsoft.keyvault/vaults/kv"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"


def change(how, given, *, by="ann", at=VAULT, act="VaultPatch"):
    id = at if how != ROLE else f"{at}/providers/microsoft.authorization/roleassignments/1"
    return Change(5, how, given, id, at, "eve", "", 1, "Ann", (f"{how} row",), act, by)


def taken(changes, *, rbac=True):
    vault = {"VaultId": VAULT, "Name": "kv", "EnableRbacAuthorization": rbac, "AccessPolicies": []}
    flags = {"EnabledForDeployment": False, "EnabledForTemplateDeployment": False}
    roles = [{"PrincipalId": "ANN", "RoleDefinitionId": f"/x/{OWNER}", "Scope": GROUP}]
    tenant = Tenant(inventory_of({"KeyVaults": [vault | flags], "RoleAssignments": roles}))
    paths = Search(tenant).paths(tenant.principals.add("ann"), tenant.vaults[0])
    return {p.steps[-1].way: Happened(tenant, changes).rows(p, tenant.vaults[0]) for p in paths}


def test_an_owner_who_gave_a_role():
    assert taken([change(ROLE, True)])["role-assignment"] == ("role assignment row",)
    assert taken([change(ROLE, True, at=GROUP)])["role-assignment"] == ("role assignment row",)


@pytest.mark.parametrize(
    "other",
    [
        change(ROLE, False),
        change(ROLE, True, by="bob"),
        change(ROLE, True, at=VAULT + "-2"),
        change(POLICY, True),
    ],
)
def test_near_misses(other):
    assert taken([other])["role-assignment"] == ()


def test_a_way_of_two_acts_needs_both():
    flip, policy = change(MODEL, False), change(POLICY, True)
    assert taken([flip])["model-change"] == ()
    assert taken([flip, policy])["model-change"] == ("permission model row", "access policy row")


def test_looking_at_a_vault_is_no_change_of_its_model():
    assert taken([change(MODEL, False, act="VaultGet"), change(POLICY, True)])["model-change"] == ()


def test_under_access_policies():
    assert taken([change(POLICY, True)], rbac=False)["access-policy"] == ("access policy row",)
