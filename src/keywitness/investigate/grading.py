"""How urgent an exposed object is, and what it opens as far as names, types and later sign-ins tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keywitness.detect.finding import Finding
from keywitness.detect.run import weight
from keywitness.engine.limits import NO_LIMITS
from keywitness.exposure.opens import Opening, likely_opens
from keywitness.exposure.reads import Exposed

if TYPE_CHECKING:
    from keywitness.case import Case

_INVENTORY_QUERY = """VaultObjects
| extend Vault = tolower(extract(@"^https?://([^./]+)", 1, VaultUri))
| summarize ContentType = max(ContentType), Tags = max(tostring(Tags)) by Vault, NameKey = tolower(Name)"""
#: Rules that see an application sign in after a read, where it never did: what was read may be its credential.
USE_RULES = ("entra-app-used-after-export", "secret-read-then-application-signs-in")


def severities(findings: Sequence[Finding]) -> dict[str, str]:
    """The worst severity of the findings that hold a row, by row reference."""
    worst: dict[str, str] = {}
    for found in findings:
        for row in found.rows:
            if row not in worst or weight(found.severity) < weight(worst[row]):
                worst[row] = found.severity
    return worst


@dataclass(frozen=True, slots=True)
class Described:
    """What an export of a vault's objects says of one."""

    content_type: str
    tags: str


def described(case: Case, present: frozenset[str]) -> dict[str, Described]:
    """What the inventory says of objects, by `vault/name` in lower case; empty without an inventory."""
    if "VaultObjects" not in present:
        return {}
    rows = case.query(_INVENTORY_QUERY, limits=NO_LIMITS).to_pylist()
    return {f"{r['Vault']}/{r['NameKey']}": Described(r["ContentType"], r["Tags"]) for r in rows}


def openings(item: Exposed, findings: Sequence[Finding], inventory: Mapping[str, Described]) -> tuple[Opening, ...]:
    """What an object opens: what a sign-in after the read shows, then what its name, type and tags say."""
    named = f"{item.vault}/{item.name}".lower()
    readers = {r.address for r in item.readers}
    seen = [
        Opening(f"the application {identity}", "seen", found.title)
        for found in findings
        if found.rule.slug in USE_RULES
        and any(o.lower() == named for o in found.objects)
        and (readers & set(found.addresses) or not found.addresses)
        for identity in found.identities[:1]
    ]
    known = inventory.get(named, Described("", ""))
    kind = item.content_type or known.content_type
    likely = likely_opens(item.name, kind, tags=known.tags, private_key=item.private_key_left)
    return (*dict.fromkeys(seen), *likely)


def grade(item: Exposed, opens: Sequence[Opening], worst: Mapping[str, str]) -> str:
    """The severity of an exposed object: high, medium or informational.

    High where a private key left, where a finding of severity high holds a read, where it opens what rules the tenant,
    or where a log shows the use of it. Medium for everything else that must be rotated.
    """
    if not item.rotate_now:
        return "informational"
    found = {worst.get(row) for reader in item.readers for row in reader.rows}
    grave = item.private_key_left or "high" in found or any(o.tier == 0 or o.certainty == "seen" for o in opens)
    return "high" if grave else "medium"
