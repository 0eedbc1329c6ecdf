"""What an analyst says of a finding. It stands in the custody log, beside the evidence and never in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

#: The action of a ledger entry that holds a judgement.
ACTION = "finding judged"
STATES = ("open", "confirmed", "false positive", "closed")


class Recorded(Protocol):
    """One entry of the custody log."""

    @property
    def action(self) -> str: ...

    @property
    def at(self) -> str: ...

    @property
    def by(self) -> str: ...

    @property
    def details(self) -> Mapping[str, str | int]: ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """The last word on a finding: state, note, who, when."""

    state: str
    note: str = ""
    by: str = ""
    at: str = ""


def judgements(entries: Iterable[Recorded]) -> dict[str, Judgement]:
    """The last judgement of each finding, by its id."""
    found: dict[str, Judgement] = {}
    for entry in entries:
        if entry.action == ACTION:
            told = entry.details
            found[str(told["finding"])] = Judgement(str(told["state"]), str(told.get("note", "")), entry.by, entry.at)
    return found
