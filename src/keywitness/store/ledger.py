"""The ledger: commit log and custody log in one.

An entry is one file, created in one step and never changed. It says who did what when with which version, lists every
file it makes part of the case, and carries the SHA-256 of the entry before it. So one entry is one atomic commit over
all tables, a reader that lists the folder sees whole commits only, and a changed or missing entry breaks the chain. No
entry follows the newest one: its number and hash stand in a file beside the folder, written after it.
"""

from __future__ import annotations

import getpass
import hashlib
import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from keywitness import __version__
from keywitness.errors import CaseBusyError, CaseDamagedError
from keywitness.store.durable import UNFINISHED_PREFIX, replacing, storage_errors, write_new

#: What the first entry has as the hash of the entry before it.
GENESIS = "0" * 64
#: Beside the ledger's folder.
HEAD_FILE = "ledger-head.json"


class StoredColumn(msgspec.Struct, frozen=True, array_like=True):
    """One column of a segment.

    Args:
        name: Its KQL name.
        type: Its KQL type.
        disk: Its name in the Parquet file.
        path: Where it stood in the raw record, for columns that no documentation has; empty when unknown.
    """

    name: str
    type: str
    disk: str
    path: tuple[str, ...] = ()


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """One Parquet file of one table.

    Args:
        table: Physical table name; names that begin with "_" are the store's own.
        file: Path inside the case folder, with "/".
        rows: Rows in it.
        bytes: Its size.
        sha256: Its hash.
        columns: Evidence columns, in order, without the provenance columns.
        first_time: Lowest TimeGenerated in ticks; None without one.
        last_time: Highest TimeGenerated in ticks; None without one.
    """

    table: str
    file: str
    rows: int
    bytes: int
    sha256: str
    columns: tuple[StoredColumn, ...]
    first_time: int | None = None
    last_time: int | None = None


class CopiedTable(msgspec.Struct, frozen=True, kw_only=True):
    """One table inside a read copy.

    Args:
        table: Physical table name.
        name: Its name inside the DuckDB file.
        segments: The files whose rows it holds.
        columns: Disk names of its evidence columns.
    """

    table: str
    name: str
    segments: tuple[str, ...]
    columns: tuple[str, ...]


class ReadCopy(msgspec.Struct, frozen=True, kw_only=True):
    """A DuckDB file with the rows of some segments, for queries that want few rows with all their columns.

    Args:
        file: Path inside the case folder, with "/".
        bytes: Its size.
        sha256: Its hash.
        duckdb: Version that wrote it: an older one may not read it.
        tables: What it holds.
    """

    file: str
    bytes: int
    sha256: str
    duckdb: str
    tables: tuple[CopiedTable, ...]


class EvidenceEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one commit says about one evidence item. Counts are of this commit only and add up over entries.

    Args:
        number: Number of the item in the case, from 1.
        path: As the user gave it.
        member: Path inside archives, "" for the file itself.
        size: Bytes of the file on disk.
        sha256: Hash of the file on disk.
        stream_size: Bytes after decompression.
        stream_sha256: Hash of the decompressed bytes.
        modified_at: The file's modification time, ISO 8601 UTC.
        shape: What the decoder recognised.
        read: Records read.
        stored: Of these, rows that were new.
        duplicate: Of these, rows the case had already.
        rejected: Of these, records that could not be decoded.
        through: Every byte of the stream before this one is committed.
        complete: The whole stream is committed.
        same_as: The item whose stream has the same bytes; 0 for none. Its records all count as duplicates.
        notes: What the reader should know about the item.
    """

    number: int
    path: str
    member: str
    size: int
    sha256: str
    stream_size: int
    stream_sha256: str
    modified_at: str
    shape: str = ""
    read: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0
    through: int = 0
    complete: bool = False
    same_as: int = 0
    notes: tuple[str, ...] = ()


class PassedOver(msgspec.Struct, frozen=True):
    """A file or archive member that could not be read."""

    path: str
    member: str
    reason: str


class KeptFunction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A KQL function that the case keeps from this entry on, or no longer.

    Args:
        name: What queries call it.
        parameters: As KQL writes them, without the parentheses.
        body: The KQL text.
        source: The file it came from.
        sha256: Hash of that file.
        removed: It is no longer a function of the case.
    """

    name: str
    parameters: str = ""
    body: str = ""
    source: str = ""
    sha256: str = ""
    removed: bool = False


