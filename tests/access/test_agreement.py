"""A second evaluator, slow and plain, written from Azure's documentation and sharing no code, must agree.

It reads the records of the tenant and the facts in `content/access/`, and nothing else of the product.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
import yaml

import keywitness
from keywitness.access.operations import capabilities, operations
from keywitness.access.question import ask, ask_reached
from keywitness.access.tenant import Tenant
from keywitness.lab.estate import CONDITIONS, Size, estate

CONTENT = Path(keywitness.__file__).parent / "content" / "access"
KINDS = {"secret": "secrets", "key": "keys", "certificate": "certificates", "storage": "storage"}


def wildcard(pattern: str, text: str) -> bool:
    """`*` is any run of characters. By hand, not by regular expressions."""
    pattern, text = pattern.lower(), text.lower()
    pieces = pattern.split("*")
    if len(pieces) == 1:
        return pattern == text
    if not text.startswith(pieces[0]):
        return False
    at = len(pieces[0])
    for piece in pieces[1:-1]:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return text.endswith(pieces[-1]) and len(text) - len(pieces[-1]) >= at


#: What each condition of the generator means, for an action: True, False, or None when it depends on the unknown.
MEANING = {
    "": lambda action: True,
    CONDITIONS[0]: lambda action: action != "Microsoft.KeyVault/vaults/secrets/getSecret/action",
    CONDITIONS[1]: lambda action: None if action.startswith("Microsoft.KeyVault/vaults/keys/") else True,
    CONDITIONS[2]: lambda action: None if action.lower() == "microsoft.authorization/roleassignments/write" else True,
    CONDITIONS[3]: lambda action: None,
}


class Plain:
    """Loops over records, question by question."""

    def __init__(self, inventory):
        self.vaults = inventory.records("KeyVaults")
        self.denials = inventory.records("DenyAssignments")
        self.assignments = {}
        for record in inventory.records("RoleAssignments"):
            self.assignments.setdefault(record["PrincipalId"].lower(), []).append(record)
        self.parents = {}
        for record in inventory.records("GroupMembers"):
            self.parents.setdefault(record["MemberId"].lower(), set()).add(record["GroupId"].lower())
        self.above = {}
        for record in inventory.records("Subscriptions"):
            self.above[record["SubscriptionId"].lower()] = [n.lower() for n in record["ManagementGroupAncestors"]]
        self.roles = {
            r["id"].lower(): r["permissions"] for r in json.loads((CONTENT / "roles.json").read_text())["roles"]
        }
        for record in inventory.records("RoleDefinitions"):
            self.roles[record["Name"].lower()] = record["Permissions"]

    def identities(self, principal):
        seen, waiting = {principal.lower()}, [principal.lower()]
        while waiting:
            for parent in self.parents.get(waiting.pop(), ()):
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return seen

    def scope_covers(self, scope, resource):
        if resource is None:  # anywhere
            return True
        scope, resource = "/" + scope.strip("/").lower(), "/" + resource.strip("/").lower()
        if scope == "/":
            return True
        if scope.startswith("/providers/microsoft.management/managementgroups/"):
            return scope.rsplit("/", 1)[1] in self.above[resource.split("/")[2]]
        return resource == scope or resource.startswith(scope + "/")

    def permitted(self, permissions, action, data, condition, gives=None):
        """True, False or None for the blocks of a role."""
        answers = []
        for block in permissions:
            yes = block.get("dataActions" if data else "actions") or []
            no = block.get("notDataActions" if data else "notActions") or []
            if any(wildcard(p, action) for p in yes) and not any(wildcard(p, action) for p in no):
                answers += [self.allowed(condition, block.get("condition"), action, role) for role in gives or [None]]
        return True if True in answers else None if None in answers else False

    def allowed(self, condition, own, action, role):
        parts = [MEANING[condition](action)]
        if role and condition == CONDITIONS[2]:
            parts = [role == "4633458b-17de-408a-b874-0445c86b69e6"]
        if own:
            parts.append(self.own_condition(own.lower(), action.lower(), role))
        return False if False in parts else None if None in parts else True

    def own_condition(self, text, action, role):
        """The conditions of built-in roles all limit which roles may be assigned or removed."""
        limits = "microsoft.authorization/roleassignments/"
        bound = action in (limits + "write", limits + "delete") and f"{limits}{action.rsplit('/', 1)[1]}'" in text
        if text.startswith(("(", "!")) and not bound:
            return True
        if role and "@request" in text and role.replace("-", "") not in text.replace("-", ""):
            return False
        simple = text.count("@request") == 1 and "principaltype" not in text and "hasobotoken" not in text
        return True if role and simple else None

    def by_roles(self, who, resource, action, data, gives=None):
        found = set()
        for identity in who:
            for record in self.assignments.get(identity, ()):
                if not self.scope_covers(record["Scope"], resource):
                    continue
                role = self.roles.get(record["RoleDefinitionId"].rsplit("/", 1)[1].lower())
                if role is None:
                    found.add("unknown")
                    continue
                answer = self.permitted(role, action, data, record["Condition"], gives)
                if answer is not False:
                    found.add("eligible" if record["State"] == "Eligible" else "yes" if answer else "conditional")
        found_denial = resource and any(self.denied(d, who, resource, action, data) for d in self.denials)
        if found_denial or not found:
            return "no"
        return next(a for a in ("yes", "conditional", "eligible", "unknown") if a in found)

    def denied(self, denial, who, resource, action, data):
        if denial["DoNotApplyToChildScopes"]:
            here = denial["Scope"].strip("/").lower() == resource.strip("/").lower()
        else:
            here = self.scope_covers(denial["Scope"], resource)
        ids = {p["id"].lower() for p in denial["Principals"]}
        everyone = "00000000-0000-0000-0000-000000000000" in ids
        left_out = {p["id"].lower() for p in denial["ExcludePrincipals"]}
        if not here or not (everyone or ids & who) or left_out & who:
            return False
        return self.permitted(denial["Permissions"], action, data, "") is True

    def by_policies(self, who, vault, permission, kind):
        if vault["AccessPolicies"] is None:
            return "unknown"
        found = set()
        for entry in vault["AccessPolicies"]:
            words = [w.lower() for w in entry["permissions"].get(KINDS[kind], ())]
            if entry["objectId"].lower() in who and ("all" in words or permission.lower() in words):
                found.add("conditional" if entry.get("applicationId") else "yes")
        return "yes" if "yes" in found else "conditional" if found else "no"

    def answer(self, principal, vault, operation):
        who = self.identities(principal)
        if "permission" not in operation:
            resource = vault["VaultId"]
            if operation["at"] == "subscription":
                resource = "/".join(resource.split("/")[:3])
            if operation["at"] == "anywhere":
                resource = None
            data, gives = operation.get("plane") == "data", operation.get("gives")
            return self.by_roles(who, resource, operation["action"], data, gives)
        roles = self.by_roles(who, vault["VaultId"], operation["action"], True)
        policies = self.by_policies(who, vault, operation["permission"], operation["object"])
        if vault["EnableRbacAuthorization"] is True:
            return roles
        if vault["EnableRbacAuthorization"] is False:
            return policies
        return roles if roles == policies else "unknown"


SIZES = [
    (Size(24, 400, 2500, subscriptions=3, denials=6), 11),
    (Size(60, 900, 6000, subscriptions=7, denials=12), 12),
    (Size(1, 40, 60, subscriptions=1, denials=1), 13),
    (Size(120, 1500, 8000, subscriptions=9, denials=12), 14),
]


@pytest.mark.parametrize(("size", "seed"), SIZES, ids=lambda v: str(getattr(v, "vaults", v)))
def test_both_evaluators_agree_on_25_000_questions(size, seed):
    inventory = estate(size, seed=seed)
    tenant, plain = Tenant(inventory), Plain(inventory)
    facts = [yaml.safe_load((CONTENT / name).read_text()) for name in ("operations.yaml", "capabilities.yaml")]
    acts = list(zip([*operations(), *capabilities()], [*facts[0], *facts[1]], strict=True))
    rng = random.Random(seed)
    reading = acts[0]
    disagreements, answers = [], set()
    for _ in range(25_000):
        who = rng.randrange(len(tenant.principals))
        vault = rng.choice(tenant.vaults)
        act, fact = reading if rng.random() < 0.3 else rng.choice(acts)
        mine = str(ask(tenant, who, vault, act).answer)
        theirs = plain.answer(tenant.principals.ids[who], vault.facts, fact)
        answers.add(mine)
        if mine != theirs:
            disagreements.append((tenant.principals.ids[who], vault.name, act, mine, theirs))
    assert disagreements[:3] == []
    assert size.vaults == 1 or answers == {"yes", "no", "conditional", "eligible", "unknown"}


def test_the_strongest_reason_alone_gives_the_same_answer():
    tenant = Tenant(estate(Size(24, 400, 2500, subscriptions=3, denials=6), seed=21))
    rng, acts = random.Random(21), [*operations(), *capabilities()]
    for _ in range(5_000):
        reached = tenant.membership.upwards(rng.randrange(len(tenant.principals)))
        vault, act = rng.choice(tenant.vaults), rng.choice(acts)
        whole = ask_reached(tenant, reached, vault, act)
        short = ask_reached(tenant, reached, vault, act, every=False)
        assert (short.answer, short.grant, short.remarks) == (whole.answer, whole.grant, whole.remarks)
        assert set(short.reasons) <= set(whole.reasons)
