"""All benchmarks, one after the other: `make bench`."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Run each in a process of its own."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--records", type=int, default=1_000_000, help="records to ingest")
    arguments.add_argument("--rows", type=int, default=10_000_000, help="rows to query")
    given = arguments.parse_args()
    for module, *more in (
        ("benchmarks.startup",),
        ("benchmarks.compiling",),
        ("benchmarks.ingest", "--records", str(given.records)),
        ("benchmarks.query", "--records", str(given.rows)),
        ("benchmarks.hunts", "--records", str(given.rows)),
        ("benchmarks.memory", "--records", str(given.rows)),
        ("benchmarks.detection", "--records", str(given.rows)),
        ("benchmarks.sessions", "--records", str(given.rows)),
        ("benchmarks.access",),
        ("benchmarks.tenant",),
    ):
        subprocess.run(
            [sys.executable, "-m", module, *more],
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"},
        )


if __name__ == "__main__":
    main()
