"""A second evaluator of escalation, slow and plain, written from documentation and sharing no code, must agree.

It takes the records of a tenant and asks who can become whom, breadth first, with no sets, numbers, masks or pruning.
What each way needs is said here again, from Microsoft's pages on Key Vault access (rbac-guide, assign-access-policy,
backup, template secrets), roles of Entra and elevated access, and BloodHound's definitions of edges. Of the product's
content it reads the definitions of built-in roles alone.
"""

from __future__ import annotations

import json
import random
from collections import deque
from pathlib import Path

import pytest

import keywitness
from keywitness.access.escalation.edges import Edges
from keywitness.access.escalation.reach import Reaches
from keywitness.access.escalation.search import MOST_STEPS, Search
from keywitness.access.inventory import inventory_of
from keywitness.access.question import Answer
from keywitness.access.survey import Survey
from keywitness.access.tenant import Tenant

CONTENT = Path(keywitness.__file__).parent / "content" / "access"
BUILT_IN = {r["id"]: r["permissions"] for r in json.loads((CONTENT / "roles.json").read_text())["roles"]}

OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
KV_CONTRIBUTOR = "f25e0fa2-a7c8-4377-a976-54943a77a395"
USER_ACCESS = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
RBAC_ADMIN = "f58310d9-a9f6-439a-9e8d-f62e7b41a168"
DATA_ACCESS_ADMIN = "8b54135c-b56d-4d72-a534-26097cfdc8d8"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
KV_READER = "21090545-7ca7-4776-b22c-e363652d74d2"
VM_CONTRIBUTOR = "9980e02c-c2be-4d73-94e8-173b1dc7cf3c"
WEBSITE_CONTRIBUTOR = "de139f84-1756-47ae-9be6-808fbbe84772"
AUTOMATION_CONTRIBUTOR = "f353d9bd-d4a6-484e-a77a-8050b599b867"
CUSTOM = {
    "c0000000-0000-4000-8000-000000000001": [{"dataActions": ["Microsoft.KeyVault/vaults/secrets/backup/action"]}],
    "c0000000-0000-4000-8000-000000000002": [
        {"actions": ["Microsoft.KeyVault/vaults/deploy/action", "Microsoft.Resources/deployments/*"]}
    ],
    "c0000000-0000-4000-8000-000000000003": [{"actions": ["microsoft.keyvault/VAULTS/accessPolicies/*"]}],
    "c0000000-0000-4000-8000-000000000004": [{"actions": ["*"], "notActions": ["Microsoft.Authorization/*"]}],
}
ROLES = [
    *(OWNER, CONTRIBUTOR, KV_CONTRIBUTOR, USER_ACCESS, RBAC_ADMIN, DATA_ACCESS_ADMIN, SECRETS_USER, SECRETS_USER),
    *(KV_READER, VM_CONTRIBUTOR, WEBSITE_CONTRIBUTOR, AUTOMATION_CONTRIBUTOR, *CUSTOM),
]


def only_these(*roles):
    """The condition that the portal writes for a delegate who may assign some roles only."""
    listed = ", ".join(roles)
    return (
        "(\n (\n  !(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})\n )\n OR\n (\n  @Request[Microsoft."
        f"Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {{{listed}}}\n )\n)"
    )


#: What a condition lets a delegate assign; None for everything.
CONDITIONS = {
    "": None,
    only_these(KV_READER): {KV_READER},
    only_these(SECRETS_USER, KV_READER): {SECRETS_USER, KV_READER},
    only_these(KV_CONTRIBUTOR): {KV_CONTRIBUTOR},
    only_these(VM_CONTRIBUTOR): {VM_CONTRIBUTOR},
}
READING_ROLES = {
    "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    SECRETS_USER,
    "db79e9a7-68ee-4b58-9aeb-b90e7c24fcba",
}
WRITING_ROLES = {OWNER, CONTRIBUTOR, KV_CONTRIBUTOR}
#: Acts that run code of one's own on a resource, and roles that have one.
CODE = {
    "Microsoft.Compute/virtualMachines": (
        (
            "Microsoft.Compute/virtualMachines/write",
            "Microsoft.Compute/virtualMachines/runCommand/action",
            "Microsoft.Compute/virtualMachines/extensions/write",
        ),
        {OWNER, CONTRIBUTOR, VM_CONTRIBUTOR},
    ),
    "Microsoft.Web/sites": (
        (
            "Microsoft.Web/sites/write",
            "Microsoft.Web/sites/config/write",
            "Microsoft.Web/sites/functions/write",
            "Microsoft.Web/sites/publishxml/action",
        ),
        {OWNER, CONTRIBUTOR, WEBSITE_CONTRIBUTOR},
    ),
    "Microsoft.Automation/automationAccounts": (
        ("Microsoft.Automation/automationAccounts/runbooks/write",),
        {OWNER, CONTRIBUTOR, AUTOMATION_CONTRIBUTOR},
    ),
}
GLOBAL_ADMIN = "62e90394-69f5-4237-9190-012177145e10"
PRIVILEGED_ROLE_ADMIN = "e8611ab8-c189-46e8-94e1-60213ab1f814"
APPLICATION_ADMIN = "9b895d92-2cd3-44c9-9d02-a6ac2d5ea5c3"
GROUPS_ADMIN = "fdd7a751-b60b-444a-984c-02652fe8fa1c"
DIRECTORY_ROLES = (GLOBAL_ADMIN, PRIVILEGED_ROLE_ADMIN, APPLICATION_ADMIN, GROUPS_ADMIN)
GRANT_ROLES = "9e3f62cf-ca93-4989-b6ce-bf83c28f9fe8"
WRITE_APPLICATIONS = "1bfefb4e-e0b5-418b-a88f-73c46d2cc8e9"
WRITE_MEMBERS = "dbaae8cf-10b5-4b86-a4a1-f871c94c6695"
APP_ROLES = (GRANT_ROLES, WRITE_APPLICATIONS, WRITE_MEMBERS)

