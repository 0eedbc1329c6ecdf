"""`keywitness logging`: which vault logs where, since when, who changed it, and how to close what is open."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keywitness.cli.listing import print_list
from keywitness.cli.output import Format, FormatOption, note
from keywitness.cli.scope import VaultOption
from keywitness.errors import UsageError

if TYPE_CHECKING:
    from keywitness.case import Case
    from keywitness.vaultlogs.state import Setting, VaultLogs

#: Bytes of one audit record where the case has none to measure: those of the demo's logs are near it.
ASSUMED_BYTES = 1_500.0
_AUDIT_SHAPE = "Key Vault audit record"


class Plan(StrEnum):
    """How a plan is written."""

    CLI = "cli"
    POWERSHELL = "powershell"
    BICEP = "bicep"
    TERRAFORM = "terraform"
    POLICY = "policy"


def logging(
    case: Annotated[Path, typer.Argument(metavar="CASE", help="The case folder.")],
    vault: VaultOption = None,
    plan: Annotated[
        Plan | None, typer.Option("--plan", help="Print what makes every open vault log, instead of the list.")
    ] = None,
    workspace: Annotated[
        str, typer.Option("--workspace", help="For --plan: resource id of the workspace that shall have the logs.")
    ] = "",
    price: Annotated[
        float | None, typer.Option("--price", min=0, help="Price of a GB (10^9 bytes) at the destination.")
    ] = None,
    assume_per_day: Annotated[
        float | None,
        typer.Option("--assume-per-day", min=0, help="Records a day of vaults whose records the case does not have."),
    ] = None,
    bytes_per_record: Annotated[
        float | None, typer.Option("--bytes-per-record", min=0, help="Instead of the mean of the case's records.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """List each vault with the destinations of its logs: collected or not, since when, by whom, gaps, volume and cost.

    A vault of whose settings no export speaks is unknown, not off. A plan closes what is off or unknown; run again, it
    changes nothing.

    \b
    Examples:
      keywitness logging ./case --price 2.50 --format csv
      keywitness logging ./case --plan terraform --workspace /subscriptions/.../workspaces/siem > logging.tf
    """
    from keywitness.case import open_case
    from keywitness.vaultlogs.plan import open_vaults  # start-up time
    from keywitness.vaultlogs.plan import plan as make_plan
    from keywitness.vaultlogs.state import vault_logs

    opened = open_case(case)
    vaults = [v for v in vault_logs(opened) if not vault or v.name.lower() in {name.lower() for name in vault}]
    if not vaults:
        raise UsageError(
            "the case knows no such vault" if vault else "the case knows no vault",
            help="load `az keyvault list`, Resource Graph or the vaults' logs",
        )
    if plan is not None:
        if not workspace:
            raise UsageError("a plan needs the workspace that shall have the logs", help="--workspace RESOURCE_ID")
        closing = open_vaults(vaults)
        print(make_plan(plan.value, closing, workspace), end="")
        note(f"{len(closing)} of {len(vaults)} vaults are open")
        return
    size = bytes_per_record or _mean_bytes(opened)
    if size is None:
        size = ASSUMED_BYTES
        note(f"no audit records to measure: {ASSUMED_BYTES:.0f} bytes per record are assumed")
    _print(vaults, size, price, assume_per_day, format.value)
    states = {state: sum(v.state == state for v in vaults) for state in ("on", "off", "unknown")}
    note(f"{len(vaults)} vaults: " + ", ".join(f"{count} {state}" for state, count in states.items()))
    if states["unknown"]:
        note("unknown: no export speaks of their diagnostic settings; docs/reference/evidence.md has the loop")


def _mean_bytes(case: Case) -> float | None:
    """Bytes of an audit record, over the files that hold nothing else."""
    own = [e for e in case.evidence() if e.shape.partition(": ")[2] == _AUDIT_SHAPE and e.read]
    return sum(e.stream_size for e in own) / sum(e.read for e in own) if own else None


#: What a table shows: where each vault logs, since when, and what is missing.
_SHOWN = (
    "Vault",
    "State",
    "Destination",
    "Audit",
    "Since",
    "Records",
    "LastAt",
    "GbPerMonth",
    "CostPerMonth",
    "Setting",
    "Gaps",
)


def _print(vaults: list[VaultLogs], size: float, price: float | None, assumed: float | None, format: str) -> None:
    from keywitness.model.schema import Column, KqlType
    from keywitness.vaultlogs.volume import volume

    text, flag, real, many = KqlType.STRING, KqlType.BOOL, KqlType.REAL, KqlType.DYNAMIC
    kinds = {"Vault": text, "State": text, "Setting": text, "Destination": text, "Target": text}
    kinds |= {"Audit": flag, "PolicyEvaluations": flag, "Since": text, "SetBy": text}
    kinds |= {"Records": KqlType.LONG, "FirstAt": text, "LastAt": text}
    kinds |= {"Gaps": many, "Changes": many, "Policies": many}
    kinds |= {"RecordsPerDay": real, "Basis": text, "GbPerMonth": real, "CostPerMonth": real, "Rows": many}
    records = []
    for vault in vaults:
        expected = volume(vault, size, assumed)
        seen = (vault.records, vault.first_at, vault.last_at, vault.gaps, _changes(vault), _policies(vault))
        amount = (expected.per_day, expected.basis, expected.gb_per_month, expected.cost(price))
        for setting, kind, target in _cells(vault):
            records.append(
                (vault.name, vault.state, *_setting(vault, setting, kind, target), *seen, *amount, _rows(vault))
            )
    print_list([Column(name, kind) for name, kind in kinds.items()], records, format, _SHOWN)


def _cells(vault: VaultLogs) -> Iterator[tuple[Setting | None, str, str]]:
    """Each destination of each setting; one empty cell for a vault that has none."""
    found: list[tuple[Setting | None, str, str]] = [
        (s, kind, target) for s in vault.settings for kind, target in s.destinations or (("none", ""),)
    ]
    yield from found or [(None, "", "")]


def _setting(vault: VaultLogs, setting: Setting | None, kind: str, target: str) -> tuple[Any, ...]:
    from keywitness.vaultlogs.state import since

    if setting is None:
        return ("", kind, target, None, None, "", "")
    act = since(vault, setting)
    by = (act.at, act.identity) if act else ("", "")
    return (setting.name, kind, target, setting.audit, setting.evaluations, *by)


def _changes(vault: VaultLogs) -> list[str]:
    return [
        f"{c.at} {c.setting} {c.act} by {c.identity or 'somebody'} at {c.address or 'an unknown address'}"
        for c in vault.changes
    ]


def _policies(vault: VaultLogs) -> list[str]:
    found = []
    for policy in vault.policies:
        idle = ", which leaves this vault out" if policy.excluded else ""
        idle = idle or (", not enforced" if policy.mode.lower() == "donotenforce" else "")
        found.append(f"{policy.name}: {policy.policy} ({policy.effect}) on {policy.scope}{idle}")
    return found


def _rows(vault: VaultLogs) -> list[str]:
    rows = [vault.row, *(s.row for s in vault.settings), *(r for c in vault.changes for r in c.rows)]
    return [r for r in dict.fromkeys(rows) if r]


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("logging")(logging)
