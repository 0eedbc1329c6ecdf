"""What really happened in simulated logs: `truth.json`, its schema and its reading."""

from __future__ import annotations

from pathlib import Path

import msgspec

SCHEMA_VERSION = 3


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Immutable, strict on reading."""


class Line(Part, frozen=True):
    """One line of a log: `file` below the simulation's folder, 1-based `line`, SHA-256 of it without newline."""

    file: str
    line: int
    sha256: str


class Actor(Part, frozen=True):
    """Somebody who takes part in the scenario."""

    id: str
    role: str  # attacker | victim | application | accomplice
    name: str
    identity: str  # object id
    upn: str = ""
    application: str = ""
    addresses: tuple[str, ...] = ()
    note: str = ""


class Step(Part, frozen=True):
    """One step of the scenario.

    It is named by a report when a finding of one of `expected_rules` holds one of `records`.
    """

    id: str
    name: str
    technique: str  # ATT&CK
    at: str
    until: str
    vault: str
    identity: str
    address: str
    application: str
    object: str
    expected_rules: tuple[str, ...]
    records: tuple[Line, ...]


class Exposed(Part, frozen=True):
    """An object version whose value the attacker received. `logged` is False where no log shows it."""

    vault: str
    type: str  # secret | certificate | key
    name: str
    version: str  # "": all of them, as a backup holds them
    private_key: bool
    at: str
    logged: bool = True
    scenario: str = ""  # of several in one simulation


class Opens(Part, frozen=True):
    """What a stolen certificate opens: the application of Entra that accepts it, and what that may do.

    Args:
        identity: Object id of the service principal.
        key_id: The credential of the application that the certificate is.
        rules_by: The permission that leads to Global Administrator.
    """

    vault: str
    name: str
    thumbprint: str
    application: str
    app_id: str
    identity: str
    key_id: str
    permissions: tuple[str, ...]
    rules_by: str


class Able(Part, frozen=True):
    """Somebody who could not read a vault's secrets before the first record, and could let himself in.

    Args:
        how: "access policy": he may write the vault; "role": he may assign roles. Groups are resolved.
        eligible: He must activate a role first.
    """

    vault: str
    identity: str
    name: str
    how: str
    eligible: bool = False


class Session(Part, frozen=True):
    """Requests of one caller from one address between two times, and what kind of session they were.

    Args:
        classes: One class; several where the log alone cannot tell them apart.
        step: Of the scenario; "" in ordinary life.
    """

    identity: str
    address: str
    since: str
    until: str
    classes: tuple[str, ...]
    step: str = ""


class Lookalike(Part, frozen=True):
    """Ordinary activity that a rule may name: who, what it looks like, and why it is none."""

    identity: str
    name: str
    aliases: tuple[str, ...]  # every way in which logs and reports name it
    looks_like: tuple[str, ...]  # rules
    why: str


class Gap(Part, frozen=True):
    """A vault and a time without records although things happened."""

    vault: str
    since: str
    until: str
    why: str


class Counts(Part, frozen=True):
    """Lines written. `copies` are lines that stand more than once; `late` lie in the blob of another hour."""

    lines: int
    unique: int
    copies: int
    late: int
    files: int
    bytes: int
    by_category: dict[str, int]
    unique_by_category: dict[str, int]


class Truth(Part, frozen=True):
    """The whole of `truth.json`."""

    schema_version: int
    scenario: str
    company: str
    seed: int
    since: str
    until: str
    tenant: str
    actors: tuple[Actor, ...]
    steps: tuple[Step, ...]
    exposed: tuple[Exposed, ...]
    sessions: tuple[Session, ...]
    lookalikes: tuple[Lookalike, ...]
    gaps: tuple[Gap, ...]
    watched_secrets: tuple[str, ...]
    opens: tuple[Opens, ...]
    able: tuple[Able, ...]
    counts: Counts


def write_truth(truth: Truth, path: Path) -> None:
    path.write_bytes(msgspec.json.format(msgspec.json.encode(truth), indent=1) + b"\n")


def read_truth(path: Path) -> Truth:
    """Read a `truth.json`.

    Raises:
        msgspec.ValidationError: If it is none, or of another version's shape.
    """
    return msgspec.json.decode(path.read_bytes(), type=Truth)