SUBSCRIPTIONS = tuple(f"/subscriptions/{n}{n}{n}{n}1111-1111-4111-8111-111111111111" for n in (1, 2))


def tenant_at_random(seed):
    """Records of a small tenant in which every kind of way comes up."""
    rng = random.Random(seed)
    users, groups = [f"u{i}" for i in range(7)], [f"g{i}" for i in range(4)]
    apps, machines = [f"s{i}" for i in range(3)], [f"m{i}" for i in range(3)]
    everybody = [*users, *groups, *apps, *machines]
    places = [f"{s}/resourceGroups/{g}" for s in SUBSCRIPTIONS for g in ("rg-a", "rg-b")]
    vaults = [f"{rng.choice(places)}/providers/Microsoft.KeyVault/vaults/v{i}" for i in range(3)]
    resources = [f"{rng.choice(places)}/providers/{t}/r{i}" for i, t in enumerate(CODE)]
    scopes = [*SUBSCRIPTIONS, *places, *vaults, *vaults, *resources]
    secrets = (["get"], ["list"], ["list", "backup"], ["Get", "List"])
    may_assign = (OWNER, USER_ACCESS, RBAC_ADMIN)

    def assignment():
        role = rng.choice(ROLES)
        return {
            "PrincipalId": rng.choice(everybody),
            "RoleDefinitionId": f"/providers/Microsoft.Authorization/roleDefinitions/{role}",
            "Scope": rng.choice(scopes),
            "State": "Eligible" if rng.random() < 0.1 else "Active",
            "Condition": rng.choice(list(CONDITIONS)) if role in may_assign else "",
        }

    return {
        "Users": [{"ObjectId": u} for u in users],
        "Groups": [{"ObjectId": g, "IsAssignableToRole": rng.random() < 0.3} for g in groups],
        "Applications": [{"ObjectId": f"o-{a}", "AppId": f"a-{a}"} for a in apps],
        "ServicePrincipals": [{"ObjectId": a, "AppId": f"a-{a}"} for a in [*apps, *machines]],
        "RoleDefinitions": [
            {"Name": id_, "RoleName": f"custom {id_[-1]}", "RoleType": "CustomRole", "Permissions": permissions}
            for id_, permissions in CUSTOM.items()
        ],
        "KeyVaults": [
            {
                "VaultId": v,
                "Name": v.rsplit("/", 1)[1],
                "EnableRbacAuthorization": rng.random() < 0.6,
                "EnabledForTemplateDeployment": rng.random() < 0.3,
                "EnabledForDeployment": rng.random() < 0.3,
                "AccessPolicies": [
                    {"objectId": rng.choice(everybody), "permissions": {"secrets": rng.choice(secrets)}}
                    for _ in range(rng.randrange(3))
                ],
            }
            for v in vaults
        ],
        "Resources": [
            {"Id": r, "Type": "/".join(r.split("/")[6:8]), "Identity": {"principalId": m}}
            for r, m in zip(resources, machines, strict=True)
        ],
        "RoleAssignments": [assignment() for _ in range(rng.randrange(2, 9))],
        "GroupMembers": [
            {"GroupId": rng.choice(groups), "MemberId": rng.choice(everybody)} for _ in range(rng.randrange(5))
        ],
        "Owners": [
            {
                "TargetId": t,
                "TargetType": "group" if t in groups else "application",
                "OwnerId": rng.choice(users + apps),
            }
            for t in rng.choices([*groups, *apps, *(f"o-{a}" for a in apps)], k=rng.randrange(4))
        ],
        "DirectoryRoleAssignments": [
            {
                "PrincipalId": rng.choice(users + groups),
                "RoleTemplateId": rng.choice(DIRECTORY_ROLES),
                "DirectoryScopeId": s,
            }
            for s in rng.choices(["/", "/", f"/{apps[0]}"], k=rng.choice((0, 0, 0, 1)))
        ],
        "AppRoleAssignments": [
            {"PrincipalId": rng.choice(apps + machines), "AppRoleId": rng.choice(APP_ROLES)}
            for _ in range(rng.choice((0, 0, 1)))
        ],
    }


