"""What can be done to a vault and its contents: operations and capabilities, each one bit of a mask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from keywitness.model.content import content

OBJECT_KINDS = ("secret", "key", "certificate", "storage")


@dataclass(frozen=True, slots=True)
class Operation:
    """One act on the contents of a vault.

    Args:
        object: One of `OBJECT_KINDS`.
        name: As the REST API calls it: get, list, set ...
        permission: The word of an access policy entry that allows it.
        action: The data action of a role that allows it.
        bit: Its place in masks of operations.
    """

    object: str
    name: str
    permission: str
    action: str
    bit: int

    @property
    def title(self) -> str:
        return f"{self.object} {self.name}"


@dataclass(frozen=True, slots=True)
class Capability:
    """One act outside of a vault's contents.

    Args:
        at: Where Azure checks it: "vault", "subscription", "anywhere" or a resource type.
        plane: "control" or "data": which list of a role names the action.
        gives: GUIDs of roles; the capability is to assign one of them.
        bit: Its place in masks of capabilities.
    """

    id: str
    action: str
    at: str
    plane: str
    gives: tuple[str, ...]
    bit: int


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation, in the order of its bit."""
    listed = _listed("operations.yaml")
    return tuple(
        Operation(e["object"], e["operation"], e["permission"], e["action"], bit) for bit, e in enumerate(listed)
    )


@cache
def capabilities() -> tuple[Capability, ...]:
    """Every capability, in the order of its bit."""
    listed = _listed("capabilities.yaml")
    return tuple(
        Capability(e["id"], e["action"], e["at"], e.get("plane", "control"), tuple(e.get("gives", ())), bit)
        for bit, e in enumerate(listed)
    )


def _listed(name: str) -> list[dict[str, Any]]:
    return list(yaml.load(content("access", name).read_text("utf-8"), Loader=yaml.CSafeLoader))


@cache
def operation(object: str, name: str) -> Operation:
    """The operation of that name on that kind of object.

    Raises:
        KeyError: If there is none.

    Example:
        >>> operation("secret", "get").action
        'Microsoft.KeyVault/vaults/secrets/getSecret/action'
    """
    return next((o for o in operations() if (o.object, o.name) == (object, name)), None) or _missing(f"{object} {name}")


@cache
def capability(id: str) -> Capability:
    """The capability of that id.

    Raises:
        KeyError: If there is none.
    """
    return next((c for c in capabilities() if c.id == id), None) or _missing(id)


def _missing(name: str) -> Any:
    raise KeyError(name)


def mask_of(bits: Iterable[Operation | Capability]) -> int:
    """The mask with the bit of each.

    Example:
        >>> mask_of([]), mask_of(operations()[:2])
        (0, 3)
    """
    return sum({1 << b.bit for b in bits})


def operations_in(mask: int) -> Iterator[Operation]:
    """The operations whose bits are set."""
    return (o for o in operations() if mask >> o.bit & 1)


def capabilities_in(mask: int) -> Iterator[Capability]:
    """The capabilities whose bits are set."""
    return (c for c in capabilities() if mask >> c.bit & 1)


@cache
def revealing() -> int:
    """The operations that give out the object itself: a secret's value, a released key, and backups of anything.

    Backups count apart (`escalation`): they are read only after a restore into a vault of one's own.
    """
    return mask_of([operation("secret", "get"), operation("key", "release")])


def policy_mask(object: str, permissions: Iterable[str]) -> tuple[int, tuple[str, ...]]:
    """The operations that words of an access policy entry allow, and the words that nobody knows.

    Args:
        object: One of `OBJECT_KINDS`.
        permissions: Case does not matter; "all" is every one.

    Example:
        >>> mask, unknown = policy_mask("secret", ["Get", "fly"])
        >>> [o.title for o in operations_in(mask)], unknown
        (['secret get'], ('fly',))
    """
    mask, unknown = 0, []
    for word in permissions:
        found = _by_permission(object).get(word.strip().lower())
        if found is None:
            unknown.append(word)
        mask |= found or 0
    return mask, tuple(unknown)


@cache
def _by_permission(object: str) -> dict[str, int]:
    words: dict[str, int] = {"all": 0}
    for o in operations():
        if o.object == object:
            words[o.permission.lower()] = words.get(o.permission.lower(), 0) | 1 << o.bit
            words["all"] |= 1 << o.bit
    return words
