"""Patterns of actions in role definitions: `*` stands for anything, slashes included; case does not matter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from keywitness.access.operations import capabilities, operations


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.strip().split("*")), re.IGNORECASE | re.DOTALL)


def matches(pattern: str, action: str) -> bool:
    """Whether a pattern of a role definition takes in an action.

    Example:
        >>> matches("microsoft.keyvault/vaults/*/READ", "Microsoft.KeyVault/vaults/keys/read")
        True
        >>> matches("Microsoft.KeyVault/vaults/read", "Microsoft.KeyVault/vaults/readers")
        False
    """
    return _pattern(pattern).fullmatch(action) is not None


@cache
def operation_mask(pattern: str) -> int:
    """The operations whose data action a pattern takes in, as a mask."""
    return sum(1 << o.bit for o in operations() if matches(pattern, o.action))


@cache
def capability_mask(pattern: str, plane: str) -> int:
    """The capabilities of a plane whose action a pattern takes in, as a mask."""
    return sum(1 << c.bit for c in capabilities() if c.plane == plane and matches(pattern, c.action))


def granted_operations(data_actions: Iterable[str], not_data_actions: Iterable[str]) -> int:
    """The operations that one block of a role definition allows."""
    return _union(map(operation_mask, data_actions)) & ~_union(map(operation_mask, not_data_actions))


def granted_capabilities(
    actions: Iterable[str], not_actions: Iterable[str], data_actions: Iterable[str], not_data_actions: Iterable[str]
) -> int:
    """The capabilities that one block of a role definition allows."""
    control = _union(capability_mask(a, "control") for a in actions)
    control &= ~_union(capability_mask(a, "control") for a in not_actions)
    data = _union(capability_mask(a, "data") for a in data_actions)
    return control | data & ~_union(capability_mask(a, "data") for a in not_data_actions)


def _union(masks: Iterable[int]) -> int:
    whole = 0
    for mask in masks:
        whole |= mask
    return whole
