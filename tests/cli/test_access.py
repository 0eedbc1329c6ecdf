"""`keywitness access` over exports, from files to answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

SUBSCRIPTION = "/subscriptions/11111111-1111-4111-8111-111111111111"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-pay"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-pay"
OLD = VAULT.replace("kv-pay", "kv-old")
TENANT = "99999999-9999-4999-8999-999999999999"


def guid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


def vault(id: str, rbac: bool, policies: list[Any]) -> dict[str, Any]:
    name = id.rsplit("/", 1)[1]
    return {
        "id": id,
        "name": name,
        "type": "Microsoft.KeyVault/vaults",
        "location": "westeurope",
        "resourceGroup": "rg-pay",
        "properties": {
            "tenantId": TENANT,
            "vaultUri": f"https://{name}.vault.azure.net/",
            "enableRbacAuthorization": rbac,
            "accessPolicies": policies,
            "enabledForDeployment": False,
            "enabledForTemplateDeployment": False,
            "sku": {"family": "A", "name": "standard"},
        },
    }


def assignment(number: int, principal: int, kind: str, name: str, role: str, scope: str) -> dict[str, Any]:
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{guid(number)}",
        "name": guid(number),
        "type": "Microsoft.Authorization/roleAssignments",
        "principalId": guid(principal).upper(),
        "principalType": kind,
        "principalName": name,
        "roleDefinitionId": f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{role}",
        "roleDefinitionName": "",
        "scope": scope,
    }


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ann reads; ops (bob in it) may write vaults; dan owns the application that reads; pay-api reads one secret."""
    folder = tmp_path_factory.mktemp("exports")
    policy = {"tenantId": TENANT, "objectId": guid(1), "permissions": {"secrets": ["Get", "List"]}}
    user = {"@odata.type": "#microsoft.graph.user"}
    files: dict[str, Any] = {
        "vaults": [vault(VAULT, True, []), vault(OLD, False, [policy])],
        "roles": [
            assignment(100, 1, "User", "ann@contoso.com", "4633458b-17de-408a-b874-0445c86b69e6", VAULT),
            assignment(101, 20, "Group", "ops", "b24988ac-6180-42a0-ab88-20f7382dd24c", GROUP),
            assignment(102, 31, "ServicePrincipal", "deploy", "00482a5a-887f-4fb3-b363-3b7fe8e74483", GROUP),
            assignment(
                103, 30, "ServicePrincipal", "api", "4633458b-17de-408a-b874-0445c86b69e6", f"{VAULT}/secrets/db"
            ),
            assignment(104, 5, "User", "<script>\x1b[31m", "deadbeef-0000-4000-8000-000000000001", VAULT),
        ],
        "members": {"groupId": guid(20), "value": [{"id": guid(2), "userPrincipalName": "bob@contoso.com", **user}]},
        "owners": {
            "ownersOf": guid(31),
            "targetType": "servicePrincipal",
            "value": [{"id": guid(6), "userPrincipalName": "dan@contoso.com", **user}],
        },
    }
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
    return folder