def wildcard(pattern, text):
    """`*` is any run of characters."""
    pattern, text = pattern.lower(), text.lower()
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in rest[:-1]:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return text.endswith(rest[-1]) and len(text) - len(rest[-1]) >= at


class Plain:
    """Who can become whom, question by question."""

    def __init__(self, records):
        self.records = records
        self.service_principal = {f"o-{r['ObjectId']}": r["ObjectId"] for r in records["ServicePrincipals"]}
        self.role_groups = {g["ObjectId"] for g in records["Groups"] if g["IsAssignableToRole"]}
        self.groups = {g["ObjectId"] for g in records["Groups"]}
        self.applications = {s["ObjectId"] for s in records["ServicePrincipals"]}

    def identities(self, who):
        found, before = {who}, set()
        while found != before:
            before = set(found)
            found |= {m["GroupId"] for m in self.records["GroupMembers"] if m["MemberId"] in found}
        return found

    # ---------------------------------------------------------------- what one holds

    def held(self, who, action, *, data=False, at=None, creates="", gives=None, sure):
        """Whether somebody may do an act, by assignments.

        Args:
            at: The resource; None for any place where a resource can be created.
            creates: Only such places in this subscription count.
            gives: Roles of which he must be able to assign one.
            sure: Eligible assignments, and conditions that say nothing of the act, do not count.
        """
        for a in self.records["RoleAssignments"]:
            if a["PrincipalId"] not in self.identities(who) or (sure and a["State"] == "Eligible"):
                continue
            role = a["RoleDefinitionId"].rsplit("/", 1)[1]
            if not self.permits(role, action, data):
                continue
            if at is not None and not (at + "/").startswith(a["Scope"] + "/"):
                continue
            if at is None and not self.place_to_create(a["Scope"], action, creates):
                continue
            allowed = CONDITIONS[a["Condition"]]
            if role == DATA_ACCESS_ADMIN:  # its definition carries the condition: roles over contents alone
                allowed = READING_ROLES
            if action.endswith("roleAssignments/write") and allowed is not None:
                if gives is not None and not allowed & gives:
                    continue
                if gives is None and sure:
                    continue
            return True
        return False

    def permits(self, role, action, data):
        yes, no = ("dataActions", "notDataActions") if data else ("actions", "notActions")
        return any(
            any(wildcard(p, action) for p in block.get(yes) or ())
            and not any(wildcard(p, action) for p in block.get(no) or ())
            for block in CUSTOM.get(role) or BUILT_IN[role]
        )

    def place_to_create(self, scope, action, subscription):
        """Resources are created in resource groups. An existing one of the kind can be changed instead."""
        if subscription and not (scope + "/").startswith(subscription + "/"):
            return False
        if "/providers/" not in scope:
            return True
        if action == "Microsoft.Compute/virtualMachines/write":
            return "/virtualMachines/" in scope
        if action == "Microsoft.KeyVault/vaults/write":
            return any(v["VaultId"] == scope and not v["EnableRbacAuthorization"] for v in self.records["KeyVaults"])
        return False

    # ---------------------------------------------------------------- ways to a vault

    def content(self, who, vault, action, permission, *, sure):
        """Whether the contents are open to him: by roles, or by access policies."""
        if vault["EnableRbacAuthorization"]:
            return self.held(who, action, data=True, at=vault["VaultId"], sure=sure)
        return any(
            e["objectId"] in self.identities(who) and permission in [w.lower() for w in e["permissions"]["secrets"]]
            for e in vault["AccessPolicies"]
        )

    def reads(self, who, vault, *, sure):
        return self.content(who, vault, "Microsoft.KeyVault/vaults/secrets/getSecret/action", "get", sure=sure)

    def makes_himself_able(self, who, vault, *, sure):
        id_, roles = vault["VaultId"], vault["EnableRbacAuthorization"]

        def may(action, at=id_, **more):
            return self.held(who, action, at=at, sure=sure, **more)

        assign, write = "Microsoft.Authorization/roleAssignments/write", "Microsoft.KeyVault/vaults/write"
        deploy = may("Microsoft.KeyVault/vaults/deploy/action")
        backup = self.content(who, vault, "Microsoft.KeyVault/vaults/secrets/backup/action", "backup", sure=sure)
        subscription = "/".join(id_.split("/")[:3])
        return any(
            (
                not roles and (may(write) or may("Microsoft.KeyVault/vaults/accessPolicies/write")),
                not roles and may(assign, gives=WRITING_ROLES),
                roles and may(assign, gives=READING_ROLES),
                roles and may(write) and may(assign),  # the permission model
                vault["EnabledForTemplateDeployment"] and deploy and may("Microsoft.Resources/deployments/write", None),
                vault["EnabledForDeployment"] and deploy and may("Microsoft.Compute/virtualMachines/write", None),
                backup and may(write, None, creates=subscription),
            )
        )

    # ---------------------------------------------------------------- ways to other principals

    def becomes(self, who, *, sure):
        """As whom one can act, by one act more."""
        me = self.identities(who)
        for o in self.records["Owners"]:
            if o["OwnerId"] in me:
                yield self.service_principal.get(o["TargetId"], o["TargetId"])
        for r in self.records["Resources"]:
            acts, giving = CODE[r["Type"]]
            assign = "Microsoft.Authorization/roleAssignments/write"
            runs = any(self.held(who, act, at=r["Id"], sure=sure) for act in acts)
            if runs or self.held(who, assign, at=r["Id"], gives=giving, sure=sure):
                yield r["Identity"]["principalId"]
        for d in self.records["DirectoryRoleAssignments"]:
            if d["PrincipalId"] in me:
                yield from self.administers(d["RoleTemplateId"], d["DirectoryScopeId"].strip("/"))
        for a in self.records["AppRoleAssignments"]:
            if a["PrincipalId"] in me and a["AppRoleId"] == GRANT_ROLES:
                yield "global administrator"
            if a["PrincipalId"] in me and a["AppRoleId"] == WRITE_APPLICATIONS:
                yield from self.applications
            if a["PrincipalId"] in me and a["AppRoleId"] == WRITE_MEMBERS:
                yield from self.groups - self.role_groups

    def administers(self, role, only):
        """As whom the holder of a directory role can act: over everything, or over one object."""
        reach = {only} if only else self.applications | self.groups
        if role in (GLOBAL_ADMIN, APPLICATION_ADMIN):
            yield from self.applications & reach
        if role in (GLOBAL_ADMIN, GROUPS_ADMIN):
            yield from (self.groups - self.role_groups) & reach
        if role in (GLOBAL_ADMIN, PRIVILEGED_ROLE_ADMIN):
            yield from self.role_groups & reach
        if role == PRIVILEGED_ROLE_ADMIN and not only:
            yield "global administrator"
        if role == GLOBAL_ADMIN and not only:
            yield "user access administrator over everything"

    def shortest(self, who, vault, *, sure):
        """Acts until the secrets of a vault are read: 0 who reads as things stand, None who never can."""
        waiting, seen = deque([(who, 0)]), {who}
        best = None
        while waiting:
            here, acts = waiting.popleft()
            if best is not None and acts >= best:
                return best
            if here == "user access administrator over everything":
                best = acts + 1 if best is None else best
                continue
            if here == "global administrator":
                onward = list(self.administers(GLOBAL_ADMIN, ""))
            else:
                if self.reads(here, vault, sure=sure):
                    return acts
                if self.makes_himself_able(here, vault, sure=sure):
                    best = acts + 1 if best is None else best
                onward = list(self.becomes(here, sure=sure))
            for other in onward:
                if other not in seen:
                    seen.add(other)
                    waiting.append((other, acts + 1))
        return best


