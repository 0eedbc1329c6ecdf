"""Scopes of Azure Resource Manager as a tree: what is assigned at a scope holds for everything below it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

ROOT = "/"
_GROUP = "/providers/microsoft.management/managementgroups/"


def normal_scope(text: str) -> str:
    """A scope as it is compared: lower case, one slash in front, none behind.

    Example:
        >>> normal_scope("/subscriptions/A/resourceGroups/RG/")
        '/subscriptions/a/resourcegroups/rg'
    """
    return "/" + text.strip().strip("/").lower()


def management_group(name: str) -> str:
    """The scope of a management group, from its id or its name alone."""
    text = name.strip().strip("/").lower()
    return f"{_GROUP}{text.rsplit('/', 1)[-1]}" if text else ROOT


def parent_by_text(scope: str) -> str | None:
    """The scope above, as far as the text says it.

    Returns:
        None for a subscription or management group, whose parents no text names, and for what is no scope.

    Example:
        >>> parent_by_text("/subscriptions/a/resourcegroups/rg/providers/microsoft.keyvault/vaults/v/secrets/s")
        '/subscriptions/a/resourcegroups/rg/providers/microsoft.keyvault/vaults/v'
        >>> parent_by_text("/subscriptions/a/resourcegroups/rg/providers/microsoft.keyvault/vaults/v")
        '/subscriptions/a/resourcegroups/rg'
    """
    if scope.startswith(_GROUP) or not scope.startswith("/subscriptions/"):
        return None
    parts = scope.strip("/").split("/")
    if len(parts) % 2 or len(parts) == 2:
        return None
    keep = len(parts) - (4 if parts[-4] == "providers" else 2)
    return "/" + "/".join(parts[:keep])


def kind_of(scope: str) -> str:
    """The type of the resource that a scope is, or "".

    Example:
        >>> kind_of("/subscriptions/a/resourcegroups/rg/providers/microsoft.keyvault/vaults/v")
        'microsoft.keyvault/vaults'
        >>> kind_of("/subscriptions/a")
        ''
    """
    _, provider, rest = scope.rpartition("/providers/")
    parts = rest.split("/")
    return "/".join([parts[0], *parts[1::2]]) if provider else ""


def makes(scope: str) -> bool:
    """Whether resources can be created at a scope: a resource group, or what is above."""
    return scope == ROOT or scope.startswith(_GROUP) or (scope.startswith("/subscriptions/") and not kind_of(scope))


@dataclass(slots=True)
class ScopeTree:
    """Scopes by number, each with the one above it.

    Args:
        above: Management groups above subscriptions and other management groups, by normal scope.
        unplaced: Subscriptions and management groups whose place in the tree no export says.
        strange: Texts that are no scope of Azure; they are kept below the root and hold for nothing but themselves.
    """

    above: Mapping[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    unplaced: set[str] = field(default_factory=set)
    strange: set[str] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)
    _below: dict[int, list[int]] = field(default_factory=dict)
    _placed: int = 0

    def add(self, text: str) -> int:
        """The number of a scope, which is taken in with all above it."""
        scope = normal_scope(text)
        known = self._numbers.get(scope)
        if known is not None:
            return known
        parent = self._parent(scope)
        number = self._numbers[scope] = len(self.names)
        self.names.append(scope)
        self.parents.append(-1)
        if parent is not None:
            self.parents[number] = self.add(parent)
        return number

    def find(self, text: str) -> int | None:
        return self._numbers.get(normal_scope(text))

    def upwards(self, number: int) -> tuple[int, ...]:
        """A scope and all above it, the nearest first. A cycle of management groups ends where it closes."""
        seen: dict[int, None] = {}
        while number >= 0 and number not in seen:
            seen[number] = None
            number = self.parents[number]
        return tuple(seen)

    def below(self, number: int) -> tuple[int, ...]:
        """The scopes directly below one."""
        for scope in range(self._placed, len(self.parents)):
            self._below.setdefault(self.parents[scope], []).append(scope)
        self._placed = len(self.parents)
        return tuple(self._below.get(number, ()))

    def _parent(self, scope: str) -> str | None:
        if scope == ROOT:
            return None
        by_text = parent_by_text(scope)
        if by_text is not None:
            return by_text
        if scope in self.above:
            return self.above[scope]
        parts = scope.strip("/").split("/")
        placed = scope.startswith(_GROUP) or (parts[0] == "subscriptions" and len(parts) == 2)
        (self.unplaced if placed else self.strange).add(scope)
        return ROOT


def management_groups_above(
    groups: Iterable[tuple[str, str]], subscriptions: Iterable[tuple[str, object]]
) -> dict[str, str]:
    """The management group above each subscription and management group.

    Args:
        groups: Id or name of a group, and of the one above it ("" for the topmost, which is below the root).
        subscriptions: Subscription id, and its ancestors, the nearest first: names, or objects with a `name` or `id`.
    """
    above: dict[str, str] = {}
    for name, parent in groups:
        above[management_group(name)] = management_group(parent)
    for subscription, ancestors in subscriptions:
        chain = [management_group(a) for a in _names(ancestors)]
        for child, parent in zip([normal_scope(f"/subscriptions/{subscription}"), *chain], chain, strict=False):
            above.setdefault(child, parent)
        if chain:
            above.setdefault(chain[-1], ROOT)
    return above


def _names(ancestors: object) -> list[str]:
    listed = ancestors if isinstance(ancestors, list) else []
    return [str(a.get("name") or a.get("id") or "") if isinstance(a, dict) else str(a) for a in listed if a]
