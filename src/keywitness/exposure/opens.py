"""What an object likely opens: judged by its name and content type, which is a hint and said as one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from keywitness.model.content import content

_BREAKS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Opening:
    """What an object opens.

    Args:
        what: Words for it.
        certainty: "likely" for what a name or type hints at, "seen" for a use that a log shows.
        reason: Why we say so.
        tier: 0 for what rules the tenant, higher numbers for less.
    """

    what: str
    certainty: str
    reason: str
    tier: int = 1


@dataclass(frozen=True, slots=True)
class _Hint:
    opens: str
    tier: int
    words: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


@cache
def _hints() -> tuple[_Hint, ...]:
    import yaml  # start-up time: only exposure needs it

    listed = yaml.load(content("opens.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return tuple(_Hint(e["opens"], e["tier"], tuple(e.get("words", ())), tuple(e.get("types", ()))) for e in listed)


def likely_opens(name: str, content_type: str, *, tags: str = "", private_key: bool = False) -> tuple[Opening, ...]:
    """What an object opens by its name, content type and tags, and whether a private key is in it.

    Example:
        >>> [o.what for o in likely_opens("crm-SqlPassword", "")]
        ['a database']
    """
    found = []
    if private_key:
        trusting = "what trusts the certificate: servers, or an application in Entra"
        found.append(Opening(trusting, "likely", "it holds a private key"))
    named, tagged = _words(name), _words(tags)
    for hint in _hints():
        reason = _reason(hint, named, tagged, content_type.lower())
        if reason:
            found.append(Opening(hint.opens, "likely", reason, hint.tier))
            break
    return tuple(found)


def _reason(hint: _Hint, named: str, tagged: str, content_type: str) -> str:
    """Why a hint fits; "" when it does not."""
    for words, place in ((named, "its name says"), (tagged, "its tags say")):
        word = next((w for w in hint.words if f" {w} " in words), "")
        if word:
            return f"{place} '{word}'"
    kind = next((t for t in hint.types if t in content_type), "")
    return f"its content type says '{kind}'" if kind else ""


def _words(text: str) -> str:
    """The words of a text, each with a blank before and behind it."""
    return f" {' '.join(part.lower() for part in _BREAKS.split(text) if part)} "
