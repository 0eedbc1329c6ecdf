"""From a row back to its bytes, and from the case back to its evidence: what proves a finding.

`show` reads the original bytes out of a file whose hash is still the recorded one. `verify` looks at everything: the
chain of the ledger, every file of the case, every evidence file; it names what changed and goes on.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile
from pathlib import Path

from keywitness.errors import (
    CaseDamagedError,
    CaseError,
    EvidenceChangedError,
    EvidenceError,
    EvidenceUnreadableError,
    UsageError,
)
from keywitness.evidence.batch import EvidenceItem
from keywitness.store.connection import connected
from keywitness.store.layout import Layout
from keywitness.store.ledger import GENESIS, HEAD_FILE, Entry, EvidenceEntry, Head, Ledger, decode, file_name
from keywitness.store.snapshot import Snapshot
from keywitness.store.state import CaseState, replay

_REFERENCE = re.compile(r"E(\d{1,9}):(\d{1,18})")

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """The original bytes of one record.

    Args:
        row: Its reference.
        item: The evidence item it is in.
        table: Where the record is now: a table, `_rejected` or `_duplicates`.
        offset: First byte in the item's decompressed bytes.
        length: Bytes.
        data: The bytes.
        place: The file they were read from; other than `item.path` when the evidence has moved.
    """

    row: str
    item: EvidenceEntry
    table: str
    offset: int
    length: int
    data: bytes
    place: str

    def text(self) -> str:
        """The bytes as text, in the encoding a person can read; bytes that are no text are escaped."""
        for mark, encoding in ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")):
            if self.data.startswith(mark):
                return self.data[2:].decode(encoding, "backslashreplace")
        if self.data[1:2] == b"\0":
            return self.data.decode("utf-16-le", "backslashreplace")
        if self.data[:1] == b"\0":
            return self.data.decode("utf-16-be", "backslashreplace")
        return self.data.decode("utf-8", "backslashreplace")

    def remarks(self) -> Iterator[str]:
        """Where the bytes come from and how they were checked."""
        member = f", member {self.item.member}" if self.item.member else ""
        kind = {"_rejected": "a rejected record", "_duplicates": "a duplicate"}.get(
            self.table, f"a row of {self.table}"
        )
        end = self.offset + self.length
        yield f"{self.row} is {kind}: bytes {self.offset:,} to {end:,} of {self.item.path}{member}"
        yield f"SHA-256 of the file: {self.item.sha256} (checked)"
        if self.place != self.item.path:
            yield f"the file is now at {self.place}; its bytes are the recorded ones"


def show(snapshot: Snapshot, row: str, places: Sequence[str | Path] = ()) -> ShownRecord:
    """The original bytes of a row, a rejected record or a duplicate.

    Args:
        snapshot: The case.
        row: A reference such as "E3:1042".
        places: Files and folders to look in when the evidence has moved.

    Raises:
        UsageError: If that is no reference, or nothing stands there.
        EvidenceUnreadableError: If the file is nowhere to be found.
        EvidenceChangedError: If the file is there with other bytes.
    """
    from keywitness.evidence.source import read_range  # opening archives is only needed here

    match = _REFERENCE.fullmatch(row.strip())
    if match is None:
        raise UsageError(
            f"'{row}' is no row reference", help="a row reference looks like E3:1042; queries give it as _Row"
        )
    number, offset = int(match[1]), int(match[2])
    item = snapshot.state.evidence.get(number)
    found = _standing(snapshot, number, offset) if item is not None else None
    if item is None or found is None:
        raise UsageError(
            f"no record of the case stands at {row}", help="queries give the references of their rows as _Row"
        )
    table, length = found
    if not item.complete:
        raise EvidenceUnreadableError(
            f"the load of {item.path} was interrupted, so its hash is not known yet",
            help="ingest it again: the load goes on where it stopped",
        )
    place = locate(item, snapshot.state.folders.get(number, ""), Places(places))
    data = read_range(_facts(item), offset, length, path=str(place))
    if len(data) != length:
        raise EvidenceChangedError(f"{place} ends before the record at {row} does")
    return ShownRecord(row, item, table, offset, length, data, str(item.path if place == Path(item.path) else place))


class Places:
    """Folders and files where moved evidence may stand: walked once, each file hashed at most once."""

    def __init__(self, paths: Sequence[str | Path] = ()) -> None:
        self._paths = tuple(map(Path, paths))
        self._hashes: dict[Path, str] = {}

    def with_size(self, item: EvidenceEntry) -> list[Path]:
        """Files as long as the item's, those whose path ends like its path first."""
        return sorted(self._by_size.get(item.size, ()), key=lambda path: -_common_tail(path, Path(item.path)))

    def namesake(self, item: EvidenceEntry) -> Path | None:
        """The file of the item's name whose path agrees longest with its path, seen from the end."""
        named = self._by_name.get(Path(item.path).name, ())
        return max(named, key=lambda path: _common_tail(path, Path(item.path)), default=None)

    def sha256(self, path: Path) -> str:
        """The hash of a file."""
        if path not in self._hashes:
            self._hashes[path] = _sha256(path)
        return self._hashes[path]

    @cached_property
    def _files(self) -> list[tuple[Path, int]]:
        inside = (Path(folder, name) for place in self._paths for folder, _, names in os.walk(place) for name in names)
        return [(path, path.stat().st_size) for path in (*self._paths, *inside) if path.is_file()]

    @cached_property
    def _by_size(self) -> dict[int, list[Path]]:
        sizes: dict[int, list[Path]] = {}
        for path, size in self._files:
            sizes.setdefault(size, []).append(path)
        return sizes

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        names: dict[str, list[Path]] = {}
        for path, _ in self._files:
            names.setdefault(path.name, []).append(path)
        return names


