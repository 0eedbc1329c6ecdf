"""Where things are in a case folder, and what makes a folder a case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from keywitness.errors import CaseDamagedError, CaseError, CaseNotFoundError, CaseTooNewError
from keywitness.store.durable import UNFINISHED_PREFIX, storage_errors, write_new

#: Raised when an older keywitness would misread a case of this one.
FORMAT_VERSION = 1

_UNSAFE = re.compile(r"[^A-Za-z0-9_]")


class CaseFile(msgspec.Struct, frozen=True, kw_only=True):
    """The content of `case.json`, written once."""

    format: int
    case_id: str
    created_at: str
    keywitness: str


@dataclass(frozen=True, slots=True)
class Layout:
    """The places inside one case folder."""

    root: Path

    @property
    def case_file(self) -> Path:
        return self.root / "case.json"

    @property
    def ledger(self) -> Path:
        """Commit log and custody log in one: `00000001.json` and following."""
        return self.root / "ledger"

    @property
    def segments(self) -> Path:
        """Parquet files, one folder per table."""
        return self.root / "segments"

    @property
    def cache(self) -> Path:
        """What can be made again from the segments; may be deleted at any time."""
        return self.root / "cache"

    @property
    def kept(self) -> Path:
        """Copies of watchlists, named by their hash."""
        return self.root / "kept"

    @property
    def scratch(self) -> Path:
        """Where a writer spills; empty when none runs."""
        return self.root / "scratch"

    @property
    def lock(self) -> Path:
        return self.root / "writer.lock"


def table_folder(table: str) -> str:
    """A folder name for any table name: readable, safe on every file system, at most 80 characters."""
    return _UNSAFE.sub(lambda m: f"%{ord(m.group()):X}", table)[:80]


def write_case_file(root: Path, content: CaseFile) -> Layout:
    """Make a folder a case.

    Raises:
        CaseError: If the folder holds something else, or is a case already.
        StorageFullError: If the disk is full.
    """
    with storage_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        foreign = next((p.name for p in root.iterdir() if not p.name.startswith(UNFINISHED_PREFIX)), None)
    if foreign is not None:
        what = "is a case already" if (root / "case.json").exists() else f"is not empty and not a case ({foreign})"
        raise CaseError(
            f"{root} {what}", help="choose a new or empty folder for the case", effect="nothing was written"
        )
    layout = Layout(root.resolve())
    write_new(layout.case_file, msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    return layout


def read_case_file(root: Path) -> tuple[Layout, CaseFile]:
    """The layout of an existing case.

    Raises:
        CaseNotFoundError: If the folder is no case.
        CaseTooNewError: If a newer keywitness made it.
        CaseDamagedError: If `case.json` is not readable as one.
    """
    layout = Layout(root.resolve())
    try:
        content = layout.case_file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise CaseNotFoundError(
            f"{root} is not a case: it has no case.json",
            help=f"`keywitness ingest {root} PATH...` makes one from evidence",
        ) from None
    try:
        version = msgspec.json.decode(content, type=_FormatOnly).format
        if version > FORMAT_VERSION:
            raise CaseTooNewError(
                f"{root} has case format {version}; this keywitness knows formats up to {FORMAT_VERSION}",
                help="update keywitness: pip install --upgrade keywitness",
                effect="nothing was read or written",
            )
        return layout, msgspec.json.decode(content, type=CaseFile)
    except msgspec.DecodeError as error:
        raise CaseDamagedError(
            f"{layout.case_file} is damaged: {error}",
            help="restore it from a copy of the case folder",
            effect="the case was not opened",
        ) from error


class _FormatOnly(msgspec.Struct):
    format: int
