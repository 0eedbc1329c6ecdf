"""Wildcards of role definitions, and what Azure's built-in roles allow."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keywitness.access.actions import granted_capabilities, granted_operations, matches
from keywitness.access.operations import capability, mask_of, operation, operations, operations_in, policy_mask
from keywitness.access.roles import builtin_roles

ROOT = Path(__file__).parents[2]
RAW = ROOT.parent / "shared" / "samples" / "inventory" / "role_definitions" / "built-in-roles-raw.json"


def test_an_asterisk_goes_over_slashes_and_dots_are_dots():
    assert matches("Microsoft.KeyVault/*", "microsoft.keyvault/vaults/secrets/getSecret/action")
    assert matches("*", "")
    assert not matches("Microsoft.KeyVault/vaults/*/read", "Microsoft.KeyVault/vaults/read")
    assert not matches("Microsoft.KeyVault/vaults/read", "MicrosoftXKeyVault/vaults/read")
    assert not matches("Microsoft.KeyVault/vaults", "Microsoft.KeyVault/vaults/read")


@given(st.text("ab/*.", max_size=8), st.text("ab/.", max_size=10))
def test_wildcards_as_a_plain_recursion_has_them(pattern, text):
    def plain(p, t):
        if not p:
            return not t
        if p[0] == "*":
            return plain(p[1:], t) or (bool(t) and plain(p, t[1:]))
        return bool(t) and t[0] == p[0] and plain(p[1:], t[1:])

    assert matches(pattern, text) == plain(pattern, text)


def test_what_a_block_takes_away_it_takes_away_from_itself_only():
    both = ["Microsoft.KeyVault/vaults/secrets/*"]
    mask = granted_operations(both, ["*/getsecret/ACTION"])
    assert operation("secret", "set") in operations_in(mask)
    assert operation("secret", "get") not in operations_in(mask)


def test_actions_are_no_data_actions():
    """Trap: Contributor has the action `*` and reads nothing."""
    assert granted_operations([], []) == 0
    everything = granted_capabilities(["*"], [], [], [])
    assert everything >> capability("write-vault").bit & 1
    assert not everything >> capability("sign-in-vm-as-admin").bit & 1  # a data action


def test_words_of_access_policies():
    mask, unknown = policy_mask("key", ["UnwrapKey", "GET", "fly"])
    assert {o.name for o in operations_in(mask)} == {"unwrap", "get"}
    assert unknown == ("fly",)
    assert policy_mask("secret", ["all"])[0] == mask_of(o for o in operations() if o.object == "secret")


#: DETECTIONS.md, section d: how many of the 928 built-in roles have a capability.
COUNTS = [
    (operation("secret", "get"), 4),
    (operation("secret", "list"), 5),
    (operation("secret", "set"), 3),
    (operation("secret", "backup"), 2),
    (operation("key", "sign"), 3),
    (operation("key", "decrypt"), 3),
    (operation("key", "unwrap"), 4),
    (operation("key", "backup"), 3),
    (operation("certificate", "get"), 4),
    (capability("write-vault"), 7),
    (capability("write-access-policy"), 7),
    (capability("delete-vault"), 7),
    (capability("purge-vault"), 4),
    (capability("deploy-from-vault"), 8),
    (capability("write-secret-by-template"), 7),
    (capability("write-role-assignment"), 28),
    (capability("delete-diagnostic-setting"), 14),
    (capability("elevate-access"), 2),
]


@pytest.mark.parametrize(("act", "count"), COUNTS, ids=lambda v: getattr(v, "action", v))
def test_as_many_built_in_roles_as_the_survey_counted(act, count):
    part = "operations" if hasattr(act, "permission") else "capabilities"
    having = [r for r in builtin_roles().values() if any(getattr(b, part) >> act.bit & 1 for b in r.blocks)]
    assert len(having) == count


def test_the_shipped_roles_are_those_of_the_export():
    if not RAW.exists():
        pytest.skip("the export of the built-in roles, ../shared/samples/inventory, is not here")
    raw = json.loads(RAW.read_text("utf-8"))
    assert len(raw) == len(builtin_roles()) == 928
    spec = importlib.util.spec_from_file_location("builtin_roles", ROOT / "tools" / "builtin_roles.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    shipped = tool.TARGET.read_text("utf-8")
    assert shipped == tool.compact(raw, json.loads(shipped)["source"])


def test_a_shipped_role_allows_what_the_whole_definition_allows():
    if not RAW.exists():
        pytest.skip("the export of the built-in roles, ../shared/samples/inventory, is not here")
    for role in json.loads(RAW.read_text("utf-8")):
        whole = [0, 0]
        for p in role["permissions"]:
            whole[0] |= granted_operations(p["dataActions"], p["notDataActions"])
            whole[1] |= granted_capabilities(p["actions"], p["notActions"], p["dataActions"], p["notDataActions"])
        shipped = [0, 0]
        for block in builtin_roles()[role["name"]].blocks:
            shipped[0] |= block.operations
            shipped[1] |= block.capabilities
        assert shipped == whole, role["roleName"]
