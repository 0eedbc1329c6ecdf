"""Role definitions, reduced to masks once: what a role allows, and under which condition."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from keywitness.access.actions import granted_capabilities, granted_operations
from keywitness.access.conditions.evaluation import Circumstances, holds
from keywitness.access.conditions.parser import ConditionError, parse_condition
from keywitness.access.conditions.syntax import Condition
from keywitness.access.operations import Capability, capabilities_in, operations_in
from keywitness.model.content import content

#: The attribute by which conditions limit which roles may be assigned.
ASSIGNED_ROLE = ("request", "microsoft.authorization/roleassignments:roledefinitionid")

Attributes = Mapping[tuple[str, str], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Block:
    """One block of permissions of a role.

    Args:
        operations: Mask of operations.
        capabilities: Mask of capabilities.
        condition: Text, or "".
    """

    operations: int
    capabilities: int
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Role:
    """A role definition.

    Args:
        id: Its GUID, in lower case.
        blocks: What it allows; None when no definition is known.
        row: The row of the export, or "" when it is a built-in role that keywitness brings along.
        custom: It is no built-in role.
    """

    id: str
    name: str
    blocks: tuple[Block, ...] | None
    row: str = ""
    custom: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """A role under a condition, as masks: what it surely allows, and what it may allow.

    Args:
        condition: Of the assignment; the role may have its own besides.
        remarks: Why something is not sure.
    """

    role: Role
    condition: str
    operations: int
    maybe_operations: int
    capabilities: int
    maybe_capabilities: int
    remarks: tuple[str, ...] = ()


def role_of(
    id: str, name: str, permissions: Iterable[Mapping[str, Any]], row: str = "", *, custom: bool = False
) -> Role:
    """A role from the permissions of its definition."""
    return Role(id.lower(), name, tuple(_block(p) for p in permissions), row, custom)


def _block(permission: Mapping[str, Any]) -> Block:
    lists = [list(permission.get(key) or ()) for key in ("actions", "notActions", "dataActions", "notDataActions")]
    granted = granted_operations(lists[2], lists[3])
    return Block(granted, granted_capabilities(*lists), str(permission.get("condition") or ""))


@cache
def builtin_roles() -> Mapping[str, Role]:
    """Azure's built-in roles by GUID, as `content/access/roles.json` has them."""
    listed = json.loads(content("access", "roles.json").read_text("utf-8"))["roles"]
    return {r["id"]: role_of(r["id"], r["name"], r["permissions"]) for r in listed}


def grant(role: Role, condition: str, known: Attributes) -> Grant:
    """What a role allows under a condition.

    Args:
        known: Attributes whose values are known at the time of asking, such as the time itself.
    """
    sure_operations = maybe_operations = sure_capabilities = maybe_capabilities = 0
    remarks: dict[str, None] = {}
    for block in role.blocks or ():
        conditions = [c for c in (condition, block.condition) if c]
        remarks.update(dict.fromkeys(filter(None, (unreadable(c) for c in conditions))))
        for o in operations_in(block.operations):
            value = _allowed(conditions, Circumstances(o.action, known))
            sure_operations |= (value is True) << o.bit
            maybe_operations |= (value is None) << o.bit
        for c in capabilities_in(block.capabilities):
            value = _any_allowed(conditions, c, known)
            sure_capabilities |= (value is True) << c.bit
            maybe_capabilities |= (value is None) << c.bit
    return Grant(
        role,
        condition,
        sure_operations,
        maybe_operations & ~sure_operations,
        sure_capabilities,
        maybe_capabilities & ~sure_capabilities,
        tuple(remarks),
    )


def _any_allowed(conditions: list[str], capability: Capability, known: Attributes) -> bool | None:
    """Whether conditions allow a capability; one that gives roles is allowed when one of the roles may be given."""
    if not capability.gives:
        return _allowed(conditions, Circumstances(capability.action, known))
    values = [
        _allowed(conditions, Circumstances(capability.action, {**known, ASSIGNED_ROLE: (role,)}))
        for role in capability.gives
    ]
    return True if True in values else None if None in values else False


def _allowed(conditions: Iterable[str], circumstances: Circumstances) -> bool | None:
    values = [allows(c, circumstances) for c in conditions]
    if any(v is False for v in values):
        return False
    return None if any(v is None for v in values) else True


def allows(condition: str, circumstances: Circumstances) -> bool | None:
    """Whether the text of a condition allows a request; None when that depends on what is not known."""
    parsed = _parsed(condition)
    return None if isinstance(parsed, ConditionError) else holds(parsed, circumstances)


def unreadable(condition: str) -> str:
    """Why a condition cannot be read, or ""."""
    parsed = _parsed(condition)
    return f"the condition is not understood: {parsed}" if isinstance(parsed, ConditionError) else ""


@cache
def _parsed(condition: str) -> Condition | ConditionError:
    try:
        return parse_condition(condition)
    except ConditionError as error:
        return error
