"""How urgent an exposed object is, and what it opens as far as names, types and later sign-ins tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keywitness.detect.finding import Finding
from keywitness.detect.run import weight
from keywitness.exposure.opens import Opening, likely_opens
from keywitness.exposure.reads import Exposed

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


def openings(item: Exposed, findings: Sequence[Finding]) -> tuple[Opening, ...]:
    """What an object opens: what a sign-in after the read shows, then what its name and type say."""
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
    return (*dict.fromkeys(seen), *likely_opens(item.name, item.content_type, private_key=item.private_key_left))


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