def _common_tail(one: Path, other: Path) -> int:
    """How many path parts agree, seen from the end."""
    pairs = zip(reversed(one.parts), reversed(other.parts), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def locate(item: EvidenceEntry, folder: str, places: Places) -> Path:
    """Where the file of an item is now: at its path, or anywhere in `places`, recognised by size and hash.

    Args:
        item: The item.
        folder: What a relative path of it starts from.
        places: Where else to look.

    Raises:
        EvidenceUnreadableError: If no file is found.
        EvidenceChangedError: If the only file found under its name has other bytes.
    """
    originals = [path for path in (Path(item.path), Path(folder) / item.path) if path.is_file()]
    for candidate in (*(path for path in originals if path.stat().st_size == item.size), *places.with_size(item)):
        if places.sha256(candidate) == item.sha256:
            return candidate
    changed = places.namesake(item) or next(iter(originals), None)
    if changed is not None:
        raise EvidenceChangedError(
            f"{changed} has changed since it was ingested: its SHA-256 is {_sha256(changed)}, it was {item.sha256}",
            help="restore the original file, or name the place of an unchanged copy with --evidence",
            effect="the rows of the case are as ingested; their bytes can no longer be shown from this file",
        )
    raise EvidenceUnreadableError(
        f"{item.path} is not there any more",
        help=f"name its new place with --evidence; it is recognised by its SHA-256 {item.sha256}",
        effect="the rows of the case are as ingested; their bytes cannot be shown",
    )


def _standing(snapshot: Snapshot, number: int, offset: int) -> tuple[str, int] | None:
    """The table and the length of the record at a place."""
    with connected() as connection:
        for table, stored in snapshot.state.tables.items():
            segments = list(stored.segments.values())
            if segments:
                sql = f"SELECT _length FROM {snapshot.read_parquet(segments)} WHERE _evidence = ? AND _offset = ?"
                rows = connection.execute(sql, [number, offset]).fetchall()
                if rows:
                    return table, int(rows[0][0])
    return None


def _facts(item: EvidenceEntry) -> EvidenceItem:
    return EvidenceItem(
        item.path, item.member, item.size, item.sha256, item.stream_size, item.stream_sha256, item.modified_at
    )


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was.

    Args:
        part: "ledger", "table", "watchlist", "read copy" or "evidence".
        name: The file.
        what: What is wrong with it.
    """

    part: str
    name: str
    what: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What `verify` looked at, and what it found.

    Args:
        head: SHA-256 of the last ledger entry. Written down elsewhere, it proves that nothing was rewritten.
        checked: How many files of each part were looked at.
        problems: What changed, in the order of the parts.
    """

    head: str
    checked: Mapping[str, int]
    problems: tuple[Problem, ...]

    @property
    def exit_code(self) -> int:
        """0 when all is as it was, `CaseError`'s when something of the case changed, else `EvidenceError`'s."""
        if any(p.part != "evidence" for p in self.problems):
            return CaseError.exit_code
        return EvidenceError.exit_code if self.problems else 0

    def lines(self) -> Iterator[str]:
        """The result for people."""
        for part, count in self.checked.items():
            wrong = sum(1 for p in self.problems if p.part == part)
            state = "as recorded" if not wrong else f"{wrong:,} not as recorded"
            yield f"{part}: {count:,} {'file' if count == 1 else 'files'} checked, {state}"
        for problem in self.problems:
            yield f"CHANGED {problem.part} {problem.name}: {problem.what}"
        yield f"head of the custody chain: {self.head}"


def verify(layout: Layout, places: Sequence[str | Path] = (), on_progress: Progress | None = None) -> VerifyReport:
    """Check the chain of the ledger, every file of the case and every evidence file.

    Args:
        layout: The case.
        places: Where to look for evidence that has moved.
        on_progress: Called with bytes done, bytes in all, and the file at work.
    """
    entries, head, problems = read_chain(Ledger(layout.ledger))
    state = replay(entries, head)
    checks = [*_case_checks(layout, state), *_evidence_checks(state, Places(places))]
    total, done = sum(size for _, _, size, _ in checks), 0
    with ThreadPoolExecutor(max_workers=2) as pool:
        for (part, name, size, _), found in zip(checks, pool.map(lambda c: c[3](), checks), strict=True):
            if found:
                problems.append(Problem(part, name, found))
            done += size
            if on_progress is not None:
                on_progress(done, total, name)
    checked = {"ledger": len(entries), "table": 0, "evidence": 0}
    for part, *_ in checks:
        checked[part] = checked.get(part, 0) + 1
    return VerifyReport(head, checked, tuple(problems))


def read_chain(ledger: Ledger) -> tuple[list[Entry], str, list[Problem]]:
    """All entries that can be read, the head, and every break of the chain."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    head, expected = GENESIS, 1
    hashes: list[str] = []
    newest = _newest(ledger, problems)
    for path in ledger.files():
        content = path.read_bytes()
        try:
            entry = decode(content, path)
        except CaseDamagedError as error:
            problems.append(Problem("ledger", path.name, error.message))
            continue
        if path.name != file_name(expected) or entry.number != expected:
            problems.append(Problem("ledger", path.name, f"entry {expected} was expected here, this is {entry.number}"))
        if entry.previous != head:
            problems.append(
                Problem(
                    "ledger",
                    file_name(entry.number - 1) if entry.number > 1 else path.name,
                    f"it was changed or is missing: entry {entry.number} recorded the hash {entry.previous[:16]}, "
                    f"found is {head[:16]}",
                )
            )
        entries.append(entry)
        expected = entry.number + 1
        head = hashlib.sha256(content).hexdigest()
        hashes.append(head)
    if newest is not None and not problems and (difference := newest.differs(hashes)):
        problems.append(Problem("ledger", file_name(newest.number), difference))
    if newest is None and len(entries) > 1 and not problems:
        problems.append(Problem("ledger", HEAD_FILE, "it is missing: entries after these may be, too"))
    return entries, head, problems


def _newest(ledger: Ledger, problems: list[Problem]) -> Head | None:
    try:
        return ledger.newest()
    except CaseDamagedError as error:
        problems.append(Problem("ledger", HEAD_FILE, error.message))
        return None


_Check = tuple[str, str, int, Callable[[], str]]


def _case_checks(layout: Layout, state: CaseState) -> Iterator[_Check]:
    for segment in state.live_segments():
        path = layout.root / segment.file
        yield "table", segment.file, segment.bytes, _file_check(path, segment.bytes, segment.sha256)
    for kept in state.copied.values():
        yield "watchlist", kept.file, kept.bytes, _file_check(layout.root / kept.file, kept.bytes, kept.sha256)
    for copy in state.copies:
        if (layout.root / copy.file).exists():  # a read copy may be deleted at any time
            yield "read copy", copy.file, copy.bytes, _file_check(layout.root / copy.file, copy.bytes, copy.sha256)


def _file_check(path: Path, size: int, sha256: str) -> Callable[[], str]:
    def check() -> str:
        try:
            found = _sha256(path)
        except OSError as error:
            return f"cannot be read: {error.strerror or error}"
        if found == sha256:
            return ""
        return f"its {path.stat().st_size:,} bytes have SHA-256 {found}; recorded are {size:,} bytes with {sha256}"

    return check


def _evidence_checks(state: CaseState, places: Places) -> Iterator[_Check]:
    files: dict[tuple[str, str], EvidenceEntry] = {}
    for item in state.evidence.values():
        if item.complete:
            files.setdefault((item.path, item.sha256), item)
    for item in files.values():
        yield "evidence", item.path, item.size, _evidence_check(item, state.folders.get(item.number, ""), places)


def _evidence_check(item: EvidenceEntry, folder: str, places: Places) -> Callable[[], str]:
    def check() -> str:
        try:
            locate(item, folder, places)
        except EvidenceError as error:
            return error.message
        except OSError as error:
            return f"cannot be read: {error.strerror or error}"
        return ""

    return check


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
