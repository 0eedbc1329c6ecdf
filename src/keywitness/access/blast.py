"""The blast radius of objects of vaults: what they open, what that may do, and what it did since.

Certificates are joined to applications by thumbprint, which proves it; names are hints and said as such.

Does not show: what is opened outside of the inventory, and uses of a key or password that only the other service logs.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple

from keywitness.access.ruling import Power, Step, Tenant, rulings, way_to_rule
from keywitness.detect.run import Queryable
from keywitness.engine.limits import NO_LIMITS
from keywitness.model.content import with_functions

#: A caller who reads an object on so many days is its ordinary user.
HABIT_DAYS = 3
#: Logs that would show what an application did, and what stays unsaid without them.
_WITNESSES = {
    "AADServicePrincipalSignInLogs": "whether and from where the application signed in",
    "AuditLogs": "what the application changed in the directory: credentials, roles, users",
    "MicrosoftGraphActivityLogs": "what the application read through Microsoft Graph: mail, files, the directory",
    "AzureActivity": "what the application changed in subscriptions",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that an application did, or that was done to it, since the object was taken.

    Args:
        new: From an address from which it had not signed in before, or with the very credential.
        count: How often.
    """

    at: str
    last_at: str
    what: str
    addresses: tuple[str, ...]
    new: bool
    count: int
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taken:
    """When an object first left to somebody who is not its ordinary user.

    Args:
        before: What he did to come to it, in the day before, in time order.
    """

    at: str
    by: str
    address: str
    row: str
    before: tuple[Deed, ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """An application that an object opens.

    Args:
        kind: secret or certificate.
        key_id: The credential of the application that the certificate is, or "".
        certainty: proven or likely.
        powers: What it may do, those that rule first.
        way: Steps to Global Administrator, empty where none is known.
        deeds: In time order.
        unseen: What could have been done and leaves no record here.
    """

    vault: str
    name: str
    kind: str
    app_id: str
    app_name: str
    key_id: str
    certainty: str
    reason: str
    rows: tuple[str, ...]
    taken: Taken | None
    powers: tuple[Power, ...]
    way: tuple[Step, ...]
    deeds: tuple[Deed, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """A storage account, database or the like that a secret likely opens, by its name."""

    vault: str
    name: str
    resource: str
    type: str
    reason: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Radius:
    """What objects open.

    Args:
        missing: Inventory that no export brought, with what stays unsaid.
    """

    opened: tuple[Opened, ...]
    stores: tuple[Store, ...]
    missing: tuple[str, ...]


def blast_radius(
    case: Queryable, present: Iterable[str], *, objects: Sequence[str] = (), since: str = "", only_taken: bool = False
) -> Radius:
    """What the objects of vaults open, and what came of it.

    Args:
        case: Where the logs and the inventory are.
        present: Tables that have rows.
        objects: Only these, as vault/name, without regard to case; all when empty.
        since: Deeds from this time on, as KQL's `datetime()` reads it; when empty, from the moment at which the object
            was first read by somebody who is not its ordinary user, or everything where no log shows that.
        only_taken: Leave out objects that no log shows taken.
    """
    made = _Making(case, frozenset(present), frozenset(o.lower() for o in objects), since, only_taken)
    return Radius(tuple(made.opened()), tuple(made.stores()), tuple(made.missing()))


@dataclass(frozen=True)
class _Making:
    case: Queryable
    present: frozenset[str]
    objects: frozenset[str]
    since: str
    only_taken: bool

    def rows(self, query: str) -> list[dict[str, Any]]:
        return self.case.query(with_functions(query), limits=NO_LIMITS).to_pylist()

    def wanted(self, row: Mapping[str, Any]) -> bool:
        key = f"{row['Vault']}/{row['Name']}".lower()
        return (not self.objects or key in self.objects) and (not self.only_taken or key in self.taken)

    @cached_property
    def taken(self) -> dict[str, Taken]:
        found = self.rows(f"FirstTaken({HABIT_DAYS}) | extend TakenAt = tostring(TakenAt)")
        before: dict[str, list[Deed]] = defaultdict(list)
        for r in self.rows(f"BeforeTaken({HABIT_DAYS}) | extend At = tostring(At) | sort by At asc, What asc"):
            said = Deed(
                r["At"], r["At"], r["What"], tuple(filter(None, r["Addresses"])), False, r["Count"], (*r["Rows"],)
            )
            before[f"{r['Vault']}/{r['LowName']}"].append(said)
        named = ((f"{r['Vault']}/{r['LowName']}", r) for r in found)
        return {
            key: Taken(r["TakenAt"], r["TakenBy"], r["TakenFrom"], r["Row"], tuple(before[key])) for key, r in named
        }

    @cached_property
    def found(self) -> list[dict[str, Any]]:
        """What the objects open, as the query has it."""
        return [r for r in self.rows("OpenedApplications() | sort by Vault asc, Name asc, AppId asc") if self.wanted(r)]

    @cached_property
    def tenant(self) -> Tenant:
        listed = self.rows(
            "union (ServicePrincipals | extend Kind = 'sp'), (Applications | extend Kind = 'app')"
            " | project Kind, Id = tolower(ObjectId), AppId = tolower(AppId), DisplayName"
        )
        of_app = {r["AppId"]: r["Id"] for r in listed if r["Kind"] == "sp"}
        principals = {r["Id"]: of_app[r["AppId"]] for r in listed if r["AppId"] in of_app}
        powers: dict[str, list[Power]] = defaultdict(list)
        names = {r["Id"]: r["DisplayName"] for r in listed}
        for r in self._powers("Principal", self._concerned(principals)):
            ruling = rulings().get(r["Id"])
            name = (ruling.name if ruling else r["Name"]) or r["Id"]
            where = r["Where"] or names.get(r["Target"], r["Target"])
            powers[r["Principal"]].append(Power(r["Kind"], name, where, r["Target"], ruling, tuple(r["Rows"])))
        return Tenant(powers, names, principals)

    def _concerned(self, principals: Mapping[str, str]) -> set[str]:
        """The principals of what is opened, those that rule, and all that they own: no way goes through others."""
        starts = {self.principal_of[r["AppId"]] for r in self.found if r["AppId"] in self.principal_of}
        ruling = {r["Principal"] for r in self._powers("Id", rulings())}
        owned: dict[str, list[str]] = defaultdict(list)
        for r in self.rows("Owners | project Owner = tolower(OwnerId), Target = tolower(TargetId)"):
            if r["Target"] in principals:
                owned[r["Owner"]].append(principals[r["Target"]])
        concerned: set[str] = set()
        waiting = starts | (ruling & set(principals.values()))
        while waiting:
            concerned |= waiting
            waiting = {target for owner in waiting for target in owned.get(owner, ())} - concerned
        return concerned

    def _powers(self, column: str, values: Iterable[str]) -> list[dict[str, Any]]:
        """What principals may do, of those only in which a column has one of the values."""
        listed = json.dumps(sorted(values))
        order = "Principal asc, Kind asc, Name asc, Where asc"
        return self.rows(f"ApplicationPowers() | where {column} in (dynamic({listed})) | sort by {order}")

    @cached_property
    def principal_of(self) -> dict[str, str]:
        """Object id of the service principal, by application id; from sign-ins where no export has it."""
        query = (
            "union (ServicePrincipals | project Rank = 0, AppId, PrincipalId = tolower(ObjectId)),"
            " (SignIns() | where Kind == 'application' | project Rank = 1, AppId, PrincipalId)"
            " | where isnotempty(PrincipalId) | summarize arg_min(Rank, PrincipalId) by AppId = tolower(AppId)"
        )
        return {r["AppId"]: r["PrincipalId"] for r in self.rows(query)}

    def opened(self) -> Iterable[Opened]:
        starts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.found:
            taken = self.taken.get(f"{row['Vault']}/{row['Name']}".lower())
            starts[self.since or (taken.at if taken else "0001-01-01")].append(row)
        for start, group in sorted(starts.items()):
            deeds = self._deeds(start, {r["AppId"] for r in group})
            for row in group:
                yield self._opened(row, deeds.get(row["AppId"], []))

    def _opened(self, row: Mapping[str, Any], deeds: Sequence[Mapping[str, Any]]) -> Opened:
        principal = self.principal_of.get(row["AppId"], "")
        powers = sorted(self.tenant.powers.get(principal, ()), key=lambda p: p.ruling is None)
        unseen = [f"{said}: {table} is empty" for table, said in _WITNESSES.items() if table not in self.present]
        if row["Kind"] == "certificate":
            unseen.append(
                "servers impersonated, data signed or decrypted with the private key: no Azure log shows that"
            )
        return Opened(
            vault=row["Vault"],
            name=row["Name"],
            kind=row["Kind"],
            app_id=row["AppId"],
            app_name=row["AppName"],
            key_id=row["KeyId"],
            certainty=row["Certainty"],
            reason=row["Reason"],
            rows=tuple(row["Rows"]),
            taken=self.taken.get(f"{row['Vault']}/{row['Name']}".lower()),
            powers=tuple(powers),
            way=way_to_rule(principal, self.tenant) if principal else (),
            deeds=tuple(_deeds_since(deeds, row["KeyId"])),
            unseen=tuple(unseen),
        )

    def _deeds(self, start: str, apps: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
        query = (
            f"ApplicationDeeds(datetime({start})) | where AppId in (dynamic({json.dumps(sorted(apps))}))"
            f" | extend After = At >= datetime({start}), At = tostring(At), LastAt = tostring(LastAt)"
            " | sort by At asc, What asc"
        )
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in self.rows(query):
            found[row["AppId"]].append(row)
        return found

    def stores(self) -> Iterable[Store]:
        for r in self.rows("OpenedResources() | sort by Vault asc, Name asc, Resource asc"):
            if self.wanted(r):
                yield Store(r["Vault"], r["Name"], r["ResourceName"], r["ResourceType"], r["Reason"], tuple(r["Rows"]))

    def missing(self) -> Iterable[str]:
        needed = {
            "Applications": "no certificate or secret can be joined to an application: `az ad app list --all`",
            "ServicePrincipals": "what applications may do stays unsaid: `az ad sp list --all`",
            "AppRoleAssignments": "which permissions of Microsoft Graph applications have stays unsaid:"
            " Graph, servicePrincipals/{id}/appRoleAssignments",
            "DirectoryRoleAssignments": "which roles of Entra applications have stays unsaid:"
            " Graph, roleManagement/directory/roleAssignments",
            "VaultObjects": "certificates are known by the audit log only: `az keyvault certificate list`",
        }
        return (f"the case has no {table}: {said}" for table, said in needed.items() if table not in self.present)


def _deeds_since(deeds: Sequence[Mapping[str, Any]], key_id: str) -> Iterable[Deed]:
    """The deeds since the start, each held against where the application signed in before."""
    usual = {a for d in deeds if not d["After"] and d["Deed"] == "signed in" for a in d["Addresses"]}
    for d in deeds:
        if not d["After"]:
            continue
        addresses = tuple(a for a in d["Addresses"] if a)
        with_key = bool(key_id) and d["Key"] == key_id
        words = f"{d['Deed']} {d['What']}".replace("was changed ", "").replace("so raised ", "")
        said = f"{words} with this credential" if with_key else words
        own = d["Deed"] not in ("was changed", "so raised")  # the others are deeds of other callers
        new = own and bool(addresses) and not usual.intersection(addresses)
        yield Deed(d["At"], d["LastAt"], said, addresses, new, d["Count"], tuple(d["Rows"]))


class Line(NamedTuple):
    """One thing to say of an object: its fields are the columns of `keywitness blast-radius`.

    Args:
        kind: opens, before, taken, power, way 1, way 2 ..., deed, unseen, or store.
    """

    object: str
    kind: str
    at: str
    what: str
    certainty: str = ""
    reason: str = ""
    addresses: tuple[str, ...] = ()
    times: int | None = None
    application: str = ""
    app_id: str = ""
    rows: tuple[str, ...] = ()


def lines(radius: Radius) -> Iterator[Line]:
    """Everything to say, object by object."""
    for opened in radius.opened:
        yield from _story(opened)
    yield from map(_store, radius.stores)


def _store(store: Store) -> Line:
    what = f"opens {store.resource} ({store.type})"
    return Line(f"{store.vault}/{store.name}", "store", "", what, "likely", store.reason, rows=store.rows)


def _story(opened: Opened) -> Iterator[Line]:
    """What it opens, how it was come to and taken, what it may do, the way up, what was done, what stays unseen."""
    line = partial(Line, f"{opened.vault}/{opened.name}", application=opened.app_name, app_id=opened.app_id)
    opens = f"the {opened.kind} opens {opened.app_name}"
    yield line("opens", "", opens, opened.certainty, opened.reason, rows=opened.rows)
    if taken := opened.taken:
        for act in taken.before:
            said = f"{taken.by} {act.what}"
            yield line("before", act.at, said, "proven", "", act.addresses, act.count, rows=act.rows)
        said = f"first read by {taken.by}, who does not read it day by day"
        yield line("taken", taken.at, said, "proven", addresses=(taken.address,), rows=(taken.row,))
    for power in opened.powers:
        reason = f"tier 0: it {power.ruling.way}" if power.ruling else ""
        what = " ".join(part for part in (power.kind, power.name, "on" if power.where else "", power.where) if part)
        yield line("power", "", what, "proven", reason, rows=power.rows)
    for number, step in enumerate(opened.way, 1):
        yield line(f"way {number}", "", step.what, "possible", rows=step.rows)
    for deed in opened.deeds:
        reason = "an address from which it had not signed in before" if deed.new else ""
        yield line("deed", deed.at, deed.what, "proven", reason, deed.addresses, deed.count, rows=deed.rows)
    for said in opened.unseen:
        yield line("unseen", "", said)