@pytest.fixture(scope="module")
def made(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from keywitness.case import create_case

    place = tmp_path_factory.mktemp("case") / "case"
    create_case(place).ingest([exports])
    return place


def asked(done: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.out.splitlines()]


def test_every_vault_in_figures(keywitness: Callable, made: Path) -> None:
    done = keywitness("access", made, "--format", "jsonl")
    figures = {r["Vault"]: (r["Model"], r["Readers"], r["Unknown"], r["Escalating"]) for r in asked(done)}
    assert figures == {"kv-pay": ("Azure roles", 2, 1, 1), "kv-old": ("access policies", 1, 0, 2)}
    assert "the definition" not in done.err and "roles whose definition is in no export" in done.err
    assert "the case holds no directory roles" in done.err


def test_one_vault_says_who_and_why_with_the_row(keywitness: Callable, made: Path) -> None:
    lines = asked(keywitness("access", made, "--vault", "KV-PAY", "--format", "jsonl"))
    access = {r["Principal"]: r for r in lines if r["Kind"] == "access"}
    assert set(access) == {"ann@contoso.com", "deploy", "api", "<script>\x1b[31m"}
    assert access["ann@contoso.com"]["Operations"] == {"yes": ["secret get", "secret list"]}
    assert "Key Vault Secrets User" in access["ann@contoso.com"]["Why"]
    assert access["api"]["Scope"].endswith("/secrets/db"), "one secret is not the vault"
    assert access["<script>\x1b[31m"]["Answer"] == "unknown"
    assert all(r["Evidence"] for r in lines)
    (path,) = (r for r in lines if r["Kind"] == "escalation")
    assert (path["Principal"], path["Edges"]) == ("dan@contoso.com", ["AZOwns", "AZGetSecrets"])
    assert path["Fix"] and len(path["Evidence"]) == 2


def test_one_principal_over_all_vaults(keywitness: Callable, made: Path) -> None:
    lines = asked(keywitness("access", made, "--principal", "bob@contoso.com", "--format", "jsonl"))
    assert [(r["Vault"], r["Kind"], r["Edges"]) for r in lines] == [
        ("kv-old", "escalation", ["AZMemberOf", "AZContributor"])
    ]


@pytest.mark.parametrize("suffix", ["svg", "graphml", "json"])
def test_pictures_are_written(keywitness: Callable, made: Path, tmp_path: Path, suffix: str) -> None:
    target = tmp_path / f"paths.{suffix}"
    done = keywitness("access", made, "--vault", "kv-old", "--graph", target)
    text = target.read_text("utf-8")
    assert "AZMemberOf" in text and "bob@contoso.com" in text.lower()
    assert f"{target}" in done.err


def test_hostile_names_reach_the_terminal_harmless(keywitness: Callable, made: Path) -> None:
    assert "\x1b" not in keywitness("access", made, "--vault", "kv-pay").out


def test_names_that_no_export_has(keywitness: Callable, made: Path) -> None:
    done = keywitness("access", made, "--vault", "kv-pai")
    assert done.code == 2 and "did you mean 'kv-pay'" in done.err
    assert "nothing in the exports is called 'anne'" in keywitness("access", made, "--principal", "anne").err
    assert ".graphml" in keywitness("access", made, "--graph", "x.png").err


def test_reads_under_a_grant_that_did_not_live_long(keywitness: Callable, case: Path, lab: Path) -> None:
    """The article's attack: the intruder gives himself access, reads, takes it away."""
    (short, *others) = asked(keywitness("grants", case, "--lived", "4h", "--format", "jsonl"))
    assert others == []
    assert short["How"] == "access policy" and short["Acts"]["SecretGet"] == len(short["ActRows"]) - sum(
        n for act, n in short["Acts"].items() if act != "SecretGet"
    )
    truth = json.loads((lab / "truth.json").read_text("utf-8"))
    taken = {e["name"] for e in truth["exposed"] if e["vault"] == short["Scope"]}
    assert taken and taken <= set(short["Objects"])
    before = keywitness("grants", case, "--lived", "4h", "--until", short["Since"], "--format", "jsonl")
    assert before.out == ""


@pytest.mark.parametrize(("moment", "answers"), [("before", []), ("under", ["yes"]), ("after", [])])
def test_any_moment_from_logs_alone(keywitness: Callable, case: Path, moment: str, answers: list[str]) -> None:
    (short,) = asked(keywitness("grants", case, "--lived", "4h", "--format", "jsonl"))
    times = [datetime.fromisoformat(short[side][:26]) for side in ("Since", "Until")]
    at = {"before": times[0], "under": times[0], "after": times[1]}[moment]
    at += timedelta(minutes=-1 if moment == "before" else 1)
    lines = asked(
        keywitness(
            "access",
            case,
            "--vault",
            short["Scope"],
            "--principal",
            short["Principal"],
            "--at",
            at,
            "--format",
            "jsonl",
        )
    )
    assert [r["Answer"] for r in lines if r["Kind"] == "access" and r["PrincipalId"] == short["Principal"]] == answers


def test_a_span_that_is_none(keywitness: Callable, case: Path) -> None:
    done = keywitness("grants", case, "--lived", "soon")
    assert done.code == 2 and "write it like 10m" in done.err
