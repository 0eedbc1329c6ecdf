"""Several exports of one tenant."""

from __future__ import annotations

from keywitness.access.inventory import inventory_of
from keywitness.access.snapshots import state

JANUARY, FEBRUARY, MARCH = 638_700_000_000_000_000, 638_730_000_000_000_000, 638_760_000_000_000_000
VAULT = "/subscriptions/S/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv"


def vault(at, **said):
    return {"TimeGenerated": at, "VaultId": VAULT, "Name": "kv"} | said


def test_the_newest_export_counts_and_the_others_fill_what_it_does_not_say():
    """Trap: `az keyvault list` says nothing about access policies, which is not that there are none."""
    exports = inventory_of(
        {
            "KeyVaults": [
                vault(FEBRUARY, VaultId=VAULT.lower()),
                vault(JANUARY, EnableRbacAuthorization=False, AccessPolicies=[{"objectId": "a"}]),
            ]
        }
    )
    made = state(exports)
    (record,) = made.inventory.records("KeyVaults")
    assert record["EnableRbacAuthorization"] is False and record["AccessPolicies"] == [{"objectId": "a"}]
    assert made.remarks == ("KeyVaults: of 1 vaults the newest export does not say all; the rest is from older ones",)


def test_an_empty_list_of_policies_is_said():
    exports = inventory_of(
        {"KeyVaults": [vault(JANUARY, AccessPolicies=[{"objectId": "a"}]), vault(FEBRUARY, AccessPolicies=[])]}
    )
    assert state(exports).inventory.records("KeyVaults")[0]["AccessPolicies"] == []


def test_a_moment_takes_the_export_before_it():
    rows = [{"TimeGenerated": t, "ObjectId": "G", "DisplayName": str(t)} for t in (FEBRUARY, JANUARY, MARCH)]
    vaults = [vault(t, TenantId=str(t)) for t in (MARCH, JANUARY, FEBRUARY)]
    exports = inventory_of({"Groups": rows, "KeyVaults": vaults})

    def seen(at):
        made = state(exports, at).inventory
        return made.text("Groups", "DisplayName"), made.text("KeyVaults", "TenantId")

    assert seen(None) == ([str(MARCH)], [str(MARCH)])
    assert seen(FEBRUARY) == ([str(FEBRUARY)], [str(FEBRUARY)])
    assert seen(JANUARY + 1) == ([str(JANUARY)], [str(JANUARY)])
    assert seen(JANUARY - 1) == ([str(JANUARY)], [str(JANUARY)])


def test_what_is_taken_from_elsewhere_is_said():
    member = {"GroupId": "g", "MemberId": "m"}
    exports = inventory_of(
        {"GroupMembers": [member | {"TimeGenerated": JANUARY}, member | {"MemberId": "n", "TimeGenerated": FEBRUARY}]}
    )
    made = state(exports)
    assert made.inventory.text("GroupMembers", "MemberId") == ["m", "n"]
    assert made.remarks == ("GroupMembers: 1 rows stand in an older export only and still count",)
    assert state(exports, JANUARY).remarks == ("GroupMembers: 1 rows are known from exports taken later only",)


def test_ids_in_every_casing_are_one_thing():
    exports = inventory_of({"Users": [{"ObjectId": "AB", "TimeGenerated": 1}, {"ObjectId": "ab", "TimeGenerated": 2}]})
    assert state(exports).inventory.text("Users", "ObjectId") == ["ab"]


def test_tools_that_spell_a_role_differently_mean_one_assignment():
    same = {"Scope": VAULT, "PrincipalId": "p"}
    role = "4633458b-17de-408a-b874-0445c86b69e6"
    exports = inventory_of(
        {
            "RoleAssignments": [
                same | {"RoleDefinitionId": f"/subscriptions/s/providers/x/{role}", "TimeGenerated": JANUARY},
                same | {"RoleDefinitionId": f"/providers/x/{role}", "State": "Active", "TimeGenerated": FEBRUARY},
                same | {"RoleDefinitionId": f"/providers/x/{role}", "State": "Eligible", "TimeGenerated": FEBRUARY},
            ]
        }
    )
    made = state(exports)
    assert made.inventory.text("RoleAssignments", "State") == ["Active", "Eligible"] and made.remarks == ()


def test_assignments_are_told_apart_by_their_ids_where_tools_say_them():
    """A new condition on an assignment is no second assignment; two ids are two."""
    row = {"Scope": VAULT, "PrincipalId": "p", "RoleDefinitionId": "r", "State": "Active"}
    rows = [
        row | {"Id": "/a/1", "TimeGenerated": JANUARY},
        row | {"Id": "/A/1", "Condition": "c", "TimeGenerated": FEBRUARY},
        row | {"Id": "/a/2", "TimeGenerated": FEBRUARY},
    ]
    made = state(inventory_of({"RoleAssignments": rows}))
    assert made.inventory.text("RoleAssignments", "Id") == ["/A/1", "/a/2"] and made.remarks == ()


def test_pages_of_one_export_are_not_older_than_each_other():
    """A large export is written for an hour, page by page; only what came before a pause is old."""
    minute = 60 * 10_000_000
    pages = [{"GroupId": "g", "MemberId": f"m{i}", "TimeGenerated": FEBRUARY + i * 20 * minute} for i in range(9)]
    assert state(inventory_of({"GroupMembers": pages})).remarks == ()
    last_month = {"GroupId": "g", "MemberId": "gone", "TimeGenerated": JANUARY}
    (remark,) = state(inventory_of({"GroupMembers": [last_month, *pages]})).remarks
    assert remark == "GroupMembers: 1 rows stand in an older export only and still count"
