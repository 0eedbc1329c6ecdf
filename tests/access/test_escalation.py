"""Every way to a vault and every way to act as somebody else, on a tenant small enough to see through."""

from __future__ import annotations

import pytest

from keywitness.access.escalation.edges import Edges
from keywitness.access.escalation.reach import Reaches
from keywitness.access.escalation.search import Search
from keywitness.access.inventory import inventory_of
from keywitness.access.question import Answer
from keywitness.access.survey import Survey
from keywitness.access.tenant import Tenant
from keywitness.lab.estate import Size, estate

SUBSCRIPTION = "/subscriptions/11111111-1111-4111-8111-111111111111"
GROUP = f"{SUBSCRIPTION}/resourceGroups/rg-app"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/kv-app"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-app"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-app"

MACHINES = "Microsoft.Compute/virtualMachines"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
KEY_VAULT_CONTRIBUTOR = "f25e0fa2-a7c8-4377-a976-54943a77a395"
ACCESS_ADMINISTRATOR = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
DATA_ACCESS_ADMINISTRATOR = "8b54135c-b56d-4d72-a534-26097cfdc8d8"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
VM_CONTRIBUTOR = "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"
READER = "21090545-7ca7-4776-b22c-e363652d74d2"

ONLY_READER = (
    "!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'}) OR @Request[Microsoft.Authorization/"
    "roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {21090545-7ca7-4776-b22c-e363652d74d2}"
)


def id_of(name):
    return f"{sum(name.encode()):08x}-{len(name):04x}-4000-8000-{name.encode().hex()[:12]:0>12}"


def assigned(who, role, scope=VAULT, **more):
    return {"PrincipalId": id_of(who), "RoleDefinitionId": f"/x/roleDefinitions/{role}", "Scope": scope} | more


def search(*, rbac, assignments=(), policies=(), vault=(), **tables):
    """A search over one vault; principals are named, not numbered."""
    record = {
        "VaultId": VAULT,
        "Name": "kv-app",
        "EnableRbacAuthorization": rbac,
        "EnabledForTemplateDeployment": False,
        "EnabledForDeployment": False,
        "AccessPolicies": [{"objectId": id_of(w), "permissions": {"secrets": p}} for w, p in policies],
    } | dict(vault)
    return Search(Tenant(inventory_of({"KeyVaults": [record], "RoleAssignments": list(assignments)} | tables)))


def paths(made, who):
    return made.paths(made.tenant.principals.add(id_of(who)), made.tenant.vaults[0])


def edges(path):
    return [s.edge for s in path.steps]


def only(found):
    assert len(found) == 1, [edges(p) for p in found]
    return found[0]


@pytest.mark.parametrize(
    ("role", "edge"), [(CONTRIBUTOR, "AZContributor"), (KEY_VAULT_CONTRIBUTOR, "AZKeyVaultKVContributor")]
)
def test_who_may_write_a_vault_reads_it_under_access_policies_only(role, edge):
    path = only(paths(search(rbac=False, assignments=[assigned("ann", role, GROUP)]), "ann"))
    assert path.escalates and path.answer is Answer.YES and edges(path) == [edge]
    assert "accessPolicies/write or Microsoft.KeyVault/vaults/write" in path.steps[0].permission
    assert path.steps[0].rows == ("RoleAssignments:0",)
    assert path.steps[0].fix and path.steps[0].logs
    assert paths(search(rbac=True, assignments=[assigned("ann", role, GROUP)]), "ann") == ()


def test_an_owner_of_a_vault_with_roles_gives_himself_one():
    found = paths(search(rbac=True, assignments=[assigned("ann", OWNER, SUBSCRIPTION)]), "ann")
    assert [edges(p) for p in found] == [["AZOwner"], ["AZOwner"]]  # gives himself a role; or changes the model
    assert "changes the permission model" in found[1].sentence()


