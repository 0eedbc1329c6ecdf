"""What one run came to: an attack at a company, through the line, against its truth. Kept as one JSON file."""

from __future__ import annotations

from pathlib import Path

import msgspec

SEVERE = ("high", "medium")
CLEAN = "none"


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Immutable, strict on reading."""


class Found(Part, frozen=True):
    """One finding: `steps` of the attack whose records it holds, and who or what it names."""

    rule: str
    severity: str
    steps: tuple[str, ...]
    title: str


class Told(Part, frozen=True):
    """One step of the attack and the rules of whose findings hold one of its records."""

    id: str
    rules: tuple[str, ...]

    @property
    def variant(self) -> str:
        """Its attack, where several share a simulation."""
        return self.id.rpartition("/")[0]

    @property
    def kind(self) -> str:
        """The step without its number, so that steps of several attacks compare."""
        return self.id.rpartition("/")[2].partition("-")[2]


class Lacking(Part, frozen=True):
    """An object version that an attack received and the exposure list has not."""

    variant: str
    item: str


class Classed(Part, frozen=True):
    """Sessions of one true class that were called another, or the same."""

    truth: str
    called: str
    sessions: int
    variant: str = ""  # whose part they hold


class Run(Part, frozen=True):
    """One simulation: an attack, several, or none, at one company.

    Args:
        variant: The attacks, joined by `+`; `none`.
        events: Audit records written.
        refused: Records that the decoders rejected.
        told: Attacks of which an incident of severity medium or above holds a record.
        extra: Object versions to rotate that no attacker received.
        silent: Rules that did not run.
        strange: Sessions of callers that the truth does not know; counted as wrong.
    """

    variant: str
    company: str
    seed: int
    days: int
    events: int
    records: int
    refused: int
    steps: tuple[Told, ...]
    findings: tuple[Found, ...]
    told: tuple[str, ...]
    exposed: int
    missing: tuple[Lacking, ...]
    extra: tuple[str, ...]
    sessions: tuple[Classed, ...]
    attack_sessions: tuple[Classed, ...]
    strange: int
    silent: tuple[str, ...]
    seconds: float

    @property
    def variants(self) -> tuple[str, ...]:
        return () if self.variant == CLEAN else tuple(self.variant.split("+"))

    def steps_of(self, variant: str) -> tuple[Told, ...]:
        return tuple(step for step in self.steps if step.variant in ("", variant))

    @property
    def false(self) -> tuple[Found, ...]:
        """Findings of severity medium or above that hold no record of the attack."""
        return tuple(found for found in self.findings if not found.steps and found.severity in SEVERE)


def write_run(run: Run, path: Path) -> None:
    """Write the file at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_bytes(msgspec.json.encode(run))
    beside.replace(path)


def read_run(path: Path) -> Run:
    """Raises msgspec.ValidationError for a file of another shape."""
    return msgspec.json.decode(path.read_bytes(), type=Run)
