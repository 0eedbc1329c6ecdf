"""Which class a session is of: the signs of `content/session-classes.yaml` against facts in columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

from keywitness.model.content import content
from keywitness.model.session_class import SessionClass
from keywitness.sessions.grouping import Bools, Ints

CONFIDENCES = ("low", "medium", "high")
#: A flag or number per session.
Numbers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Words:
    """A fact that is a word: a code per session, and the words."""

    code: Ints
    words: tuple[str, ...]

    def are(self, *words: str) -> Bools:
        """Sessions with one of these words."""
        found: Bools = np.isin(self.code, [n for n, word in enumerate(self.words) if word in words])
        return found


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of sessions, one value per session and fact; `sessions.facts` names them."""

    numbers: dict[str, Numbers]
    words: dict[str, Words]


@dataclass(frozen=True, slots=True)
class ClassSigns:
    """One entry of the list: the class that sessions with all the signs have.

    Args:
        because: The reason that a reader is given; facts stand in braces.
        told: What the sentence says of it beside the acts, or "".
    """

    name: SessionClass
    signs: Mapping[str, Any]
    confidence: str
    because: str
    told: str = ""


@dataclass(frozen=True, slots=True)
class ClassContent:
    """The whole file.

    Args:
        acts: Operations by what they do.
        portal_orders: Orders of operations that the portal's pages produce.
        certificate_orders: Orders that together are a certificate's download.
        measures: Numbers that facts are made with.
        classes: Signs, the first that fit count.
    """

    acts: Mapping[str, tuple[str, ...]]
    portal_orders: tuple[tuple[str, ...], ...]
    certificate_orders: tuple[tuple[str, ...], ...]
    measures: Mapping[str, float]
    classes: tuple[ClassSigns, ...]


@cache
def class_content() -> ClassContent:
    """What the product knows about classes."""
    read = yaml.load(content("session-classes.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return ClassContent(
        acts={act: tuple(operations) for act, operations in read["acts"].items()},
        portal_orders=tuple(tuple(order) for order in read["portal_orders"]),
        certificate_orders=tuple(tuple(order) for order in read["certificate_orders"]),
        measures=read["measures"],
        classes=tuple(
            ClassSigns(
                *(SessionClass(entry["class"]), entry["signs"], entry["confidence"], entry["because"]),
                entry.get("told", ""),
            )
            for entry in read["classes"]
        ),
    )


def decided(facts: Facts, count: int) -> Ints:
    """Per session the position of its entry in `ClassContent.classes`.

    Args:
        count: Sessions.
    """
    entries = class_content().classes
    chosen = np.full(count, len(entries) - 1, dtype=np.int64)
    for position in range(len(entries) - 1, -1, -1):  # from the last to the first, so that the first wins
        chosen[_all(facts, entries[position].signs, count)] = position
    return chosen


def _all(facts: Facts, signs: Mapping[str, Any], count: int) -> Bools:
    met = np.ones(count, dtype=np.bool_)
    for name, wanted in signs.items():
        met &= facts.words[name].are(*wanted) if name in facts.words else _met(facts.numbers[name], wanted)
    return met


def _met(fact: Numbers, wanted: float) -> Bools:
    return np.asarray((fact != 0) == wanted if isinstance(wanted, bool) else fact >= wanted)