def test_the_data_access_administrator_gives_himself_secrets_user_but_cannot_change_the_model():
    """Microsoft: a change of the model needs roleAssignments/write without a condition."""
    found = paths(search(rbac=True, assignments=[assigned("ann", DATA_ACCESS_ADMINISTRATOR)]), "ann")
    assert [p.answer for p in found] == [Answer.YES]
    assert "assigns himself a role that reads secrets" in found[0].sentence()
    assert paths(search(rbac=False, assignments=[assigned("ann", DATA_ACCESS_ADMINISTRATOR)]), "ann") == ()


def test_a_delegate_who_may_give_a_harmless_role_only_has_no_path():
    roles = [assigned("ann", ACCESS_ADMINISTRATOR, Condition=ONLY_READER)]
    assert paths(search(rbac=True, assignments=roles), "ann") == ()


def test_an_access_administrator_of_an_access_policy_vault_needs_two_acts():
    path = only(paths(search(rbac=False, assignments=[assigned("ann", ACCESS_ADMINISTRATOR)]), "ann"))
    assert "then adds himself to the access policies" in path.sentence()


def test_eligible_is_said():
    made = search(rbac=False, assignments=[assigned("ann", CONTRIBUTOR, State="Eligible")])
    assert only(paths(made, "ann")).answer is Answer.ELIGIBLE


@pytest.mark.parametrize(("flag", "answer"), [(True, Answer.YES), (None, Answer.CONDITIONAL), (False, None)])
def test_templates_read_secrets_where_the_vault_lets_them(flag, answer):
    vault = {"EnabledForTemplateDeployment": flag}
    found = paths(search(rbac=True, assignments=[assigned("ann", CONTRIBUTOR, GROUP)], vault=vault), "ann")
    assert [p.answer for p in found] == ([answer] if answer else [])
    alone = search(rbac=True, assignments=[assigned("ann", CONTRIBUTOR)], vault=vault)
    assert paths(alone, "ann") == (), "templates are deployed to resource groups, and he has none"
    assert not found or "deployments/write" in found[0].steps[0].permission


def test_a_vm_with_secrets_of_the_vault():
    other = f"{SUBSCRIPTION}/resourceGroups/other"
    roles = [assigned("ann", KEY_VAULT_CONTRIBUTOR), assigned("ann", VM_CONTRIBUTOR, other)]
    path = only(paths(search(rbac=True, assignments=roles, vault={"EnabledForDeployment": True}), "ann"))
    assert edges(path) == ["AZKeyVaultKVContributor"]
    assert path.steps[0].rows == ("RoleAssignments:0", "RoleAssignments:1")


def test_backup_and_restore_in_the_same_subscription_only():
    policies = [("ann", ["list", "backup"])]
    near = [assigned("ann", CONTRIBUTOR, f"{SUBSCRIPTION}/resourceGroups/z")]
    here = search(rbac=False, policies=policies, assignments=near)
    assert edges(only(paths(here, "ann"))) == ["KWBackupSecret"]
    far = [assigned("ann", CONTRIBUTOR, SUBSCRIPTION.replace("1", "2"))]
    assert paths(search(rbac=False, policies=policies, assignments=far), "ann") == ()


def test_the_owner_of_an_application_signs_in_as_it():
    made = search(
        rbac=True,
        assignments=[assigned("robot", SECRETS_USER)],
        Applications=[{"ObjectId": id_of("app"), "AppId": "a-1"}],
        ServicePrincipals=[{"ObjectId": id_of("robot"), "AppId": "A-1", "DisplayName": "robot"}],
        Owners=[{"TargetId": id_of("app").upper(), "TargetType": "application", "OwnerId": id_of("ann")}],
    )
    path = only(paths(made, "ann"))
    assert edges(path) == ["AZOwns", "AZGetSecrets"]
    assert path.sentence().endswith("(owner of the application)")
    assert [s.rows for s in path.steps] == [("Owners:0",), ("RoleAssignments:0",)]


