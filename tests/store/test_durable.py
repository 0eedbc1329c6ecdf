"""Files that appear whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from keywitness.errors import CaseError, StorageFullError
from keywitness.store.durable import storage_errors, write_new


def test_a_new_file_never_replaces_another(tmp_path: Path) -> None:
    write_new(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", b"second")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a": b"first"}


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", no_links)
    write_new(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a", b"second")
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == {"a": b"first"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_said_as_one(tmp_path: Path, number: int) -> None:
    with pytest.raises(StorageFullError, match="disk is full"), storage_errors(tmp_path):
        raise OSError(number, os.strerror(number))
    with pytest.raises(StorageFullError), storage_errors(tmp_path):
        raise RuntimeError(f"IO Error: Could not write file: {os.strerror(number)}")


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(CaseError, match="cannot be written"), storage_errors(tmp_path):
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path))
