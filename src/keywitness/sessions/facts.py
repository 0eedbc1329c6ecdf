"""The facts of every session, in columns: what its class is decided by.

Facts, each a column with one value per session:

- words: `tool` (what it was made with, all signs taken together), `application_tool` and `client_tool` (what the
  application id and the agent say), `client` (family of the agent);
- flags: `person`, `managed` (a managed identity), `web_site` (of App Service), `data_plane` (more than settings of
  vaults), `portal_marker` (the portal's `_=` in addresses), `portal_order`, `certificate_order`, `certificate_read`,
  `other_acts` (anything but reads of secrets), `sdk_order` (reads as programs do: by name, or many in a burst);
- numbers: of successful operations `lists`, `list_kinds`, `version_lists`, `secret_reads`, `backups`; of refusals
  `denied`, `denied_vaults`, `denied_names`, `denied_share`; of unknown names `missing`, `missing_names`,
  `missing_share`; `vault_count`; and of the widest burst of reads after a list `dump_names`, `known_names`,
  `dump_share`, `dump_seconds`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from keywitness.sessions.classes import Facts, Numbers, Words, class_content
from keywitness.sessions.clients import applications
from keywitness.sessions.events import Coded, Events
from keywitness.sessions.grouping import Bools, Groups, Ints
from keywitness.sessions.objects import certificates_read, distinct, dumps, known_names
from keywitness.sessions.programs import Programs

#: Tools, the one that says most first: a session of several agents is of the first that one of them names.
CLIENT_TOOLS = (
    *("pipeline", "azure-cli", "powershell", "app-service", "azure-scan", "backup-or-scan", "browser", "sdk", "arm"),
    *("none", ""),
)
TOOLS = (*CLIENT_TOOLS, "portal", "azure-service")
_VAULT_OPERATIONS = "Vault"
_WEB_SITE = "/providers/microsoft.web/"


def facts_of(events: Events, groups: Groups, programs: Programs) -> Facts:
    """All facts except those that compare sessions (`habits`)."""
    known = class_content()
    order = groups.order
    operation, vault = events.operation.ordered(order), events.vault.ordered(order)
    name, status = events.name.ordered(order), events.status[order]
    done = status < 400
    acts = {act: operation.are(operations) & done for act, operations in known.acts.items()}
    named = name.where(bool)
    denied, missing = status == 403, (status == 404) & named
    made: dict[str, Numbers] = {
        "count": groups.counts,
        "failures": groups.sum((status >= 400) & (status != 401)),
        "person": groups.any(events.user[order]),
        "managed": groups.any(events.resource.where(bool)[order]),
        "web_site": groups.any(events.resource.where(lambda text: _WEB_SITE in text.lower())[order]),
        "data_plane": groups.any(operation.where(lambda text: not text.startswith(_VAULT_OPERATIONS))),
        "portal_marker": groups.any(events.portal[order]),
        "other_acts": groups.any(~operation.are(["SecretGet"])),
        "vault_count": _vaults(vault, groups),
        "denied": groups.sum(denied),
        "missing": groups.sum(missing),
        "denied_vaults": distinct(groups, denied, vault),
        "denied_names": distinct(groups, denied & named, vault, name),
        "missing_names": distinct(groups, missing, vault, name),
        "list_kinds": distinct(groups, operation.are(known.acts["lists"]), operation),
        **{act: groups.sum(flags) for act, flags in acts.items()},
    }
    made["denied_share"] = made["denied"] / groups.counts
    made["missing_share"] = made["missing"] / groups.counts
    made |= _orders(operation, done, groups)
    made |= _objects(groups, acts, vault, name)
    return Facts(made, _tools(programs, groups, made))


def _vaults(vault: Coded, groups: Groups) -> Ints:
    """Different vaults per session: most sessions have one, which is quickly seen."""
    if not len(groups):
        return groups.starts
    several = np.minimum.reduceat(vault.code, groups.starts) != np.maximum.reduceat(vault.code, groups.starts)
    return np.maximum(distinct(groups, several[groups.session], vault), 1)


def _orders(operation: Coded, done: Bools, groups: Groups) -> dict[str, Any]:
    """Sessions in which the operations of a portal page begin in the page's order."""
    known = class_content()
    wanted = {name for order in (*known.portal_orders, *known.certificate_orders) for name in order}
    firsts = {name: groups.first(operation.are([name]) & done) for name in wanted}
    return {
        "portal_order": np.logical_or.reduce([_in_order(firsts, o, operation) for o in known.portal_orders]),
        "certificate_order": np.logical_and.reduce([_in_order(firsts, o, operation) for o in known.certificate_orders]),
    }


def _in_order(firsts: dict[str, Ints], order: Sequence[str], operation: Coded) -> Bools:
    met: Bools = firsts[order[-1]] < len(operation.code)
    for earlier, later in pairwise(order):
        met &= firsts[earlier] < firsts[later]
    return met


def _objects(groups: Groups, acts: dict[str, Bools], vault: Coded, name: Coded) -> dict[str, Any]:
    known = known_names(vault, name, acts["secret_reads"])
    pause = class_content().measures["dump_pause_seconds"]
    burst = dumps(groups, acts["lists"], acts["secret_reads"], vault, name, known, pause)
    by_name = groups.any(acts["secret_reads"]) & ~groups.any(acts["lists"] | acts["version_lists"])
    return {
        "dump_names": burst.names,
        "known_names": burst.known,
        "dump_share": burst.share,
        "dump_seconds": burst.seconds,
        "certificate_read": certificates_read(groups, acts["certificate_views"], acts["secret_reads"], vault, name),
        "sdk_order": by_name | (burst.names >= class_content().measures["least_reads"]),
    }


def _tools(programs: Programs, groups: Groups, facts: dict[str, Numbers]) -> dict[str, Words]:
    """What each session was made with. The application id, which the token proves, outweighs the agent."""
    program = programs.pair[groups.order]
    first = program[groups.starts]
    said = np.full(len(groups), len(CLIENT_TOOLS) - 1, dtype=np.int64)
    telling = [CLIENT_TOOLS.index(client.tool) for client in programs.clients]
    for tool in range(len(CLIENT_TOOLS) - 1, -1, -1):  # the one that says most comes last and stays
        pairs = np.array([t == tool for t in telling], dtype=np.bool_)
        if pairs.any():
            said[groups.any(pairs[program])] = tool
    families = tuple(dict.fromkeys(client.family for client in programs.clients)) or ("none",)
    client = np.array([families.index(c.family) for c in programs.clients], dtype=np.int64)[first]
    known = applications()
    tools = [TOOLS.index(known[id].tool if id in known else "") for id in programs.applications]
    application = np.array(tools, dtype=np.int64)[first]
    portal, nothing = TOOLS.index("portal"), TOOLS.index("")
    portal_like = facts["portal_marker"] | facts["portal_order"]
    browser = said == CLIENT_TOOLS.index("browser")
    quiet = np.isin(said, [CLIENT_TOOLS.index(tool) for tool in ("browser", "none", "arm")])
    foreign = (application == portal) & ~quiet & ~portal_like
    guessed = np.where(browser, np.where(portal_like, portal, nothing), said)
    return {
        "tool": Words(np.where((application == nothing) | foreign, guessed, application), TOOLS),
        "application_tool": Words(application, TOOLS),
        "client_tool": Words(said, CLIENT_TOOLS),
        "client": Words(client, families),
    }