def test_the_owner_of_a_group_in_a_group_adds_himself():
    made = search(
        rbac=False,
        policies=[("outer", ["Get"])],
        Groups=[{"ObjectId": id_of("outer")}, {"ObjectId": id_of("inner")}],
        GroupMembers=[{"GroupId": id_of("outer"), "MemberId": id_of("inner")}],
        Owners=[{"TargetId": id_of("inner"), "TargetType": "group", "OwnerId": id_of("ann")}],
    )
    assert edges(only(paths(made, "ann"))) == ["AZOwns", "AZMemberOf", "AZGetSecrets"]


def test_code_on_a_machine_signs_in_as_its_identity():
    made = search(
        rbac=True,
        assignments=[assigned("machine", SECRETS_USER), assigned("ann", VM_CONTRIBUTOR, VM)],
        Resources=[{"Id": VM, "Type": MACHINES, "Identity": {"principalId": id_of("machine")}}],
    )
    path = only(paths(made, "ann"))
    assert edges(path) == ["AZManagedIdentity", "AZGetSecrets"]
    assert path.steps[0].rows == ("RoleAssignments:1", "Resources:0")


def test_an_identity_of_a_resource_that_runs_no_code_is_no_way():
    """A storage account has an identity for its key, and nothing that anybody runs there."""
    account = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/st"
    made = search(
        rbac=True,
        assignments=[assigned("store", SECRETS_USER), assigned("ann", CONTRIBUTOR, GROUP)],
        Resources=[
            {"Id": account, "Type": "Microsoft.Storage/storageAccounts", "Identity": {"principalId": id_of("store")}}
        ],
    )
    assert paths(made, "ann") == ()


def test_who_may_assign_roles_over_a_machine_gives_himself_one_that_runs_code():
    machine = [{"Id": VM, "Type": MACHINES, "Identity": {"principalId": id_of("machine")}}]

    def made(**more):
        roles = [assigned("machine", SECRETS_USER), assigned("ann", ACCESS_ADMINISTRATOR, VM, **more)]
        return search(rbac=True, assignments=roles, Resources=machine)

    path = only(paths(made(), "ann"))
    assert edges(path) == ["AZUserAccessAdministrator", "AZGetSecrets"]
    assert path.sentence().startswith(f"{id_of('ann')} assigns himself a role over the resource, then runs code on it")
    assert paths(made(Condition=ONLY_READER), "ann") == ()


def test_an_owner_of_one_machine_creates_no_vault_to_restore_in():
    policies = [("ann", ["list", "backup"])]
    made = search(rbac=False, policies=policies, assignments=[assigned("ann", OWNER, VM)])
    assert paths(made, "ann") == ()


def test_a_user_assigned_identity_is_attached_to_a_machine_of_his_own():
    identity = {"userAssignedIdentities": {IDENTITY.upper(): {"principalId": id_of("shared")}}}
    made = search(
        rbac=True,
        assignments=[assigned("shared", SECRETS_USER), assigned("ann", CONTRIBUTOR, IDENTITY)],
        Resources=[{"Id": VM, "Type": MACHINES, "Identity": identity}],
    )
    assert edges(only(paths(made, "ann"))) == ["KWUseIdentity", "AZGetSecrets"]


def directory(who, template, **more):
    return {"PrincipalId": id_of(who), "RoleTemplateId": template, "DirectoryScopeId": "/"} | more


def test_an_application_administrator_acts_as_an_application_with_access():
    made = search(
        rbac=True,
        assignments=[assigned(f"robot{i}", SECRETS_USER) for i in range(5)],
        ServicePrincipals=[{"ObjectId": id_of(f"robot{i}"), "AppId": f"a-{i}"} for i in range(5)],
        DirectoryRoleAssignments=[directory("ann", "9b895d92-2cd3-44c9-9d02-a6ac2d5ea5c3")],
    )
    found = paths(made, "ann")
    assert {tuple(edges(p)) for p in found} == {("AZAppAdmin", "AZContains", "AZGetSecrets")}
    assert found[0].steps[1].remarks == ("2 more would do as well",)


