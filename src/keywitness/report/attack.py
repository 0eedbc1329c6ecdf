"""The matrix of MITRE ATT&CK: tactics in the order of the matrix, techniques below them, findings in the cells.

A rule names its tactics and its techniques apart. A technique stands below those tactics of its finding under which
the matrix has it; one that the matrix does not have there stands below all tactics of the finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import msgspec
import yaml

from keywitness.model.content import content
from keywitness.report.document import Finding, Technique
from keywitness.report.figures import rank


@dataclass(frozen=True, slots=True)
class Tactic:
    """A tactic: `CredentialAccess`, TA0006, "Credential Access", `credential-access`."""

    id: str
    name: str

    @property
    def key(self) -> str:
        """As rules write it."""
        return self.name.replace(" ", "")

    @property
    def slug(self) -> str:
        """As STIX and the Navigator write it."""
        return self.name.lower().replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Cell:
    """A technique below a tactic, and the findings that name both, most severe first."""

    technique: Technique
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> str:
        """The worst of its findings'."""
        return self.findings[0].severity


@dataclass(frozen=True, slots=True)
class Column:
    """A tactic with its techniques, those with the worst findings first."""

    tactic: Tactic
    cells: tuple[Cell, ...]


@cache
def tactics() -> tuple[Tactic, ...]:
    """All tactics of the Enterprise matrix, from first to last."""
    return tuple(Tactic(id, name) for id, name in _content().tactics.items())


def version() -> str:
    """The version of ATT&CK that the matrix is of."""
    return _content().version


def tactic(name: str) -> Tactic | None:
    """The tactic that a text means, however it is spelt; None when it is none of the matrix."""
    return _by_letters().get(_letters(name))


def in_chain_order(names: Iterable[str]) -> tuple[str, ...]:
    """Tactics in the order of the kill chain, each once; what is no tactic comes last, as it stood."""
    order = {one.key: place for place, one in enumerate(tactics())}
    seen = dict.fromkeys(found.key if (found := tactic(name)) else name for name in names)
    return tuple(sorted(seen, key=lambda name: order.get(name, len(order))))


def tactics_of(technique: str, said: Iterable[str]) -> tuple[Tactic, ...]:
    """Below which of the tactics that a finding says a technique of it stands."""
    stated = [found for name in in_chain_order(said) if (found := tactic(name))]
    slugs = _content().techniques.get(technique.partition(".")[0], ())
    return tuple(one for one in stated if one.slug in slugs) or tuple(stated)


def matrix(findings: Iterable[Finding]) -> tuple[Column, ...]:
    """The part of the matrix in which findings lie."""
    cells: dict[Tactic, dict[str, tuple[Technique, list[Finding]]]] = {}
    for finding in findings:
        for technique in finding.techniques:
            for below in tactics_of(technique.id, finding.tactics):
                cells.setdefault(below, {}).setdefault(technique.id, (technique, []))[1].append(finding)
    return tuple(
        Column(one, tuple(sorted((_cell(*pair) for pair in cells[one].values()), key=_weight)))
        for one in tactics()
        if one in cells
    )


def _cell(technique: Technique, findings: list[Finding]) -> Cell:
    return Cell(technique, tuple(sorted(findings, key=lambda one: (rank(one.severity), one.first_at, one.id))))


def _weight(cell: Cell) -> tuple[int, int, str]:
    return rank(cell.severity), -len(cell.findings), cell.technique.id


def _letters(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower())


@cache
def _by_letters() -> dict[str, Tactic]:
    return {_letters(one.name): one for one in tactics()}


class _Content(msgspec.Struct, frozen=True):
    version: str
    tactics: dict[str, str]
    techniques: dict[str, tuple[str, ...]]


@cache
def _content() -> _Content:
    loaded = yaml.load(content("attack-matrix.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return msgspec.convert(loaded, _Content)
