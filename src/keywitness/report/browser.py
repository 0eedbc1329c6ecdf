"""A headless Chromium of this machine: the report on paper is what it prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from keywitness.errors import ReportFormError

#: Under these names Chromium and Chrome are installed.
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
#: No window, no network of its own, nothing of the user's profile.
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_PATIENCE = 180.0


def find() -> str | None:
    """The browser's program, None when there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def require() -> str:
    """The browser's program.

    Raises:
        ReportFormError: If there is none.
    """
    program = find()
    if program is None:
        raise ReportFormError(
            "there is no Chromium or Chrome on this machine, and PDF is what it prints",
            help="install one (apt-get install chromium), or open report.html elsewhere and print it",
        )
    return program


def print_to_pdf(page: bytes) -> bytes:
    """A page as PDF, in the size of paper that its style says.

    Raises:
        ReportFormError: If there is no browser, or it prints nothing.
    """
    program = require()
    with tempfile.TemporaryDirectory(prefix="keywitness-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder, "report.html"), Path(folder, "report.pdf")
        source.write_bytes(page)
        command = [program, *FLAGS, f"--user-data-dir={folder}/profile", "--no-pdf-header-footer"]
        command += ["--no-sandbox"] if os.geteuid() == 0 else []  # it has none for root
        command += [f"--print-to-pdf={target}", source.as_uri()]
        try:
            ended = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)
        except subprocess.TimeoutExpired as error:
            raise ReportFormError(
                f"{program} did not print the report within {_PATIENCE:.0f} s",
                help="open report.html in a browser and print it",
            ) from error
        if not target.is_file():
            words = ended.stderr.decode("utf-8", "replace").strip().splitlines() or ["without a word"]
            raise ReportFormError(
                f"{program} printed nothing (exit {ended.returncode}): {words[-1][:200]}",
                help="open report.html in a browser and print it",
            )
        return target.read_bytes()