def test_groups_administrators_cannot_touch_role_assignable_groups():
    def made(assignable):
        return search(
            rbac=False,
            policies=[("crew", ["get"])],
            Groups=[{"ObjectId": id_of("crew"), "IsAssignableToRole": assignable}],
            DirectoryRoleAssignments=[directory("ann", "fdd7a751-b60b-444a-984c-02652fe8fa1c")],
        )

    assert edges(only(paths(made(False), "ann"))) == ["AZAddMembers", "AZContains", "AZGetSecrets"]
    assert paths(made(True), "ann") == ()


def test_a_global_administrator_elevates_himself():
    made = search(rbac=True, DirectoryRoleAssignments=[directory("ann", "62e90394-69f5-4237-9190-012177145e10")])
    path = only(paths(made, "ann"))
    assert edges(path) == ["AZHasRole", "AZGlobalAdmin", "AZUserAccessAdministrator"]
    assert not path.sentence().startswith("ann"), "he has the role, and does nothing to get it"


def test_an_application_with_graph_permissions_becomes_global_administrator():
    role = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"
    made = search(rbac=True, AppRoleAssignments=[{"PrincipalId": id_of("robot"), "AppRoleId": role}])
    path = only(paths(made, "robot"))
    assert "application permission RoleManagement.ReadWrite.Directory" in path.sentence()
    assert path.steps[0].rows == ("AppRoleAssignments:0",)


def test_who_reads_already_needs_no_path():
    made = search(rbac=False, policies=[("ann", ["get"])], assignments=[assigned("ann", CONTRIBUTOR)])
    path = only(paths(made, "ann"))
    assert not path.escalates and edges(path) == ["AZGetSecrets"]


def test_an_unknown_model_is_said_on_every_way():
    found = paths(search(rbac=None, assignments=[assigned("ann", OWNER)]), "ann")
    assert found and {p.answer for p in found} == {Answer.CONDITIONAL}
    assert all("which the export does not say" in p.steps[-1].remarks[0] for p in found)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sets_and_single_paths_agree(seed):
    """The reach of a vault holds exactly those for whom a path is found."""
    size = Size(10, 90, 250, subscriptions=2, denials=2)
    tenant = Tenant(estate(size, seed=seed))
    survey = Survey(tenant)
    reaches = Reaches(survey, Edges(tenant))
    one, quick = Search(tenant, reaches, pruned=False), Search(tenant, reaches)
    assert reaches.edges.all
    count = len(tenant.principals)
    for vault in tenant.vaults:
        reach = reaches.of(vault)
        sure, perhaps = (set(survey.members(b).tolist()) for b in (reach.sure, reach.perhaps))
        for number in range(count):
            found = one.paths(number, vault)
            few = quick.paths(number, vault)
            assert bool(few) == bool(found)
            assert any(p.answer is Answer.YES for p in few) == any(p.answer is Answer.YES for p in found)
            assert (number in perhaps) == bool(found), (vault.name, number)
            if number in sure:
                assert any(p.answer is Answer.YES for p in found), (vault.name, number)


def test_of_many_machines_a_few_are_shown_and_counted():
    machines = [VM + str(i) for i in range(9)]
    made = search(
        rbac=True,
        assignments=[
            *(assigned(f"machine{i}", SECRETS_USER) for i in range(9)),
            assigned("ann", VM_CONTRIBUTOR, GROUP),
        ],
        Resources=[
            {"Id": id, "Type": MACHINES, "Identity": {"principalId": id_of(f"machine{i}")}}
            for i, id in enumerate(machines)
        ],
    )
    found = paths(made, "ann")
    assert len(found) == 3 and {p.steps[0].remarks for p in found} == {("6 more would do as well",)}
