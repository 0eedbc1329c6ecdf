"""Bad exports: each fault is named, and none becomes a silent "no access"."""

from __future__ import annotations

import pytest

from keywitness.access.inventory import inventory_of
from keywitness.access.operations import operation
from keywitness.access.problems import problems
from keywitness.access.question import Answer, ask
from keywitness.access.tenant import Tenant

SUBSCRIPTION = "/subscriptions/11111111-1111-4111-8111-111111111111"
VAULT = f"{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"
SECRETS_USER = "/x/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6"


def tenant(*, vault=(), **tables):
    record = {"VaultId": VAULT, "Name": "kv", "EnableRbacAuthorization": True, "AccessPolicies": []} | dict(vault)
    return Tenant(inventory_of({"KeyVaults": [record]} | tables))


def assigned(who="ann", role=SECRETS_USER, scope=VAULT, **more):
    return {"PrincipalId": who, "RoleDefinitionId": role, "Scope": scope} | more


def reads(made, who="ann"):
    return ask(made, made.principals.add(who), made.vaults[0], operation("secret", "get"))


def said(made):
    return "\n".join(p.sentence() for p in problems(made))


def test_half_an_export():
    text = said(tenant())
    for missing in (
        "role assignments",
        "members of groups",
        "directory roles",
        "resources",
        "deny assignments",
        "users",
    ):
        assert f"the case holds no {missing}" in text
    assert "nothing to ask about" in said(Tenant(inventory_of({})))


def test_a_role_without_definition_is_unknown_and_named():
    made = tenant(RoleAssignments=[assigned(role="/x/roleDefinitions/gone")])
    assert reads(made).answer is Answer.UNKNOWN
    assert "roles whose definition is in no export; what they allow is not known: gone" in said(made)


def test_a_condition_of_unknown_syntax_is_conditional_and_named():
    made = tenant(RoleAssignments=[assigned(Condition="when pigs fly")])
    verdict = reads(made)
    assert verdict.answer is Answer.CONDITIONAL
    assert "the condition is not understood" in verdict.reasons[0].sentence()
    assert "conditions that are not understood; their roles count as conditional" in said(made)


def test_cyclic_groups_are_followed_and_named():
    members = [
        {"GroupId": "a", "MemberId": "b"},
        {"GroupId": "b", "MemberId": "a"},
        {"GroupId": "b", "MemberId": "ann"},
    ]
    made = tenant(RoleAssignments=[assigned("a")], GroupMembers=members)
    assert reads(made).answer is Answer.YES
    assert "groups inside themselves: a, b" in said(made)


def test_a_deleted_principal_is_named():
    directory = {
        "Users": [{"ObjectId": "bob"}],
        "Groups": [{"ObjectId": "g"}],
        "ServicePrincipals": [{"ObjectId": "s"}],
    }
    made = tenant(RoleAssignments=[assigned("ann"), assigned("bob")], **directory)
    assert "principals with access that the directory does not have (deleted, or not exported): ann" in said(made)
    assert reads(made).answer is Answer.YES, "it is said, not taken away"


def test_a_group_whose_members_are_in_no_export_is_named():
    made = tenant(RoleAssignments=[assigned("g", PrincipalType="Group", PrincipalName="ops")])
    assert "groups with access whose members are in no export (empty, or not exported): ops (g)" in said(made)


def test_ids_in_every_casing_are_one():
    made = tenant(
        RoleAssignments=[assigned("GROUP", role=SECRETS_USER.upper(), scope=SUBSCRIPTION.upper() + "/")],
        GroupMembers=[{"GroupId": "group", "MemberId": "ANN"}],
        vault={"VaultId": VAULT.swapcase()},
    )
    assert reads(made, "Ann").answer is Answer.YES
    assert "strange" not in said(made) and "none; they hold" not in said(made)


def test_another_tenants_export_is_named():
    made = tenant(vault={"TenantId": "t1"}, Subscriptions=[{"SubscriptionId": "x", "TenantId": "T2"}])
    assert "exports of several tenants are mixed" in said(made) and "t1, t2" in said(made)


def test_an_access_policy_for_another_tenant_is_conditional_and_named():
    entry = {"tenantId": "t2", "objectId": "ann", "permissions": {"secrets": ["get"]}}
    made = tenant(vault={"EnableRbacAuthorization": False, "TenantId": "t1", "AccessPolicies": [entry]})
    assert reads(made).answer is Answer.CONDITIONAL
    assert "vaults with access policies for another tenant" in said(made)


def test_a_custom_role_that_allows_everything_is_named():
    role = {"Name": "c1", "RoleName": "Superuser", "RoleType": "CustomRole", "Permissions": [{"dataActions": ["*"]}]}
    made = tenant(RoleDefinitions=[role], RoleAssignments=[assigned(role="/x/C1")])
    assert reads(made).answer is Answer.YES
    assert "custom roles that allow everything: Superuser" in said(made)


@pytest.mark.parametrize(
    ("policies", "roles", "answer"), [(["get"], True, Answer.YES), (["get"], False, Answer.UNKNOWN)]
)
def test_an_unknown_model_is_sure_only_where_both_models_agree(policies, roles, answer):
    entry = {"objectId": "ann", "permissions": {"secrets": policies}}
    made = tenant(
        vault={"EnableRbacAuthorization": None, "AccessPolicies": [entry]},
        RoleAssignments=[assigned()] if roles else [],
    )
    verdict = reads(made)
    assert verdict.answer is answer
    assert "Azure's documented default for null is access policies" in verdict.remarks[0]
    assert "vaults whose permission model no export says" in said(made)


def test_policies_that_no_export_has_are_unknown():
    made = tenant(vault={"EnableRbacAuthorization": False, "AccessPolicies": None})
    assert reads(made).answer is Answer.UNKNOWN
    assert "vaults whose access policies are in no export: kv" in said(made)


def test_policies_of_another_export_fill_in():
    alone = [{"VaultId": VAULT.lower(), "ObjectId": "ANN", "Permissions": {"secrets": ["Get"]}, "Row": "E9:9"}]
    made = tenant(vault={"EnableRbacAuthorization": False, "AccessPolicies": None}, VaultAccessPolicies=alone)
    verdict = reads(made)
    assert verdict.answer is Answer.YES and verdict.reasons[0].rows == ("E9:9",)


def test_words_that_nobody_knows_are_named():
    entry = {"objectId": "ann", "permissions": {"secrets": ["get", "teleport"]}}
    made = tenant(vault={"EnableRbacAuthorization": False, "AccessPolicies": [entry]})
    assert "words of access policies that nobody knows; they count for nothing: kv: secret teleport" in said(made)


def test_a_scope_that_is_none_and_a_place_that_no_export_says():
    made = tenant(RoleAssignments=[assigned(scope="Contoso's vault")])
    assert reads(made).answer is Answer.NO
    assert "scopes of assignments that are none; they hold for nothing: /contoso's vault" in said(made)
    assert f"what is assigned above them is not counted: {SUBSCRIPTION.lower()}" in said(made)


def test_many_names_are_counted():
    made = tenant(RoleAssignments=[assigned(role=f"/x/gone{i}") for i in range(9)])
    assert "gone4 and 4 more" in said(made)
