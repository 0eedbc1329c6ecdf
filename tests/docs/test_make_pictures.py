"""The picture of the README: the script reads what browsers write, with every filter of PNG."""

from __future__ import annotations

import importlib.util
import struct
import zlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pictures() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_pictures", ROOT / "docs" / "make_pictures.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def png(kind: int, channels: int, lines: list[bytes]) -> bytes:
    """A PNG of lines that are filtered already."""
    header = struct.pack(">IIBBBBB", (len(lines[0]) - 1) // channels, len(lines), 8, kind, 0, 0, 0)
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(b"".join(lines))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(c)) + k + c + b"\0\0\0\0" for k, c in parts)


def filtered(image: np.ndarray, method: int) -> list[bytes]:
    """Lines of an image, filtered as the PNG specification says."""
    lines = []
    wide = image.astype(int)
    for y, line in enumerate(wide):
        above = wide[y - 1] if y else np.zeros_like(line)
        left = np.vstack([np.zeros_like(line[:1]), line[:-1]])
        corner = np.vstack([np.zeros_like(line[:1]), above[:-1]])
        estimate = left + above - corner
        near = [abs(estimate - other) for other in (left, above, corner)]
        paeth = np.where((near[0] <= near[1]) & (near[0] <= near[2]), left, np.where(near[1] <= near[2], above, corner))
        guess = (0, left, above, (left + above) // 2, paeth)[method]
        lines.append(bytes([method]) + ((line - guess) % 256).astype(np.uint8).tobytes())
    return lines


@pytest.mark.parametrize("method", range(5))
@pytest.mark.parametrize(("kind", "channels"), [(2, 3), (6, 4)])
def test_every_filter_is_undone(pictures, method, kind, channels):
    image = np.random.default_rng(7).integers(0, 256, (9, 11, channels), dtype=np.uint8)
    assert np.array_equal(pictures.pixels(png(kind, channels, filtered(image, method))), image[:, :, :3])


def test_the_small_picture_keeps_its_colours(pictures):
    image = np.zeros((20, 30, 3), np.uint8)
    image[5:10, :, 0] = 200
    image[12:, 7:] = (10, 20, 30)
    parts = dict(pictures.chunks(pictures.small_png(image)))
    palette = np.frombuffer(parts[b"PLTE"], np.uint8).reshape(-1, 3)
    lines = np.frombuffer(zlib.decompress(parts[b"IDAT"]), np.uint8).reshape(20, 31)
    assert np.array_equal(palette[lines[:, 1:]], image)
    assert not lines[:, 0].any()


def test_many_colours_become_256(pictures):
    image = np.random.default_rng(7).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    parts = dict(pictures.chunks(pictures.small_png(image)))
    assert len(parts[b"PLTE"]) == 256 * 3
