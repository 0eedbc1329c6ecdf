"""Escalation that happened beside escalation that is possible: acts of a path that logs show, done by whoever can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from keywitness.access.changes import CHANGING, MODEL, POLICY, ROLE, Change
from keywitness.access.escalation.search import Path
from keywitness.access.tenant import Tenant, Vault

#: What an act of a way looks like in the logs: how, and whether it gives.
_SHOWN: Mapping[str, tuple[tuple[str, bool], ...]] = {
    "access-policy": ((POLICY, True),),
    "role-assignment": ((ROLE, True),),
    "role-then-access-policy": ((ROLE, True), (POLICY, True)),
    "model-change": ((MODEL, False), (POLICY, True)),
}


class Happened:
    """The acts of logs by who did them.

    Args:
        changes: In the order of time.
    """

    def __init__(self, tenant: Tenant, changes: Sequence[Change]) -> None:
        self.tenant = tenant
        self._by_actor: dict[str, list[Change]] = {}
        for change in changes:
            if change.by_id and (change.how != MODEL or change.act.lower() in CHANGING):
                self._by_actor.setdefault(change.by_id, []).append(change)

    def rows(self, path: Path, vault: Vault) -> tuple[str, ...]:
        """References of the rows in which somebody on a path does to the vault what the path says.

        He who acts is the path's first or one whose part he takes: all of its principals count. A way of two acts needs
        both.
        """
        wanted = _SHOWN.get(path.steps[-1].way)
        if wanted is None:
            return ()
        actors = {step.source.id.lower() for step in path.steps}
        acts = [c for actor in sorted(actors) for c in self._by_actor.get(actor, ()) if self._over(c, vault)]
        found = [[c for c in acts if (c.how, c.given) == kind] for kind in wanted]
        if not all(found):
            return ()
        return tuple(dict.fromkeys(row for changes in found for c in changes for row in c.rows))

    def _over(self, change: Change, vault: Vault) -> bool:
        """Whether a change holds for a vault."""
        if change.how != ROLE:
            return change.id == vault.id.lower()
        number = self.tenant.scopes.find(change.scope)
        return number is not None and number in self.tenant.scopes.upwards(vault.scope)
