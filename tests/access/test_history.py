"""Access over time: grants that come and go between exports, and the state of any moment."""

from __future__ import annotations

import pytest

from keywitness.access.changes import ENTRA, MODEL, POLICY, ROLE, Change
from keywitness.access.history import lifetimes
from keywitness.access.inventory import inventory_of
from keywitness.access.moments import state_at
from keywitness.access.operations import operation, policy_mask
from keywitness.access.question import Answer, ask
from keywitness.access.tenant import Tenant

VAULT = "/subscriptions/s/resourcegroups/rg/providers/microsoft.keyvault/vaults/kv"
GET, ALL = policy_mask("secret", ["get"])[0], policy_mask("secret", ["all"])[0]
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
ASSIGNMENT = f"{VAULT}/providers/microsoft.authorization/roleassignments/1"


def policy(at, given, who="ann", mask=GET):
    return Change(at, POLICY, given, VAULT, VAULT, who, "", mask, "mallory", (f"log{at}",))


def role(at, given, who="ann", role=SECRETS_USER, id=ASSIGNMENT):
    return Change(at, ROLE, given, id, VAULT, who, role, 0, "mallory", (f"log{at}",))


def model(at, roles, act="VaultPatch"):
    return Change(at, MODEL, roles, VAULT, VAULT, "", "", 0, "mallory", (f"log{at}",), act)


def entra_role(at, given):
    return Change(at, ENTRA, given, "eve/ga", "/", "eve", "ga", 0, "an application", (f"log{at}",))


def export(at, entries=None, *, rbac=False):
    policies = None if entries is None else [{"objectId": w, "permissions": {"secrets": p}} for w, p in entries.items()]
    return {
        "TimeGenerated": at,
        "VaultId": VAULT.upper(),
        "Name": "kv",
        "EnableRbacAuthorization": rbac,
        "AccessPolicies": policies,
        "Row": f"export{at}",
    }


def lives(changes, *exports, **tables):
    found = lifetimes(inventory_of({"KeyVaults": exports} | tables), changes)
    return [(life.principal, life.operations, life.since, life.until) for life in found]


def reads(changes, moment, *exports, who="ann", **tables):
    made = state_at(inventory_of({"KeyVaults": exports} | tables), changes, moment)
    tenant = Tenant(made.inventory)
    return (
        ask(tenant, tenant.principals.add(who), tenant.vaults[0], operation("secret", "get")).answer
        if (who in tenant.principals.ids)
        else Answer.NO
    )


def test_a_grant_that_lived_ten_minutes_and_that_no_export_shows():
    exports = inventory_of({"KeyVaults": [export(5, {}), export(50, {})]})
    (life,) = lifetimes(exports, [policy(10, True), policy(20, False)])
    assert (life.since, life.until, life.lived, life.by) == (10, 20, 10, "mallory")
    assert life.rows == ("log10", "log20")


def test_a_removal_says_that_it_stood_before():
    assert lives([policy(20, False)]) == [("ann", GET, None, 20)]


def test_an_export_says_that_it_stood_before():
    assert lives([policy(20, False)], export(5, {"ANN": ["get"]})) == [("ann", GET, None, 20)]


def test_an_entry_that_grew_has_two_lives():
    found = lives([policy(10, True), policy(15, True, mask=ALL), policy(20, False, mask=0)])
    assert found == [("ann", GET, 10, 15), ("ann", ALL, 15, 20)]


def test_what_only_exports_show_is_dated_by_them_and_says_so():
    found = lifetimes(inventory_of({"KeyVaults": [export(1, {}), export(2, {"ann": ["get"]}), export(3, {})]}), [])
    assert [(f.since, f.until) for f in found] == [(2, 3)]
    assert found[0].remark == (
        "its beginning is that of the export that shows it; its end is that of the export that does not have it"
    )


def test_an_export_without_policies_ends_nothing():
    """Trap: null is not an empty list."""
    assert lives([], export(1, {"ann": ["get"]}), export(2)) == [("ann", GET, None, None)]


