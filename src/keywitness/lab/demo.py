"""The built-in evidence of `make demo`: always the same bytes."""

from __future__ import annotations

from pathlib import Path

import msgspec

from keywitness.errors import UsageError
from keywitness.lab.simulate import Progress, simulate
from keywitness.lab.truth import Truth, read_truth

DEMO_DAYS = 14
DEMO_VAULTS = 30
DEMO_SEED = 20250715
DEMO_EVENTS = 60_000


def demo_evidence(out: Path, *, on_progress: Progress | None = None) -> Truth:
    """Write the demo's logs, `truth.json` and `watchlist.csv` to `out`; what is there from before stays as it is.

    30 vaults, 14 days, about 60,000 vault records, the scenario `article`.

    Raises:
        UsageError: If `out` holds logs without their truth (an interrupted run's), or those of another version.
    """
    if (out / "truth.json").is_file():
        try:
            return read_truth(out / "truth.json")
        except msgspec.ValidationError as error:
            raise UsageError(
                f"{out} holds the demo of another version", help="remove the folder, or give another one with --out"
            ) from error
    return simulate(
        out,
        days=DEMO_DAYS,
        vaults=DEMO_VAULTS,
        seed=DEMO_SEED,
        events=DEMO_EVENTS,
        scenario="article",
        on_progress=on_progress,
    )
