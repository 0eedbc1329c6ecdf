"""How much a vault's audit log is, and what it costs at a price that the user names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from keywitness.vaultlogs.state import VaultLogs

DAYS_PER_MONTH = 365.25 / 12
_GB = 1e9


@dataclass(frozen=True, slots=True)
class Volume:
    """Expected volume of one vault.

    Args:
        per_day: Records a day.
        basis: observed, assumed, or unknown (no records, and no rate was given).
        gb_per_month: 10^9 bytes of JSON; what a workspace bills differs by its columns.
    """

    per_day: float | None
    basis: str
    gb_per_month: float | None

    def cost(self, price: float | None) -> float | None:
        """Per month, at a price per GB."""
        return None if price is None or self.gb_per_month is None else self.gb_per_month * price


def volume(vault: VaultLogs, bytes_per_record: float, assumed_per_day: float | None = None) -> Volume:
    """The volume from the vault's own records where the case has a day of them at least, else from an assumed rate."""
    per_day, basis = _observed(vault), "observed"
    if per_day is None:
        per_day, basis = assumed_per_day, "unknown" if assumed_per_day is None else "assumed"
    gb = None if per_day is None else per_day * bytes_per_record * DAYS_PER_MONTH / _GB
    return Volume(per_day, basis, gb)


def _observed(vault: VaultLogs) -> float | None:
    if not vault.records:
        return None
    begin, end = (datetime.fromisoformat(t[:19]) for t in (vault.first_at, vault.last_at))
    days = (end - begin).total_seconds() / 86_400
    return vault.records / days if days >= 1 else None
