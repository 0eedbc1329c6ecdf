"""The programs of a case: which application ids came with which agents, each pair looked at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from keywitness.sessions.clients import PROXY, Client, applications, client_named
from keywitness.sessions.events import Coded, Events
from keywitness.sessions.grouping import Bools, Ints, combined, first_of_each


@dataclass(frozen=True, slots=True)
class Programs:
    """Pairs of application id and agent.

    Args:
        pair: Per event the code of its pair.
        applications: Per pair its application id.
        clients: Per pair what its agent names.
    """

    pair: Ints
    applications: tuple[str, ...]
    clients: tuple[Client, ...]

    @property
    def separating(self) -> Ints:
        """Per event what separates sessions of one application: nothing where the agent fits, else its family.

        One command of the Azure CLI sends two agents; `curl` under the CLI's id is somebody else's visit.
        """
        said = [
            ""
            if client.family == PROXY or (id in applications() and applications()[id].fits(client))
            else client.family
            for id, client in zip(self.applications, self.clients, strict=True)
        ]
        number = {family: n for n, family in enumerate(dict.fromkeys(said))}
        return np.array([number[family] for family in said], dtype=np.int64)[self.pair]

    @property
    def foreign(self) -> Bools:
        """Per event: its agent is none that its application has."""
        misfit = [
            id in applications() and not applications()[id].fits(client)
            for id, client in zip(self.applications, self.clients, strict=True)
        ]
        found: Bools = np.array(misfit, dtype=np.bool_)[self.pair]
        return found

    @property
    def browser(self) -> Bools:
        """Per event: its agent is a browser's."""
        found: Bools = np.array([c.family == "browser" for c in self.clients], dtype=np.bool_)[self.pair]
        return found


def _separating(id: str, client: Client) -> str:
    known = applications().get(id)
    return "" if client.family == PROXY or (known and known.fits(client)) else client.family


def programs_of(events: Events) -> Programs:
    """All pairs of some events."""
    pair = combined([events.application.code, events.client.code], len(events))
    first = first_of_each(pair)
    agents = events.client.at(first).to_pylist()
    return Programs(pair, tuple(events.application.at(first).to_pylist()), tuple(map(client_named, agents)))


def families_of(application: Coded) -> Coded:
    """Application ids as the tools that they belong to."""
    known = applications()
    texts = [known[id].family if id in known else id for id in application.texts.to_pylist()]
    names = pa.array(texts, pa.string()).dictionary_encode()
    code = names.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    return Coded(code[application.code] if len(code) else application.code, names.dictionary)
