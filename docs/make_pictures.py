"""Make docs/images/report.png from a report: `python docs/make_pictures.py demo/report/report.html`.

The top of the page, 1280 wide, as Chromium shows it, with 256 colours, so that the file stays small.
"""

from __future__ import annotations

import argparse
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keywitness.report.browser import FLAGS, require

IMAGES = Path(__file__).parent / "images"
WIDTH, HEIGHT = 1280, 1500
MOST_BYTES = 300_000
Pixels = NDArray[np.uint8]


def screenshot(page: Path, height: int, dark: bool) -> bytes:
    """PNG of the top of a page."""
    program = require()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        picture = Path(folder) / "page.png"
        command = [
            program,
            *FLAGS,
            "--no-sandbox",
            f"--user-data-dir={folder}/profile",
            f"--window-size={WIDTH},{height}",
        ]
        command += ["--blink-settings=preferredColorScheme=0"] if dark else []
        command += [f"--screenshot={picture}", page.resolve().as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return picture.read_bytes()


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """The parts of a PNG: kind and content."""
    found, place = [], 8
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        found.append((png[place + 4 : place + 8], png[place + 8 : place + 8 + length]))
        place += 12 + length
    return found


def pixels(png: bytes) -> Pixels:
    """Height x width x 3 of a PNG with 8 bits a channel and no interlace, which is what Chromium writes."""
    parts = chunks(png)
    width, height, depth, kind, _, _, interlace = struct.unpack(">IIBBBBB", parts[0][1])
    if depth != 8 or kind not in (2, 6) or interlace:
        sys.exit("the browser wrote a PNG of an unknown form")
    size = 3 if kind == 2 else 4
    raw = zlib.decompress(b"".join(content for name, content in parts if name == b"IDAT"))
    lines = np.frombuffer(raw, np.uint8).reshape(height, 1 + width * size)
    image = np.zeros((height, width, size), np.uint8)
    above: Pixels = np.zeros((width, size), np.uint8)
    for number, line in enumerate(lines):
        above = unfilter(int(line[0]), line[1:].reshape(width, size), above)
        image[number] = above
    return image[:, :, :3]


def unfilter(method: int, line: Pixels, above: Pixels) -> Pixels:
    """One line of pixels from its PNG filter (PNG specification, section 9)."""
    if method == 0:
        return line
    if method == 1:
        return np.cumsum(line, axis=0, dtype=np.uint8)
    if method == 2:
        return line + above
    plain = np.zeros_like(line)
    left = np.zeros(line.shape[1], np.int16)
    corner = np.zeros(line.shape[1], np.int16)
    for index, (delta, up) in enumerate(zip(line.astype(np.int16), above.astype(np.int16), strict=True)):
        if method == 3:
            guess = (left + up) // 2
        else:
            estimate = left + up - corner
            a, b, c = abs(estimate - left), abs(estimate - up), abs(estimate - corner)
            guess = np.where((a <= b) & (a <= c), left, np.where(b <= c, up, corner))
        left, corner = (delta + guess) % 256, up
        plain[index] = left
    return plain


def small_png(image: Pixels, colours: int = 256) -> bytes:
    """The picture with the most frequent colours; others take the nearest of them."""
    height, width, _ = image.shape
    wide = image.astype(np.uint32)
    packed = (wide[:, :, 0] << 16) | (wide[:, :, 1] << 8) | wide[:, :, 2]
    found, places, counts = np.unique(packed, return_inverse=True, return_counts=True)
    kept = np.sort(found[np.argsort(-counts, kind="stable")[:colours]])
    parts = np.stack([kept >> 16, kept >> 8 & 255, kept & 255], axis=1).astype(np.int32)
    every = np.stack([found >> 16, found >> 8 & 255, found & 255], axis=1).astype(np.int32)
    nearest = np.array([np.argmin(((parts - colour) ** 2).sum(axis=1)) for colour in every], np.uint8)
    indices = nearest[places.reshape(height, width)]
    lines = np.concatenate([np.zeros((height, 1), np.uint8), indices], axis=1)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    body = [(b"IHDR", header), (b"PLTE", parts.astype(np.uint8).tobytes())]
    body += [(b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        for kind, content in body
    )


def main() -> None:
    """Write the picture, and refuse one that is too large for a repository."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("report", type=Path, help="a report.html")
    arguments.add_argument("--out", type=Path, default=IMAGES / "report.png")
    arguments.add_argument("--height", type=int, default=HEIGHT)
    arguments.add_argument("--dark", action="store_true")
    given = arguments.parse_args()
    picture = small_png(pixels(screenshot(given.report, given.height, given.dark)))
    if len(picture) > MOST_BYTES:
        sys.exit(f"{len(picture):,} bytes are more than {MOST_BYTES:,}; try a smaller --height")
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_bytes(picture)
    print(f"{given.out}: {len(picture):,} bytes")


if __name__ == "__main__":
    main()
