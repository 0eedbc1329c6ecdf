"""Questions as the command line asks them."""

from __future__ import annotations

import pytest

from keywitness.access.examine import Examination, Question
from keywitness.access.inventory import inventory_of
from keywitness.errors import UsageError
from keywitness.lab.estate import Size, estate

GROUP = "/subscriptions/s/resourceGroups/rg"
SECRETS_USER = "/x/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"


def vault_id(name):
    return f"{GROUP}/providers/Microsoft.KeyVault/vaults/{name}"


@pytest.fixture(scope="module")
def examination():
    vault = {"EnableRbacAuthorization": True, "AccessPolicies": [], "EnabledForDeployment": False}
    roles = [(GROUP, "ann"), (f"{vault_id('kv-a')}/secrets/db", "api"), (f"{vault_id('kv-a')}/secrets/mail", "web")]
    return Examination(
        inventory_of(
            {
                "KeyVaults": [{"VaultId": vault_id(n), "Name": n} | vault for n in ("kv-a", "kv-b")],
                "RoleAssignments": [{"Scope": s, "PrincipalId": p, "RoleDefinitionId": SECRETS_USER} for s, p in roles],
                "VaultObjects": [
                    {"VaultUri": "https://kv-b.vault.azure.net", "ObjectKind": "secret", "Name": "breakglass"}
                ],
                "Users": [{"ObjectId": "ann", "UserPrincipalName": "ann@contoso.com", "DisplayName": "Ann"}],
                "ServicePrincipals": [{"ObjectId": "api", "AppId": "app-1", "DisplayName": "API"}],
            }
        )
    )


def who(examination, **asked):
    return [
        (line.vault.name, examination.tenant.principals.ids[line.principal])
        for line in examination.lines(Question(**asked))
    ]


def test_one_object_is_not_another(examination):
    assert who(examination, objects=("kv-a/db",)) == [("kv-a", "ann"), ("kv-a", "api")]
    assert ("kv-a", "web") in who(examination, vaults=("kv-a",))


def test_names_of_all_kinds(examination):
    for name in ("APP-1", "api", "API"):
        assert who(examination, principals=(name,)) == [("kv-a", "api")]
    assert who(examination, principals=("ANN@contoso.com",)) == [("kv-a", "ann"), ("kv-b", "ann")]
    assert who(examination, vaults=(vault_id("KV-B"),)) == [("kv-b", "ann")]


def test_tier0_takes_the_vaults_that_hold_something(examination):
    assert who(examination, tier0=True) == [("kv-b", "ann")]


def test_what_nothing_is_called(examination):
    with pytest.raises(UsageError, match="no export holds a vault 'kv-c'"):
        who(examination, vaults=("kv-c",))
    with pytest.raises(UsageError, match="nothing in the exports is called"):
        who(examination, principals=("nobody",))


def test_figures(examination):
    assert [(s.vault.name, s.readers[0], s.sure) for s in examination.summaries()] == [("kv-a", 1, 0), ("kv-b", 1, 0)]


@pytest.mark.parametrize("seed", [3, 4])
def test_asked_about_one_principal_the_lines_are_his_of_all_lines(seed):
    """Few principals are asked one by one, everybody is counted in sets: two ways to the same lines."""
    examination = Examination(estate(Size(16, 70, 300, subscriptions=3, denials=6), seed=seed))
    every = list(examination.lines(Question()))
    by_principal = {}
    for line in every:
        by_principal.setdefault(line.principal, []).append(line)
    for number, id_ in enumerate(examination.tenant.principals.ids):
        assert list(examination.lines(Question(principals=(id_,)))) == by_principal.get(number, [])
