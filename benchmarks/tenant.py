"""The largest made-up tenant from files: `python -m benchmarks.tenant [VAULTS PRINCIPALS ASSIGNMENTS]`.

Exports of 10,000 vaults, 100,000 principals and 1,000,000 role assignments are loaded as a user loads them, then every
command that reads inventory answers over the case, each in a process of its own: start, loading and printing count.
"""

from __future__ import annotations

import shutil
import sys

from benchmarks.exports import exported
from benchmarks.measure import DATA, Ran, spawned, table, verdict
from keywitness.lab.estate import LARGEST, Size

#: What is wanted of ingest, and of each command.
RECORDS_PER_SECOND, INGEST_MIB = 20_000, 1536
COMMAND_SECONDS, COMMAND_MIB = 60, 4096
#: What commands leave with that found something amiss: posture, logging.
_FOUND = 9


def main(size: Size = LARGEST) -> None:
    """Measure and print."""
    folder = exported(size)
    files, place = folder / "exports", DATA / "tenant-case"
    shutil.rmtree(place, ignore_errors=True)
    records = int((folder / "done").read_text())
    sizes = [f.stat().st_size for f in files.iterdir()]
    megabytes = sum(sizes) / 1e6
    print(f"{len(sizes):,} files, {megabytes:,.0f} MB, {records:,} records")
    ran = spawned("keywitness", "ingest", str(place), str(files), "--quiet")
    _checked(ran, "ingest")
    rate = records / ran.seconds
    holds = rate > RECORDS_PER_SECOND and ran.peak_mib < INGEST_MIB
    wanted = f"> {RECORDS_PER_SECOND:,}/s, < {INGEST_MIB} MiB"
    cells = (f"{ran.seconds:.1f}", f"{ran.cpu_seconds:.1f}", f"{ran.peak_mib:,.0f}", f"{rate:,.0f} records/s")
    rows = [("ingest", *cells, wanted, verdict(holds))]
    for command in _commands(size):
        ran = spawned("keywitness", command[0], str(place), *command[1:])
        _checked(ran, " ".join(command))
        holds = ran.seconds < COMMAND_SECONDS and ran.peak_mib < COMMAND_MIB
        cells = (f"{ran.seconds:.1f}", f"{ran.cpu_seconds:.1f}", f"{ran.peak_mib:,.0f}")
        what = f"{ran.output.count(chr(10)):,} lines"
        print(f"  {command[0]}: {ran.seconds:.1f} s, {ran.cpu_seconds:.1f} s of processor", flush=True)
        rows.append((" ".join(command), *cells, what, f"< {COMMAND_SECONDS} s, < {COMMAND_MIB} MiB", verdict(holds)))
    table("the largest tenant from files", ("command", "seconds", "cpu s", "peak MiB", "gives", "wanted", ""), rows)


def _commands(size: Size) -> list[tuple[str, ...]]:
    """Commands and their options; the principal is a user who is in the directory in any size."""
    user = f"user{size.principals - 3}@contoso.com"
    return [
        ("access", "--principal", user, "--format", "jsonl"),
        ("access", "--vault", f"vault-{size.vaults // 2}", "--format", "jsonl"),
        ("access", "--tier0", "--format", "jsonl"),
        ("access", "--format", "jsonl"),
        ("blast-radius", "--format", "jsonl"),
        ("posture", "--format", "jsonl"),
        ("logging", "--format", "jsonl"),
        ("inventory",),
    ]


def _checked(ran: Ran, what: str) -> None:
    if ran.status not in (0, _FOUND):
        raise SystemExit(f"{what} failed with status {ran.status}")


if __name__ == "__main__":
    main(Size(*map(int, sys.argv[1:4])) if len(sys.argv) > 3 else LARGEST)
