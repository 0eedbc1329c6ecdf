"""Folders: every file below, sorted, each once. Does not show: files that the user may not list."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from keywitness.evidence.source import Found, Unreadable


def walk(paths: Iterable[str | Path]) -> Iterator[Found | Unreadable]:
    """Files below the paths. A folder or file reached a second time (a link loop) is passed over silently."""
    seen: set[tuple[int, int]] = set()
    for path in paths:
        yield from _walk(Path(path), shown(str(path)), seen)


def describe(path: Path, name: str) -> Found | Unreadable:
    """The facts of one file."""
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            return Unreadable(name, "", "is not a regular file")
        if not os.access(path, os.R_OK):
            return Unreadable(name, "", "may not be read: permission denied")
    except OSError as error:
        return Unreadable(name, "", f"cannot be read: {error.strerror or error}")
    modified = datetime.fromtimestamp(facts.st_mtime, UTC).isoformat().replace("+00:00", "Z")
    return Found(name, facts.st_size, modified)


def shown(name: str) -> str:
    r"""A file name as text that every file and terminal can hold: bytes that are no UTF-8 become `\xff`."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def real(name: str) -> Path:
    """The file of a shown name."""
    path = Path(name)
    if "\\x" not in name or os.path.lexists(path):
        return path
    octets = re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes.fromhex(match[1].decode()), name.encode())
    return Path(os.fsdecode(octets))


def _walk(path: Path, name: str, seen: set[tuple[int, int]]) -> Iterator[Found | Unreadable]:
    try:
        facts = path.stat()
    except OSError as error:
        yield Unreadable(name, "", f"cannot be read: {error.strerror or error}")
        return
    identity = (facts.st_dev, facts.st_ino)
    if identity in seen:
        return
    seen.add(identity)
    if not stat.S_ISDIR(facts.st_mode):
        yield describe(path, name)
        return
    try:
        names = sorted(child.name for child in path.iterdir())
    except OSError as error:
        yield Unreadable(name, "", f"cannot be listed: {error.strerror or error}")
        return
    for child in names:
        place = os.path.join(name, shown(child))  # noqa: PTH118  keeps the path as given
        yield from _walk(path / child, place, seen)