def test_role_assignments_by_their_id():
    found = lifetimes(inventory_of({}), [role(10, True), role(20, False, who="", role="")])
    assert [(f.since, f.until, f.principal, f.role) for f in found] == [(10, 20, "ann", SECRETS_USER)]


def test_a_deleted_assignment_takes_its_beginning_from_the_export():
    row = {"Id": ASSIGNMENT.upper(), "PrincipalId": "ANN", "RoleDefinitionId": f"/x/{SECRETS_USER}", "CreatedOn": 3}
    (life,) = lifetimes(inventory_of({"RoleAssignments": [row]}), [role(20, False, who="", role="")])
    assert (life.since, life.until, life.principal) == (3, 20, "ann")


@pytest.mark.parametrize(("moment", "answer"), [(9, Answer.NO), (10, Answer.YES), (19, Answer.YES), (20, Answer.NO)])
def test_any_moment_of_a_policy(moment, answer):
    changes = [policy(10, True), policy(20, False)]
    assert reads(changes, moment, export(5, {}), export(50, {})) is answer
    assert reads(changes, moment, export(50, {})) is answer, "from a later export, undone"


@pytest.mark.parametrize(("moment", "answer"), [(9, Answer.NO), (10, Answer.YES), (20, Answer.NO)])
def test_any_moment_of_a_role_that_no_export_has(moment, answer):
    assert reads([role(10, True), role(20, False)], moment, export(5, {}, rbac=True)) is answer


def test_an_assignment_that_was_made_later_is_left_out():
    row = {"Id": ASSIGNMENT, "Scope": VAULT, "PrincipalId": "ann", "RoleDefinitionId": SECRETS_USER, "CreatedOn": 30}
    assert reads([], 29, export(50, {}, rbac=True), RoleAssignments=[row]) is Answer.NO
    assert reads([], 31, export(50, {}, rbac=True), RoleAssignments=[row]) is Answer.YES


def test_the_model_of_a_moment():
    """The article's attack: the model is changed to access policies, read, changed back."""
    changes = [model(10, False), policy(11, True), policy(12, False), model(13, True)]
    exports = [export(5, {}, rbac=True), export(50, {}, rbac=True)]
    answers = [reads(changes, moment, *exports) for moment in (9, 11, 12, 14)]
    assert answers == [Answer.NO, Answer.YES, Answer.NO, Answer.NO]


def test_before_a_change_of_the_model_nothing_is_known_of_it():
    changes = [model(10, False), policy(2, True)]
    assert reads(sorted(changes, key=lambda c: c.at), 5) is Answer.UNKNOWN
    assert reads([policy(2, True), model(10, False, "VaultGet")], 5) is Answer.YES


def test_a_vault_that_no_export_has_is_known_from_its_logs():
    assert reads([policy(2, True), model(3, False)], 5) is Answer.YES


@pytest.mark.parametrize(
    ("exported", "moment", "stood"),
    [
        (50, 9, False),
        (50, 10, True),
        (50, 20, False),
        (50, 60, True),  # it is in an export taken after the removal: somebody gave it again
        (15, 16, True),
        (15, 20, False),
        (5, 9, True),  # an export from before the act had it already
        (None, 9, False),
        (None, 15, True),
    ],
)
def test_any_moment_of_a_role_of_entra(exported, moment, stood):
    """Given at 10, taken away at 20, and exported at some time or never."""
    row = {"TimeGenerated": exported, "PrincipalId": "EVE", "RoleDefinitionId": "GA", "State": "Active", "Row": "x"}
    tables = {"DirectoryRoleAssignments": [row] if exported else [], "KeyVaults": [export(1, {})]}
    made = state_at(inventory_of(tables), [entra_role(10, True), entra_role(20, False)], moment)
    assert made.inventory.rows("DirectoryRoleAssignments") == stood


def test_an_eligible_role_of_entra_is_left_as_it_was_exported():
    row = {"TimeGenerated": 50, "PrincipalId": "eve", "RoleTemplateId": "ga", "State": "Eligible"}
    made = state_at(inventory_of({"DirectoryRoleAssignments": [row]}), [entra_role(10, True)], 5)
    assert made.inventory.rows("DirectoryRoleAssignments") == 1
