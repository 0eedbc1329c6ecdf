"""A document to files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile

from keywitness.report.document import Document
from keywitness.report.renderers import RENDERERS


def write_report(document: Document, out_dir: Path, forms: Iterable[str] = ("html", "json")) -> list[Path]:
    """Write the report; a file is whole or not there, also after a crash.

    Args:
        document: The report.
        out_dir: Made when missing.
        forms: Names of renderers.

    Returns:
        The files, in the order of `forms`.

    Raises:
        KeyError: If a form has no renderer.
        OSError: If a file cannot be written.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = []
    for form in forms:
        renderer = RENDERERS[form]
        path = out_dir / renderer.file_name
        _write_whole(path, renderer.render(document))
        paths.append(path)
    return paths


def _write_whole(path: Path, data: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
    temporary.chmod(0o644)
    temporary.replace(path)
