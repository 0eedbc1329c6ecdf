"""Files, archives and their members as hashed streams, hostile ones included."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
import zstandard
from tests.evidence.conftest import found

from keywitness.errors import EvidenceChangedError, EvidenceUnreadableError
from keywitness.evidence.source import Limits, OpenItem, Unreadable, discover, open_items, read_range

TEXT = b'{"a":1}\n' * 1000


def items(path: Path, limits: Limits | None = None) -> dict[str, bytes | str]:
    """Members with their bytes, or with the reason why not."""
    result: dict[str, bytes | str] = {}
    for item in open_items(found(path), limits):
        if isinstance(item, Unreadable):
            result[item.member] = item.reason
        else:
            result[item.member] = b"".join(item.chunks()) if item.damage is None else item.damage
            facts = item.facts()
            if item.damage:
                result[item.member] = item.damage
                continue
            assert facts.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
            assert facts.stream_sha256 == hashlib.sha256(result[item.member]).hexdigest()
            assert facts.stream_size == len(result[item.member])
            assert read_range(facts, 8, 7) == result[item.member][8:15]
    return result


def zipped(members: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return held.getvalue()


def tarred(members: dict[str, bytes], mode: str) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode=mode) as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (TEXT, {"": TEXT}),
        (b"", {"": b""}),
        (gzip.compress(TEXT), {"": TEXT}),
        (gzip.compress(TEXT[:800]) + gzip.compress(TEXT[800:]), {"": TEXT}),
        (zstandard.ZstdCompressor().compress(TEXT), {"": TEXT}),
        (
            zipped({"x.json": TEXT, "y/z.json": b"{}xxxxxxxxxxxxxxx"}),
            {"x.json": TEXT, "y/z.json": b"{}xxxxxxxxxxxxxxx"},
        ),
        (tarred({"x.json": TEXT}, "w"), {"x.json": TEXT}),
        (tarred({"x.json": TEXT, "y": TEXT}, "w:gz"), {"x.json": TEXT, "y": TEXT}),
        (zstandard.ZstdCompressor().compress(tarred({"x": TEXT}, "w")), {"x": TEXT}),
        (zipped({"b.json.gz": gzip.compress(TEXT)}), {"b.json.gz": TEXT}),
        (tarred({"in.zip": zipped({"deep.json": TEXT})}, "w:gz"), {"in.zip/deep.json": TEXT}),
    ],
    ids=lambda value: "content" if isinstance(value, bytes) else "expected",
)
def test_the_container_is_known_by_its_content_whatever_the_name(
    tmp_path: Path, content: bytes, expected: dict[str, bytes]
) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    assert items(path) == expected


def test_names_that_climb_out_of_the_archive_are_labels_and_write_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    folder.mkdir(parents=True)
    path = folder / "evil.zip"
    path.write_bytes(zipped({"../../owned.json": TEXT, "/etc/owned": TEXT}))
    assert items(path) == {"../../owned.json": TEXT, "/etc/owned": TEXT}
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b", "evil.zip"]


def test_two_members_of_one_name_stay_two(tmp_path: Path) -> None:
    path = tmp_path / "t.tar"
    path.write_bytes(tarred({"x": TEXT}, "w")[:-10240] + tarred({"x": TEXT[:80]}, "w"))
    assert set(items(path)) <= {"x", "x#2"}
    held = io.BytesIO()
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(held, "w") as archive:
        archive.writestr("x", TEXT)
        archive.writestr("x", TEXT[:80])
    path.write_bytes(held.getvalue())
    assert items(path) == {"x": TEXT, "x#2": TEXT[:80]}


SMALL = Limits(inflate_ratio=50, inflate_free_bytes=1 << 20)


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(bytes(5 << 20)),
        zstandard.ZstdCompressor().compress(bytes(5 << 20)),
        zipped({"in.gz": gzip.compress(bytes(5 << 20))}),
    ],
    ids=["gzip", "zstd", "gzip in zip"],
)
def test_a_bomb_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bomb"
    path.write_bytes(content)
    (reason,) = items(path, SMALL).values()
    assert "decompression bomb" in str(reason)


def test_a_zip_bomb_is_refused_before_it_is_opened_and_the_rest_loads(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    path.write_bytes(zipped({"bomb": bytes(5 << 20), "good": TEXT}))
    result = items(path, SMALL)
    assert "decompression bomb" in str(result["bomb"])
    assert result["good"] == TEXT


def test_absolute_limits_hold(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(TEXT))
    assert "the limit" in str(items(path, Limits(stream_bytes=100))[""])
    path.write_bytes(zipped({str(i): b"x" for i in range(5)}))
    assert list(items(path, Limits(members=4)).values()) == ["holds more than 4 members"]
    deep = TEXT
    for _ in range(4):
        deep = zipped({"in": deep})
    path.write_bytes(deep)
    (reason,) = items(path, Limits(archive_levels=2)).values()
    assert "nested deeper" in str(reason)


def test_an_encrypted_member_is_said(tmp_path: Path) -> None:
    content = bytearray(zipped({"secret.json": TEXT}))
    content[6] |= 1
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    path = tmp_path / "e.zip"
    path.write_bytes(bytes(content))
    assert "encrypted" in str(items(path)["secret.json"])


@pytest.mark.parametrize("make", [gzip.compress, zstandard.ZstdCompressor().compress])
def test_what_was_readable_of_a_truncated_file_is_given_with_its_damage(tmp_path: Path, make: object) -> None:
    data = os.urandom(600_000)
    path = tmp_path / "cut"
    path.write_bytes(make(data)[:-1000])  # type: ignore[operator]
    (item,) = open_items(found(path))
    assert isinstance(item, OpenItem)
    taken = b"".join(item.chunks())
    assert data.startswith(taken)
    if item.damage is None:  # zstd says nothing about a missing end; the bytes that are there are right
        assert make is not gzip.compress


def test_the_walk_is_sorted_and_survives_link_loops(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "2").write_bytes(b"2")
    (tmp_path / "a").write_bytes(b"1")
    (tmp_path / ".hidden").write_bytes(b"3")
    (tmp_path / "b" / "loop").symlink_to(tmp_path)
    (tmp_path / "c").symlink_to(tmp_path / "a")
    (tmp_path / "gone").symlink_to(tmp_path / "nothing")
    seen = list(discover([tmp_path, tmp_path / "b"]))
    assert [os.path.relpath(f.path, tmp_path) for f in seen] == [".hidden", "a", "b/2", "gone"]
    assert isinstance(seen[-1], Unreadable)
    assert "cannot be read" in seen[-1].reason


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"{}")
    path.chmod(0)
    (only,) = discover([path])
    assert isinstance(only, Unreadable)
    assert "permission" in only.reason


def test_a_name_that_is_no_utf8_is_shown_escaped_and_still_found(tmp_path: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff\xfe.json"))).write_bytes(TEXT)
    (only,) = discover([tmp_path])
    assert only.path.endswith("/\\xff\\xfe.json")
    (item,) = open_items(only)
    assert b"".join(item.chunks()) == TEXT
    assert read_range(item.facts(), 8, 7) == TEXT[8:15]
    item.facts().path.encode()


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (only,) = discover([tmp_path])
    assert only == Unreadable(str(tmp_path / "pipe"), "", "is not a regular file")


def test_a_range_is_refused_when_the_file_has_changed_or_gone_and_found_when_it_moved(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(TEXT)
    (item,) = open_items(found(path))
    assert isinstance(item, OpenItem)
    b"".join(item.chunks())
    facts = item.facts()
    moved = tmp_path / "y"
    path.rename(moved)
    with pytest.raises(EvidenceUnreadableError):
        read_range(facts, 0, 7)
    assert read_range(facts, 0, 7, path=str(moved)) == b'{"a":1}'
    moved.write_bytes(TEXT.replace(b"1", b"2"))
    with pytest.raises(EvidenceChangedError):
        read_range(facts, 0, 7, path=str(moved))
