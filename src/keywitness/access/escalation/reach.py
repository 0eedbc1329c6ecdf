"""Everybody who gets at the secrets of every vault, by himself or as somebody else, in sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from keywitness.access.escalation.edges import OVER_EVERYTHING, VIRTUAL, Edges
from keywitness.access.escalation.ways import Everybody, ways
from keywitness.access.operations import operation
from keywitness.access.question import Answer
from keywitness.access.survey import Rights, Survey
from keywitness.access.tenant import Vault

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from keywitness.access.survey import Bits


@dataclass(frozen=True, slots=True)
class Reach:
    """Who gets at the secrets of one vault.

    Args:
        readers: By what the exports say about reading.
        by_way: Those who do not surely read, by the way that is open to them: surely, and perhaps.
        direct: Those who get at it by themselves, readers among them: surely, and perhaps.
        sure: Everybody who surely reads or makes himself able to, as somebody else too.
        perhaps: The same with what hangs on something, the sure ones among them.
    """

    vault: Vault
    readers: Mapping[Answer, Bits]
    by_way: Mapping[str, tuple[Bits, Bits]]
    direct: tuple[Bits, Bits]
    sure: Bits
    perhaps: Bits


#: Sets of up to so many principals are kept as numbers.
FEW = 200


@dataclass(frozen=True, slots=True)
class Become:
    """Who can act as each target.

    Args:
        large: Sets of many principals, and those of the targets that are no principals.
        small: The others, as numbers.
        targets: The targets that are principals, as a set.
    """

    large: Mapping[int, Bits]
    small: Mapping[int, NDArray[np.int64]]
    targets: Bits


class Reaches:
    """The reach of every vault of a tenant."""

    def __init__(self, survey: Survey, edges: Edges) -> None:
        self.survey = survey
        self.edges = edges
        self.everybody = Everybody(survey)
        self._kinds = self._many()
        self._become = tuple(self._closed(sure=sure) for sure in (True, False))

    def all(self) -> Iterator[Reach]:
        """Vault by vault, in the order of scopes."""
        return (self.of(vault) for vault in self.survey.by_scope())

    def of(self, vault: Vault, rights: Rights | None = None) -> Reach:
        """The reach of one vault.

        Args:
            rights: Those of the vault's scope, where they are at hand.
        """
        survey = self.survey
        rights = survey.rights(vault.scope, keep=False) if rights is None else rights
        answers = survey.answers(vault, operation("secret", "get"), rights)
        readers: dict[Answer, Bits] = {a: bits for a, bits in answers.items() if a is not Answer.UNKNOWN}
        sure, perhaps = self.everybody.levels(readers)
        reading, by_way = sure, {}
        for way in ways():
            some, maybe = self.everybody.open_to(vault, rights, way)
            by_way[way.id] = (some & ~reading, maybe & ~reading)
            sure, perhaps = sure | some, perhaps | maybe
        whole = [self._whole(bits, become) for bits, become in zip((sure, perhaps), self._become, strict=True)]
        return Reach(vault, answers, by_way, (sure, perhaps), *whole)

    def _whole(self, bits: Bits, become: Become) -> Bits:
        """Those who get at a vault by themselves, and all who can act as one of them or stand above everything."""
        wider = self._with_becoming(bits, become)
        above = become.large.get(OVER_EVERYTHING)
        return wider if above is None else wider | above

    # ------------------------------------------------------------ acting as others

    def _many(self) -> Mapping[int, Bits]:
        """The principals of each virtual target."""
        found: dict[int, list[int]] = {}
        for number in range(len(self.survey.tenant.principals)):
            many = self.edges.virtual_of(number)
            if many is not None:
                found.setdefault(many, []).append(number)
        return {many: self._exactly(numbers) for many, numbers in found.items()}

    def part_of(self, many: int) -> Bits:
        """The principals that a virtual target stands for."""
        found = self._kinds.get(many)
        return self.survey.none() if found is None else found

    def _exactly(self, numbers: list[int] | NDArray[np.int64]) -> Bits:
        """A set of just these, groups not taken apart."""
        import numpy as np

        return self.survey.packed([np.asarray(numbers, np.int64)])

    def _closed(self, *, sure: bool) -> Become:
        """Those who can act as each target, through others too."""
        direct, onward = self._direct(sure=sure)
        sets = {target: self.survey.of(sources) for target, sources in direct.items()}
        for target in onward:
            sets.setdefault(target, self.survey.none())
        changed = self._split(sets, sets)
        while changed.large or changed.small:
            wider = {t: w for t, bits in sets.items() if ((w := self._step(t, bits, changed, onward)) != bits).any()}
            sets |= wider
            changed = self._split(sets, wider)
        return self._split(sets, sets)

    def _direct(self, *, sure: bool) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
        """The sources of each target: principals, and targets that are many."""
        direct: dict[int, list[int]] = {}
        onward: dict[int, list[int]] = {}
        for edge in self.edges.all:
            if edge.answer is Answer.YES or not sure:
                (onward if edge.source in VIRTUAL else direct).setdefault(edge.target, []).append(edge.source)
        return direct, onward

    def _step(self, target: int, bits: Bits, changed: Become, onward: Mapping[int, list[int]]) -> Bits:
        """The set of a target with those who can act as somebody in it."""
        wider = self._with_becoming(bits, changed)
        for many in onward.get(target, ()):
            if many in changed.large:
                wider = wider | changed.large[many]
        return wider

    def _split(self, sets: Mapping[int, Bits], wanted: Mapping[int, Bits]) -> Become:
        """Some of the sets, those of few principals as plain numbers: most targets have one owner."""
        large: dict[int, Bits] = {}
        small: dict[int, NDArray[np.int64]] = {}
        for target in wanted:
            if target not in VIRTUAL and self.survey.size(sets[target]) <= FEW:
                small[target] = self.survey.members(sets[target])
            else:
                large[target] = sets[target]
        targets = self._exactly([t for t in (*large, *small) if t not in VIRTUAL])
        return Become(large, small, targets)

    def _with_becoming(self, bits: Bits, become: Become) -> Bits:
        """A set, and all who can act as one of it."""
        import numpy as np

        wider, few = bits, []
        for target in self.survey.members(bits & become.targets).tolist():
            if target in become.small:
                few.append(become.small[target])
            else:
                wider = wider | become.large[target]
        for many, members in self._kinds.items():
            if many in become.large and (members & bits).any():
                wider = wider | become.large[many]
        return wider | self._exactly(np.concatenate(few)) if few else wider