class KeptWatchlist(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A watchlist that the case keeps from this entry on, or no longer.

    Args:
        alias: What `_GetWatchlist` calls it.
        key: The column that is its search key.
        columns: Its columns.
        rows: How many.
        file: Path of the copy inside the case folder, with "/".
        bytes: Size of the file.
        sha256: Its hash.
        source: The file it was copied from.
        removed: It is no longer a watchlist of the case; the copy stays.
    """

    alias: str
    key: str = ""
    columns: tuple[str, ...] = ()
    rows: int = 0
    file: str = ""
    bytes: int = 0
    sha256: str = ""
    source: str = ""
    removed: bool = False


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One ledger entry.

    Args:
        number: Position, from 1, without gaps.
        previous: SHA-256 of the file of the entry before.
        at: When, ISO 8601 UTC.
        by: Who: user@host.
        keywitness: Version that wrote it.
        action: What was done, in words.
        details: More about it, by name.
        evidence: Items this commit adds to or completes.
        added: Segments this commit makes part of the case.
        removed: Files that segments of `added` replace.
        copies: Read copies made.
        passed_over: Files and members that could not be read.
        functions: Functions added or removed.
        watchlists: Watchlists added or removed.
    """

    number: int
    previous: str
    at: str
    by: str
    keywitness: str
    action: str
    details: dict[str, str | int] = {}
    evidence: tuple[EvidenceEntry, ...] = ()
    added: tuple[Segment, ...] = ()
    removed: tuple[str, ...] = ()
    copies: tuple[ReadCopy, ...] = ()
    passed_over: tuple[PassedOver, ...] = ()
    functions: tuple[KeptFunction, ...] = ()
    watchlists: tuple[KeptWatchlist, ...] = ()


class Head(msgspec.Struct, frozen=True):
    """What is written down of the newest entry.

    Args:
        number: The entry.
        sha256: Hash of its file.
    """

    number: int
    sha256: str

    def differs(self, hashes: Sequence[str]) -> str:
        """What is wrong with entries of these hashes, from the first on; empty when they hold this one.

        After a kill the newest entry may be one that is not written down yet.
        """
        if self.number > len(hashes):
            return f"entry {self.number} is missing: it was the newest one written down"
        if hashes[self.number - 1] != self.sha256:
            return f"it was changed: its hash was written down as {self.sha256[:16]}"
        return ""


class Ledger:
    """The entries in one folder.

    Args:
        folder: The ledger folder; missing means empty.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self) -> tuple[tuple[Entry, ...], str]:
        """All entries in order, and the SHA-256 of the last one: the head.

        Raises:
            CaseDamagedError: If an entry is missing, unreadable, or not the one its successor names.
        """
        newest = self.newest()
        head, entries = GENESIS, []
        hashes: list[str] = []
        for number, path in enumerate(self.files(), start=1):
            content = path.read_bytes()
            entry = decode(content, path)
            if path.name != file_name(number) or entry.number != number:
                raise _damaged(path, f"entry {number} was expected here")
            if entry.previous != head:
                raise _damaged(path, f"entry {number} names another predecessor than the entry {number - 1} found here")
            head = hashlib.sha256(content).hexdigest()
            hashes.append(head)
            entries.append(entry)
        if newest is not None and (difference := newest.differs(hashes)):
            raise _damaged(self.folder / file_name(newest.number), difference)
        return tuple(entries), head

    def newest(self) -> Head | None:
        """What is written down of the newest entry; None without it. To be asked before the entries are listed: a
        writer may add some meanwhile.

        Raises:
            CaseDamagedError: If it cannot be read.
        """
        try:
            return msgspec.json.decode(self._head_file.read_bytes(), type=Head)
        except FileNotFoundError:
            return None
        except msgspec.DecodeError as error:
            raise _damaged(self._head_file, f"it cannot be read: {error}") from error

    @property
    def _head_file(self) -> Path:
        return self.folder.with_name(HEAD_FILE)

    def files(self) -> list[Path]:
        """The files of the entries, in order."""
        try:
            names = [p for p in self.folder.iterdir() if not p.name.startswith(UNFINISHED_PREFIX)]
        except FileNotFoundError:
            return []
        return sorted(names)

    def facts(self) -> tuple[tuple[str, ...], int, int]:
        """The entries' names, and time of change and size of the head: equal while nobody appended.

        An entry never changes, so that of ten thousand none needs to be looked at before each query.
        """
        try:
            with os.scandir(self.folder) as found:
                names = tuple(sorted(e.name for e in found if not e.name.startswith(UNFINISHED_PREFIX)))
        except FileNotFoundError:
            names = ()
        try:
            head = self._head_file.stat()
        except FileNotFoundError:
            return names, 0, 0
        return names, head.st_mtime_ns, head.st_size

    def append(self, entry: Entry) -> str:
        """Commit: write the entry durably under the next number.

        Returns:
            The new head.

        Raises:
            CaseBusyError: If another writer took the number.
            StorageFullError: If the disk is full.
        """
        content = msgspec.json.encode(entry) + b"\n"
        with storage_errors(self.folder):
            self.folder.mkdir(exist_ok=True)
        sha256 = hashlib.sha256(content).hexdigest()
        head = msgspec.json.encode(Head(entry.number, sha256)) + b"\n"
        try:
            with replacing(self._head_file, head) as put_head:
                write_new(self.folder / file_name(entry.number), content)
                put_head()
        except FileExistsError:
            raise CaseBusyError(
                f"another process committed entry {entry.number} of {self.folder.parent}",
                help="run the same command again",
                effect="this commit was not made",
            ) from None
        return sha256


def decode(content: bytes, path: Path) -> Entry:
    """Read one entry; `path` is for the message."""
    try:
        return msgspec.json.decode(content, type=Entry)
    except msgspec.DecodeError as error:
        raise _damaged(path, f"it cannot be read: {error}") from error


def file_name(number: int) -> str:
    return f"{number:08d}.json"


def now() -> str:
    """The time an entry carries."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def operator() -> str:
    """Who is at work: user@host."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container user without a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"


def next_entry(entries_before: int, head: str, action: str, *, by: str | None = None, **content: object) -> Entry:
    """The entry that follows `head`, with who, when and version filled in."""
    return Entry(
        number=entries_before + 1,
        previous=head,
        at=now(),
        by=by or operator(),
        keywitness=__version__,
        action=action,
        **content,  # type: ignore[arg-type]
    )


def _damaged(path: Path, cause: str) -> CaseDamagedError:
    return CaseDamagedError(
        f"the ledger is damaged at {path.name}: {cause}",
        help="`keywitness verify CASE` names everything that changed; restore the file from a copy of the case",
        effect="the case was not opened: without its ledger nothing in it is proven",
    )
