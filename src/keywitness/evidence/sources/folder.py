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
        yield from _walk(str(path), shown(str(path)), seen)


def describe(path: Path, name: str) -> Found | Unreadable:
    """The facts of one file."""
    try:
        return _facts(name, path.stat())
    except OSError as error:
        return Unreadable(name, "", f"cannot be read: {error.strerror or error}")


def _facts(name: str, facts: os.stat_result) -> Found | Unreadable:
    if not stat.S_ISREG(facts.st_mode):
        return Unreadable(name, "", "is not a regular file")
    modified = datetime.fromtimestamp(facts.st_mtime, UTC).isoformat().replace("+00:00", "Z")
    return Found(name, facts.st_size, modified)


def shown(name: str) -> str:
    r"""A file name as text that every file and terminal can hold: bytes that are no UTF-8 become `\xff`."""
    return name if name.isascii() else name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def real(name: str) -> Path:
    """The file of a shown name."""
    path = Path(name)
    if "\\x" not in name or os.path.lexists(path):
        return path
    octets = re.sub(rb"\\x([0-9a-f]{2})", lambda match: bytes.fromhex(match[1].decode()), name.encode())
    return Path(os.fsdecode(octets))


def _walk(path: str, name: str, seen: set[tuple[int, int]]) -> Iterator[Found | Unreadable]:
    """Plain strings and one look at each entry: a case may have 100,000 small files."""
    try:
        facts = os.stat(path)  # noqa: PTH116  see above
    except OSError as error:
        yield Unreadable(name, "", f"cannot be read: {error.strerror or error}")
        return
    identity = (facts.st_dev, facts.st_ino)
    if identity in seen:
        return
    seen.add(identity)
    if not stat.S_ISDIR(facts.st_mode):
        yield _facts(name, facts)
        return
    try:
        children = sorted(os.listdir(path))  # noqa: PTH208  see above
    except OSError as error:
        yield Unreadable(name, "", f"cannot be listed: {error.strerror or error}")
        return
    for child in children:
        yield from _walk(f"{path}/{child}", f"{name.rstrip('/')}/{shown(child)}", seen)
