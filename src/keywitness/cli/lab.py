"""`keywitness simulate` and `demo`: evidence with a known truth."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from keywitness.cli.evidence import print_ingest
from keywitness.cli.investigation import deliver
from keywitness.cli.output import QuietOption, progress
from keywitness.errors import UsageError


def simulate(
    out: Annotated[Path | None, typer.Option("--out", help="Folder to write logs/ and truth.json into.")] = None,
    days: Annotated[int, typer.Option("--days", min=1, help="Days of traffic.")] = 14,
    vaults: Annotated[
        int | None, typer.Option("--vaults", min=8, help="Key vaults of the company; its own number when left out.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same bytes.")] = 1,
    events: Annotated[int | None, typer.Option("--events", min=1, help="About this many audit records.")] = None,
    scenario: Annotated[str, typer.Option("--scenario", help="The attack; `list` names them all.")] = "article",
    company: Annotated[str, typer.Option("--company", help="Whose logs; `list` names them all.")] = "contoso",
    quiet: QuietOption = False,
) -> None:
    """Write the raw logs of an invented company and exports of its tenant, with an attack and its truth.

    \b
    Examples:
      keywitness simulate --out ./lab
      keywitness simulate --out ./big --events 1000000 --vaults 100 --scenario none
      keywitness simulate --scenario list
      keywitness simulate --out ./bank --company bank --scenario slow-and-low
    """
    from keywitness.lab.profiles import COMPANIES
    from keywitness.lab.scenarios import ABOUT
    from keywitness.lab.simulate import simulate as run_simulation

    for asked, known in ((scenario, ABOUT), (company, {name: one.about for name, one in COMPANIES.items()})):
        if asked == "list":
            width = max(map(len, known))
            print("\n".join(f"{name:<{width}}  {about}" for name, about in known.items()))
            return
    if out is None:
        raise UsageError("nowhere to write to", help="name a folder with --out")
    with progress("simulate", quiet=quiet) as advance:
        run_simulation(
            out,
            days=days,
            vaults=vaults,
            seed=seed,
            events=events,
            scenario=scenario,
            company=company,
            on_progress=advance,
        )
    for what, place in (("logs", "logs"), ("exports", "inventory"), ("truth", "truth.json")):
        print(f"{what + ':':<8} {out / place}", file=sys.stderr)


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for evidence, case and report.")] = Path("demo"),
    quiet: QuietOption = False,
) -> None:
    """Investigate built-in evidence: the attack of Microsoft's article among ordinary traffic.

    \b
    Example:
      keywitness demo --out ./demo
    """
    from keywitness.case import create_case, open_case
    from keywitness.investigate import investigate, make_scope
    from keywitness.lab.demo import demo_evidence
    from keywitness.score.naming import score

    place = out / "case"
    if out.exists() and any(out.iterdir()) and not (out / "truth.json").is_file():
        raise UsageError(f"{out} holds something else", help="give another folder with --out")
    with progress("simulate", quiet=quiet) as advance:
        truth = demo_evidence(out, on_progress=advance)
    case = open_case(place) if (place / "case.json").is_file() else create_case(place)
    with progress("ingest", quiet=quiet) as advance:
        print_ingest(case.ingest([out / "logs", out / "inventory"], on_progress=advance))
    with progress("investigate", quiet=quiet) as advance:
        document = investigate(
            case, scope=make_scope(watchlist=out / "watchlist.csv"), place=str(place), on_progress=advance
        )
    deliver(document, out / "report")
    print(f"\nAgainst the truth of the simulated attack ({out / 'truth.json'}):")
    print(score(truth, document, out).render())


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("simulate")(simulate)
    app.command("demo")(demo)
