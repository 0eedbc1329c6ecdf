"""Write content/access/roles.json from an export of Azure's built-in roles.

    az role definition list --query "[?roleType=='BuiltInRole']" > roles.json
    python tools/builtin_roles.py roles.json

Kept of each role: id, name, and of its patterns those that take in an operation or capability that keywitness follows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from keywitness.access.actions import capability_mask, operation_mask

TARGET = Path(__file__).parents[1] / "src" / "keywitness" / "content" / "access" / "roles.json"


def compact(roles: list[dict[str, Any]], source: str) -> str:
    """The content file: one role a line, by id."""
    lines = [json.dumps(_role(r), separators=(",", ":")) for r in sorted(roles, key=lambda r: str(r["name"]))]
    return "{" + f'"source": {json.dumps(source)},\n"roles": [\n' + ",\n".join(lines) + "\n]}\n"


def _role(role: dict[str, Any]) -> dict[str, Any]:
    blocks = [block for p in role["permissions"] if (block := _block(p))]
    return {"id": role["name"], "name": role["roleName"], "permissions": blocks}


def _block(permission: dict[str, Any]) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for part, followed in (("actions", _control), ("dataActions", _data)):
        kept = [p for p in permission[part] if followed(p)]
        without = "not" + part[0].upper() + part[1:]
        if kept:
            block[part] = kept
            if left := [p for p in permission[without] if followed(p)]:
                block[without] = left
    if block and permission.get("condition"):
        block["condition"] = permission["condition"]
    return block


def _control(pattern: str) -> bool:
    return bool(capability_mask(pattern, "control"))


def _data(pattern: str) -> bool:
    return bool(operation_mask(pattern) or capability_mask(pattern, "data"))


if __name__ == "__main__":
    source = "Azure built-in roles of 2026-08-22, as https://github.com/iann0036/iam-dataset (MIT) lists them"
    TARGET.write_text(compact(json.loads(Path(sys.argv[1]).read_text("utf-8")), source), "utf-8")
