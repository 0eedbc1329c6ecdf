"""What an application id and a user agent say about how a request was made."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import yaml

from keywitness.model.content import content

#: The family of an agent that every application can have: Resource Manager hands requests on under its own.
PROXY = "resource-manager"


@dataclass(frozen=True, slots=True)
class Application:
    """A known application id.

    Args:
        family: Joins ids that one tool uses in one visit, such as the portal and its Key Vault pages.
        tool: The tool that the id proves, or "".
        clients: Families of agents that it can have; any when there are none.
    """

    id: str
    name: str
    family: str
    tool: str
    clients: frozenset[str]

    def fits(self, client: Client) -> bool:
        """True unless the agent is one that this application never has."""
        return not self.clients or client.family in (*self.clients, NO_CLIENT.family, PROXY)


@dataclass(frozen=True, slots=True)
class Client:
    """A kind of user agent.

    Args:
        family: Separates the sessions of one application.
        tool: The tool that it hints at, or "".
    """

    name: str
    family: str
    tool: str


#: A user agent that nothing matches, and none at all.
OTHER_CLIENT = Client("another program", "other", "")
NO_CLIENT = Client("no agent", "none", "none")


@cache
def applications() -> dict[str, Application]:
    """Known applications by id."""
    listed = yaml.load(content("applications.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    made = (Application(**{**entry, "clients": frozenset(entry["clients"])}) for entry in listed)
    return {application.id: application for application in made}


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Client], ...]:
    listed = yaml.load(content("clients.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return tuple((re.compile(entry.pop("match")), Client(**entry)) for entry in listed)


@cache
def client_named(agent: str) -> Client:
    """What kind of program a user agent names.

    Example:
        >>> client_named("AZURECLI/2.74.0 (DEB)").tool
        'azure-cli'
    """
    if not agent:
        return NO_CLIENT
    return next((client for pattern, client in _patterns() if pattern.search(agent)), OTHER_CLIENT)


def application_name(id: str) -> str:
    """The published name of an application id; the id itself when there is none."""
    known = applications().get(id)
    return known.name if known else id
