"""What an application id and a user agent say about how a request was made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import yaml

from keywitness.model.content import content

KINDS = ("portal", "powershell", "cli", "sdk", "automation", "unknown")


@dataclass(frozen=True, slots=True)
class Application:
    """A known application id.

    Args:
        family: Joins ids that one tool uses in one visit, such as the portal and its Key Vault pages.
        kind: The session kind that the id proves, or "".
    """

    id: str
    name: str
    family: str
    kind: str


@dataclass(frozen=True, slots=True)
class Client:
    """A kind of user agent; `kind` is the session kind it hints at, or ""."""

    name: str
    kind: str


#: A user agent that nothing matches, and none at all.
OTHER_CLIENT = Client("another program", "")
NO_CLIENT = Client("no agent", "")


@cache
def applications() -> dict[str, Application]:
    """Known applications by id."""
    listed = yaml.load(content("applications.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return {entry["id"]: Application(**entry) for entry in listed}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Client], ...]:
    listed = yaml.load(content("clients.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return tuple((re.compile(entry["match"]), Client(entry["name"], entry["kind"])) for entry in listed)


@cache
def client_named(agent: str) -> Client:
    """What kind of program a user agent names.

    Example:
        >>> client_named("AZURECLI/2.74.0 (DEB)").kind
        'cli'
    """
    if not agent:
        return NO_CLIENT
    return next((client for pattern, client in _patterns() if pattern.search(agent)), OTHER_CLIENT)


def application_name(id: str) -> str:
    """The published name of an application id; the id itself when there is none."""
    known = applications().get(id)
    return known.name if known else id