def acts_of(path):
    return sum(1 for step in path.steps if step.does)


@pytest.mark.parametrize("first", range(0, 400, 100))
def test_both_evaluators_agree_on_who_escalates_and_in_how_many_acts(first):
    """20,400 questions of 17 principals and 3 vaults each, asked for what is sure and for what may be."""
    differ, lengths = [], set()
    for seed in range(first, first + 100):
        records = tenant_at_random(seed)
        tenant, plain = Tenant(inventory_of(records)), Plain(records)
        search = Search(tenant, Reaches(Survey(tenant), Edges(tenant)))
        for vault in tenant.vaults:
            facts = next(v for v in records["KeyVaults"] if v["VaultId"] == vault.id)
            for number, who in enumerate(tenant.principals.ids):
                if who.startswith("o-"):
                    continue
                paths = search.paths(number, vault)
                for sure in (True, False):
                    counted = [acts_of(p) for p in paths if not sure or p.answer is Answer.YES]
                    mine, theirs = min(counted, default=None), plain.shortest(who, facts, sure=sure)
                    lengths.add(theirs)
                    if mine != theirs and (theirs is None or theirs <= MOST_STEPS):
                        differ.append((seed, who, vault.name, sure, mine, theirs))
    assert differ[:5] == [], len(differ)
    assert {None, 0, 1, 2, 3} <= lengths
