"""What the investigation was asked: identities, addresses, vaults, names and times, as filters."""

from __future__ import annotations

import csv
import fnmatch
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from keywitness.errors import EvidenceUnreadableError, UsageError
from keywitness.kql.quoting import literal, patterns_regex
from keywitness.report.document import Scope

#: Headers of a watch list's columns of names, and of vaults.
_NAME_HEADERS = ("secretname", "secret", "name", "objectname", "object", "pattern")
_VAULT_HEADERS = ("vault", "vaultname", "keyvault")
#: Names that one watch list may hold: they become one regular expression.
MOST_NAMES = 2_000
#: Largest watch list that is read.
_WATCHLIST_BYTES = 10_000_000


def make_scope(
    *,
    identities: Sequence[str] = (),
    addresses: Sequence[str] = (),
    vaults: Sequence[str] = (),
    secrets: Sequence[str] = (),
    since: str | datetime = "",
    until: str | datetime = "",
    watchlist: str | Path | Sequence[str] | None = None,
    sessions: Sequence[str] = (),
) -> Scope:
    """Make the question of an investigation; everything empty asks about the whole case.

    Args:
        identities: Names, object ids or application ids of callers; `*` and `?` are wildcards here and below.
        addresses: Caller addresses, or networks such as 203.0.113.0/24.
        vaults: Names of vaults.
        secrets: Names of secrets, keys or certificates, or `vault/name`.
        since: First time, ISO 8601; UTC unless it says otherwise.
        until: Time of the end, not included.
        watchlist: A file (CSV or one name per line) or names, watched besides the built-in ones.
        sessions: Ids of sessions, S-...

    Raises:
        UsageError: A time, network or list that cannot be read.
    """
    for address in addresses:
        if "/" in address:
            _network(address)
    start, end = moment(since, "since"), moment(until, "until")
    if start and end and start >= end:
        raise UsageError(f"--since {start} is not before --until {end}", help="swap the two")
    watched = read_watchlist(Path(watchlist)) if isinstance(watchlist, (str, Path)) else tuple(watchlist or ())
    return Scope(
        identities=tuple(identities),
        addresses=tuple(addresses),
        vaults=tuple(v.lower() for v in vaults),
        secrets=tuple(secrets),
        watchlist=watched,
        since=start,
        until=end,
        sessions=tuple(sessions),
    )


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError as error:
        raise UsageError(f"{text!r} is no network", help="write it like 203.0.113.0/24") from error


def moment(value: str | datetime, option: str) -> str:
    """A time that a user gave, as findings and sessions have it; empty for none.

    Raises:
        UsageError: If it is no time.
    """
    if not value:
        return ""
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(value.strip().replace("Z", "+00:00"))
    except ValueError as error:
        raise UsageError(
            f"--{option}: {value!r} is no time", help="write it like 2026-05-01 or 2026-05-01T13:30:00Z"
        ) from error
    utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    return utc.strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"


def read_watchlist(path: Path) -> tuple[str, ...]:
    """Names to watch from a CSV file with a header, or from a text with one name per line; `#` begins a remark.

    Raises:
        UsageError: An empty list, or a file that is not text.
        EvidenceUnreadableError: If it cannot be read.
    """
    try:
        if path.stat().st_size > _WATCHLIST_BYTES:
            raise UsageError(f"{path} is too large for a watch list", help="name secrets with wildcards instead")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise EvidenceUnreadableError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text", help="save it as UTF-8") from error
    rows = [row for row in csv.reader(text.splitlines()) if any(map(str.strip, row)) and not row[0].startswith("#")]
    names = tuple(dict.fromkeys(_names(rows)))
    if not names:
        raise UsageError(f"{path} names nothing to watch", help="one name per line, or CSV with a column SecretName")
    if len(names) > MOST_NAMES:
        raise UsageError(
            f"{path} names {len(names):,} secrets, more than the {MOST_NAMES:,} that can be watched at once",
            help="use wildcards, or ask with --secret or --vault",
        )
    return names


