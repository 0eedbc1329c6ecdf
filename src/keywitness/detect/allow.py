"""The allow-list: what is known to be harmless hides findings until it ends, and what it hid is always counted.

It is a watchlist of the case called `allow`. Each row names what it is about (Identity, Application, Address, Vault,
Rule; an empty cell means any), why (Reason) and until when (Expires). A finding is hidden when one row is about all of
it: about some of its callers or addresses is not enough.
"""

from __future__ import annotations

import fnmatch
import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from keywitness.detect.finding import Finding
from keywitness.errors import RuleError
from keywitness.kql.literals import parse_datetime

ALIAS = "allow"
#: Its rows; none when the case has no such list.
QUERY = f'union isfuzzy=true (_GetWatchlist("{ALIAS}")), (datatable(SearchKey: string) [])'
_CONDITIONS = ("Identity", "Application", "Address", "Vault", "Rule")


@dataclass(frozen=True, slots=True)
class Allowance:
    """One row of the list.

    Args:
        conditions: What it is about, by column; names with `*` and `?`, addresses also as networks.
        expires: The end in ticks, not included: a finding that goes on then is shown.
        reason: Why, for the report.
    """

    conditions: Mapping[str, str]
    expires: int
    reason: str

    def covers(self, found: Finding) -> bool:
        """Whether the row is about all of a finding."""
        last = parse_datetime(found.last_at)
        if last is None or last >= self.expires:
            return False
        return all(_about(column, wanted, found) for column, wanted in self.conditions.items())


def allowances(rows: Iterable[Mapping[str, Any]]) -> tuple[Allowance, ...]:
    """The rows of the watchlist.

    Raises:
        RuleError: A row without a condition, a reason or an end, or with an address or time that is none.
    """
    return tuple(_allowance(number, row) for number, row in enumerate(rows, start=1))


def _allowance(number: int, row: Mapping[str, Any]) -> Allowance:
    cells = {column.capitalize(): str(value or "").strip() for column, value in row.items()}
    conditions = {column: cells[column] for column in _CONDITIONS if cells.get(column)}
    expires = parse_datetime(cells.get("Expires", ""))
    if not conditions:
        raise _wrong(number, "is about nothing, so it would hide everything", f"fill one of {', '.join(_CONDITIONS)}")
    if expires is None:
        raise _wrong(number, "has no end", "write a date such as 2026-12-31 under Expires")
    if not cells.get("Reason"):
        raise _wrong(number, "says no reason", "write under Reason why this is harmless, and who said so")
    if "Address" in conditions and _network(conditions["Address"]) is None:
        raise _wrong(number, f"has the address {conditions['Address']!r}", "write 203.0.113.7 or 203.0.113.0/24")
    return Allowance(conditions, expires, cells["Reason"])


def _wrong(number: int, what: str, help: str) -> RuleError:
    return RuleError(f"row {number} of the watchlist {ALIAS} {what}", help=help)


def _about(column: str, wanted: str, found: Finding) -> bool:
    match column:
        case "Identity":
            return _all(wanted, found.identities) or _all(wanted, found.identity_ids)
        case "Application":
            return _all(wanted, found.applications)
        case "Vault":
            return _all(wanted, found.vaults)
        case "Rule":
            return _all(wanted, (found.rule.slug,)) or _all(wanted, (found.rule.id,))
    network = _network(wanted)
    return network is not None and bool(found.addresses) and all(_inside(a, network) for a in found.addresses)


def _all(pattern: str, values: Sequence[str]) -> bool:
    return bool(values) and all(fnmatch.fnmatchcase(value.lower(), pattern.lower()) for value in values)


_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(text: str) -> _Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None


def _inside(address: str, network: _Network) -> bool:
    try:
        return ipaddress.ip_address(address) in network
    except ValueError:
        return False


def told(hidden: Sequence[tuple[Finding, Allowance]]) -> str:
    """How many findings were hidden, and why, in words; empty for none."""
    if not hidden:
        return ""
    reasons = "; ".join(dict.fromkeys(allowance.reason for _, allowance in hidden))
    return (
        f"{len(hidden):,} {'finding' if len(hidden) == 1 else 'findings'} hidden by the watchlist {ALIAS} ({reasons})"
    )
