"""`parse_user_agent`: browser, system and device by the public list of uap-core, which Kusto's answers are made of too.

The list comes with the package `ua-parser`, which a query without this function does not need. A list of another date
may know other agents than Kusto's, which the binder says beside the rows. What the list does not know is `Other`, as
its specification asks.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from keywitness.engine.kernels.documents import read, write
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.model.schema import KqlType

_TEXT, _DYNAMIC = KqlType.STRING, KqlType.DYNAMIC
#: What may be looked for: its key in the answer, its part of the parser's result, and fields of the one by the other.
_PARTS: dict[str, tuple[str, str, dict[str, str]]] = {
    "browser": (
        "Browser",
        "user_agent",
        {"Family": "family", "MajorVersion": "major", "MinorVersion": "minor", "Patch": "patch"},
    ),
    "os": (
        "OperatingSystem",
        "os",
        {
            "Family": "family",
            "MajorVersion": "major",
            "MinorVersion": "minor",
            "Patch": "patch",
            "PatchMinor": "patch_minor",
        },
    ),
    "device": ("Device", "device", {"Family": "family", "Brand": "brand", "Model": "model"}),
}


@cache
def _parser() -> Any:
    try:
        return import_module("ua_parser")
    except ImportError:
        raise NoExactAnswerError("parse_user_agent() needs the package ua-parser: pip install ua-parser") from None


@kernel(_TEXT, _DYNAMIC, result=_DYNAMIC)
def parsed(agent: str | None, look_for: str | None) -> str | None:
    wanted = read(look_for)
    names = wanted if isinstance(wanted, list) else [wanted]
    if not names or not all(isinstance(n, str) and n in _PARTS for n in names):
        raise NoExactAnswerError("parse_user_agent() looks for browser, os, device or an array of them")
    found = _parser().parse(agent or "")
    return write({key: _fields(found, part, fields) for n, (key, part, fields) in _PARTS.items() if n in names})


def _fields(found: Any, part: str, fields: dict[str, str]) -> dict[str, str]:
    known = getattr(found, part)
    otherwise = {"family": "Other"}
    return {shown: getattr(known, f, None) or otherwise.get(f, "") for shown, f in fields.items()}
