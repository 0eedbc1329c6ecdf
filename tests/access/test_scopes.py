"""Scopes hold for what is below them, in any casing, and nowhere else."""

from __future__ import annotations

from keywitness.access.scopes import ScopeTree, management_groups_above, normal_scope

VAULT = "/subscriptions/S1/resourceGroups/RG/providers/Microsoft.KeyVault/vaults/kv"
GROUP = "/providers/Microsoft.Management/managementGroups/"


def names(tree, scope):
    return [tree.names[n] for n in tree.upwards(tree.add(scope))]


def test_from_a_secret_to_the_root():
    tree = ScopeTree(management_groups_above([("prod", GROUP + "ALL"), ("all", "")], [("s1", [{"name": "Prod"}])]))
    assert names(tree, VAULT + "/secrets/x/") == [
        normal_scope(VAULT) + "/secrets/x",
        normal_scope(VAULT),
        "/subscriptions/s1/resourcegroups/rg",
        "/subscriptions/s1",
        (GROUP + "prod").lower(),
        (GROUP + "all").lower(),
        "/",
    ]
    assert tree.unplaced == set()


def test_names_that_begin_alike_are_not_above_each_other():
    """Trap: a prefix of text is no parent."""
    tree = ScopeTree()
    assert tree.add(VAULT) not in tree.upwards(tree.add(VAULT + "-2"))
    assert tree.add("/subscriptions/s1/resourceGroups/rg") not in tree.upwards(tree.add(VAULT.replace("RG", "RG2")))


def test_a_subscription_without_management_groups_is_named():
    tree = ScopeTree()
    assert names(tree, "/subscriptions/s1") == ["/subscriptions/s1", "/"]
    assert tree.unplaced == {"/subscriptions/s1"}


def test_management_groups_that_close_a_cycle_end():
    tree = ScopeTree(management_groups_above([("a", "b"), ("b", "a")], [("s1", ["a"])]))
    assert len(names(tree, "/subscriptions/s1")) == 3


def test_a_resource_of_another_resource():
    tree = ScopeTree()
    setting = VAULT + "/providers/Microsoft.Insights/diagnosticSettings/d"
    assert names(tree, setting)[1] == normal_scope(VAULT)


def test_a_text_that_is_no_scope_is_named():
    tree = ScopeTree()
    tree.add("Contoso's scope")
    assert tree.strange == {"/contoso's scope"}
