"""A load in a process of its own, to be killed: `python loader.py CASE FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from keywitness.case import create_case, open_case
from keywitness.errors import KeywitnessError
from keywitness.evidence import reading
from keywitness.evidence.decoding import side_by_side
from keywitness.store.ingest import ingest

assert reading
assert side_by_side  # loaded before "ready", so that a kill hits the work and not the imports

try:
    case, folder = Path(sys.argv[1]), Path(sys.argv[2])
    print("ready", flush=True)
    opened = open_case(case) if (case / "case.json").exists() else create_case(case)
    report = ingest(opened.snapshot().layout, [folder], batch_bytes=60_000, commit_bytes=100_000)
    print(report.counts, flush=True)
except KeywitnessError as error:
    print(error.render(), file=sys.stderr)
    sys.exit(error.exit_code)
