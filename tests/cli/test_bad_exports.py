"""Exports as they come in bad times, from files to what the commands print: each fault is named there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SUBSCRIPTION = "/subscriptions/11111111-1111-4111-8111-111111111111"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-pay"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-pay"
READER = "4633458b-17de-408a-b874-0445c86b69e6"
HERE, ELSEWHERE = (f"{n * 4}{n * 4}-9999-4999-8999-999999999999" for n in "98")


def guid(number: int) -> str:
    return f"{number:08x}-abcd-4000-8000-000000000000"


def vault(id: str = VAULT, tenant: str = HERE) -> dict[str, Any]:
    name = id.rsplit("/", 1)[1]
    said = {"tenantId": tenant, "vaultUri": f"https://{name}.vault.azure.net/", "enableRbacAuthorization": True}
    kind = {"name": name, "type": "Microsoft.KeyVault/vaults", "location": "westeurope"}
    return {"id": id, **kind, "properties": {**said, "accessPolicies": []}}


def assignment(number: int, principal: str, role: str = READER, **more: Any) -> dict[str, Any]:
    said = {"principalId": principal, "principalType": "User", "scope": VAULT}
    said |= {"roleDefinitionId": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}"}
    kind = {"type": "Microsoft.Authorization/roleAssignments", "name": guid(number)}
    return {"id": f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/{guid(number)}", **kind, **said, **more}


def user(number: int) -> dict[str, Any]:
    name = f"user{number}@contoso.com"
    return {"id": guid(number), "displayName": name, "userPrincipalName": name, "accountEnabled": True}


USERS = {"@odata.context": "$metadata#users", "value": [user(1)]}
OTHERS = {
    "users": USERS,
    "groups": [{"id": guid(20), "displayName": "a", "securityEnabled": True}],
    "apps": [{"id": guid(30), "appId": guid(31), "displayName": "x", "servicePrincipalType": "Application"}],
}


@pytest.fixture
def told(keywitness: Callable, tmp_path: Path) -> Callable[..., str]:
    """What commands say of exports that are made of these files, on both streams."""

    def told(*commands: str, **files: Any) -> str:
        folder = tmp_path / "exports"
        folder.mkdir()
        for name, content in {"vaults": [vault()], **OTHERS, **files}.items():
            text = content if isinstance(content, str) else json.dumps(content, indent=2)
            (folder / f"{name}.json").write_text(text, "utf-8")
        keywitness("ingest", tmp_path / "case", folder)
        done = [keywitness(*command.split()[:1], tmp_path / "case", *command.split()[1:]) for command in commands]
        return "\n".join(f"{d.out}\n{d.err}" for d in done)

    return told


def test_half_an_export_is_named(told: Callable[..., str]) -> None:
    """A file that broke off, a page that another follows, and tables that nobody exported."""
    whole = json.dumps([assignment(1, guid(1)), assignment(2, guid(1))], indent=2)
    page = {"value": [assignment(3, guid(1))], "nextLink": "https://management.azure.com/x"}
    text = told("access", roles=whole[: len(whole) * 3 // 4], more=page)
    assert "records that could not be read" in text and "roles.json (1)" in text
    assert "more.json: another page follows (nextLink)" in text
    assert "the case holds no directory roles" in text


def test_the_export_of_another_tenant_is_named(told: Callable[..., str]) -> None:
    other = vault(VAULT.replace("kv-pay", "kv-theirs"), ELSEWHERE)
    text = told("access", "inventory", vaults=[vault(), other])
    assert "exports of several tenants are mixed" in text and HERE in text and ELSEWHERE in text
    assert "exports of 2 tenants are mixed" in text


def test_groups_inside_themselves_are_named_and_their_members_read(told: Callable[..., str]) -> None:
    group = {"@odata.type": "#microsoft.graph.group"}
    members = [
        {"groupId": guid(20), "value": [{"id": guid(21), **group}]},
        {"groupId": guid(21), "value": [{"id": guid(20), **group}, {"id": guid(1), "userPrincipalName": "u", **group}]},
    ]
    lines = "\n".join(map(json.dumps, members))
    text = told("access --vault kv-pay --format jsonl", roles=[assignment(1, guid(20))], members=lines)
    assert "groups inside themselves" in text and guid(20) in text
    assert '"Principal":"user1@contoso.com"' in text.replace(": ", ":")


def test_an_assignment_to_a_principal_that_is_gone_is_named(told: Callable[..., str]) -> None:
    text = told("access", "posture --format jsonl", roles=[assignment(1, guid(99))])
    assert f"principals with access that the directory does not have (deleted, or not exported): {guid(99)}" in text
    assert "grant-to-deleted-principal" in text


def test_a_condition_of_unknown_syntax_is_named_and_never_a_yes(told: Callable[..., str]) -> None:
    text = told("access --vault kv-pay --format jsonl", roles=[assignment(1, guid(1), condition="if the moon is full")])
    assert "conditions that are not understood" in text and "if the moon is full" in text
    assert '"Answer":"conditional"' in text.replace(": ", ":")


def test_a_missing_role_definition_is_named_and_never_a_no(told: Callable[..., str]) -> None:
    gone = "deadbeef-0000-4000-8000-000000000001"
    text = told("access --vault kv-pay --format jsonl", roles=[assignment(1, guid(1), gone)])
    assert f"roles whose definition is in no export; what they allow is not known: {gone}" in text
    assert '"Answer":"unknown"' in text.replace(": ", ":")


@pytest.mark.parametrize("spelled", [str.upper, str.lower, str.title])
def test_ids_in_every_casing_are_one_thing(told: Callable[..., str], spelled: Callable[[str], str]) -> None:
    roles = [assignment(1, spelled(guid(1)), spelled(READER), scope=spelled(VAULT))]
    text = told("access --principal user1@contoso.com --format jsonl", roles=roles)
    assert '"Answer":"yes"' in text.replace(": ", ":") and "secret get" in text
    assert "does not have" not in text and "no export; what" not in text and "hold for nothing" not in text


def test_a_custom_role_that_allows_everything_is_named(told: Callable[..., str]) -> None:
    role = {
        "id": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{guid(70)}",
        "name": guid(70),
        "roleName": "Do all",
        "roleType": "CustomRole",
        "type": "Microsoft.Authorization/roleDefinitions",
        "assignableScopes": ["/"],
        "permissions": [{"actions": ["*"], "notActions": [], "dataActions": ["*"], "notDataActions": []}],
    }
    text = told("access --vault kv-pay --format jsonl", roles=[assignment(1, guid(1), guid(70))], definitions=[role])
    assert "custom roles that allow everything: Do all" in text
    assert '"Answer":"yes"' in text.replace(": ", ":") and "secret get" in text