def _names(rows: list[list[str]]) -> list[str]:
    if not rows:
        return []
    header = [cell.strip().lower().replace("_", "").replace(" ", "") for cell in rows[0]]
    named = next((n for n, cell in enumerate(header) if cell in _NAME_HEADERS), None)
    if named is None:
        return [row[0].strip() for row in rows if row[0].strip()]
    vault = next((n for n, cell in enumerate(header) if cell in _VAULT_HEADERS), None)
    found = []
    for row in rows[1:]:
        name = row[named].strip() if named < len(row) else ""
        place = row[vault].strip().lower() if vault is not None and vault < len(row) else ""
        if name:
            found.append(f"{place}/{name}" if place else name)
    return found


@dataclass(frozen=True, slots=True)
class Filter:
    """A scope as tests on values and as KQL predicates over `KeyVaultEvents()`."""

    scope: Scope

    @property
    def open(self) -> bool:
        """True when nothing was asked in particular."""
        s = self.scope
        return not (s.identities or s.addresses or s.vaults or s.secrets or s.since or s.until or s.sessions)

    def identity(self, *values: str) -> bool:
        """True when one of the values is an identity that was asked about, or none was."""
        return not self.scope.identities or any(_like(v, self.scope.identities) for v in values)

    def address(self, *values: str) -> bool:
        """True when one of the values is an address that was asked about, or none was."""
        return not self.scope.addresses or any(self._address(v) for v in values)

    def _address(self, value: str) -> bool:
        networks = [_network(a) for a in self.scope.addresses if "/" in a]
        if _like(value, [a for a in self.scope.addresses if "/" not in a]):
            return True
        try:
            at = ipaddress.ip_address(value)
        except ValueError:
            return False
        return any(at in network for network in networks if network.version == at.version)

    def vault(self, *values: str) -> bool:
        """True when one of the values is a vault that was asked about, or none was."""
        return not self.scope.vaults or any(_like(v, self.scope.vaults) for v in values)

    def object(self, *values: str) -> bool:
        """True when one of the values (`vault/name` or `name`) was asked about, or no name was."""
        return not self.scope.secrets or any(
            _like(v, self.scope.secrets) or _like(v.rpartition("/")[2], self.scope.secrets) for v in values
        )

    def time(self, first_at: str, last_at: str) -> bool:
        """True when the span touches the time that was asked about."""
        return (not self.scope.until or first_at < self.scope.until) and (
            not self.scope.since or last_at >= self.scope.since
        )

    @property
    def callers(self) -> str:
        """KQL: the caller and the address fit; "" when neither was asked."""
        return " and ".join(filter(None, (self._identities(), self._addresses())))

    @property
    def events(self) -> str:
        """KQL: the event fits in every respect; "" when nothing was asked."""
        s = self.scope
        parts = [self.callers]
        if s.vaults:
            parts.append(f"Vault matches regex {literal(_regex(s.vaults))}")
        if s.secrets:
            parts.append(f'strcat(Vault, "/", ObjectName) matches regex {literal(patterns_regex(s.secrets))}')
        if s.since:
            parts.append(f"TimeGenerated >= datetime({s.since})")
        if s.until:
            parts.append(f"TimeGenerated < datetime({s.until})")
        return " and ".join(filter(None, parts))

    def _identities(self) -> str:
        if not self.scope.identities:
            return ""
        regex = literal(_regex(self.scope.identities))
        columns = ("Identity", "User", "CallerId", "AppId", "ManagedIdentity")
        return "(" + " or ".join(f"{c} matches regex {regex}" for c in columns) + ")"

    def _addresses(self) -> str:
        if not self.scope.addresses:
            return ""
        single = [a for a in self.scope.addresses if "/" not in a]
        tests = [f"Address matches regex {literal(_regex(single))}"] if single else []
        for network in (_network(a) for a in self.scope.addresses if "/" in a):
            test = "ipv4_is_in_range" if network.version == 4 else "ipv6_is_in_range"
            tests.append(f"{test}(Address, {literal(str(network))})")
        return "(" + " or ".join(tests) + ")"


def _like(value: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(value.lower(), _escaped(p.lower())) for p in patterns)


def _escaped(pattern: str) -> str:
    """Only `*` and `?` are wildcards; brackets are themselves."""
    return pattern.replace("[", "[[]")


def _regex(patterns: Sequence[str]) -> str:
    """Like `patterns_regex`, for values without a vault in front."""
    return patterns_regex([f"/{p}" for p in patterns]).replace("(?:/", "(?:")
