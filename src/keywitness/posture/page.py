"""docs/reference/posture.md: the checks that come with keywitness, from their files."""

from __future__ import annotations

from keywitness.posture.check import SEVERITIES, Check, load_checks

_HEAD = """# Posture checks

Made by `make docs` from the files under `content/posture`.

`keywitness posture CASE` judges every object that a check looks at: *fail*, *pass*, or *unknown* where the
export leaves out what is asked. A check without its export is not judged; it has not passed. The command leaves
with 9 when a check failed.

A check is one YAML file: `id`, `title`, `severity`, `why`, `tables` (without rows in them nothing is judged),
`get` (how to export them), `query` (one row per object, with the columns `Object`, `Verdict`, `What`, `Row`),
`fix` (portal, azure_cli, powershell, bicep, terraform; `{{Column}}` is filled from the row), `maps` (cis, mcsb,
policy), `parameters` and `cases`: records with the verdict that each object must get. `--checks` runs files of
your own.

CIS ids are those of the Microsoft Azure Foundations Benchmark, as Prowler maps them. Controls of the Microsoft
cloud security benchmark (v1) are those in whose groups its built-in initiative (`1f3afdf9-d0c9-4c3d-847f-89da613e70a8`,
version 57.37.0) has the policies of a check; where it has none of them, the control whose subject the check is.
Policies are built-in definitions of Azure Policy. `tests/content/test_posture_maps.py` holds both against what Azure's
repository of policies says.
"""


def page() -> str:
    """The whole page."""
    checks = sorted(load_checks(), key=lambda c: (SEVERITIES.index(c.severity), c.id))
    return _HEAD + "\n" + "\n".join(_section(check) for check in checks)


def _section(check: Check) -> str:
    cis = "; ".join(f"{version}: {ids}" for version, ids in check.maps.cis.items())
    lines = [
        f"## {check.id}\n",
        f"**{check.title}** ({check.severity}). {check.why}\n",
        f"- needs {', '.join(check.tables)}: {check.get}",
        *([f"- CIS {cis}"] if cis else []),
        *([f"- Microsoft cloud security benchmark {', '.join(check.maps.mcsb)}"] if check.maps.mcsb else []),
        *([f"- Azure Policy {', '.join(check.maps.policy)}"] if check.maps.policy else []),
        f"- fix: `{check.fix.azure_cli.strip().splitlines()[0]}`",
        "",
    ]
    return "\n".join(lines)
