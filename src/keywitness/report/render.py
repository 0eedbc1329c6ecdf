"""A document to files."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile

from keywitness.errors import UsageError
from keywitness.report.document import Document
from keywitness.report.renderer import Renderer
from keywitness.report.renderers import FORMS

DEFAULT = ("html", "json")


def chosen(forms: Iterable[str]) -> tuple[str, ...]:
    """The forms that a user named, each once; several in one word are parted by commas.

    Raises:
        UsageError: If one of them is none.
        ReportFormError: If this machine cannot make one of them.

    Example:
        >>> chosen(["stix,csv", "html", "csv"])
        ('stix', 'csv', 'html')
    """
    names = [name.strip().lower() for word in forms for name in word.split(",") if name.strip()]
    for name in names:
        if name not in FORMS:
            raise UsageError(f"a report has no form '{name}'", help=f"give one of {', '.join(FORMS)}")
        for renderer in FORMS[name]:
            if renderer.require is not None:
                renderer.require()
    return tuple(dict.fromkeys(names))


def write_report(document: Document, out_dir: Path, forms: Iterable[str] = DEFAULT) -> list[Path]:
    """Write the report; a file is whole or not there, also after a crash.

    Args:
        document: The report.
        out_dir: Made when missing.
        forms: Names of `FORMS`.

    Returns:
        The files, in the order of `forms`.

    Raises:
        KeyError: If there is no such form.
        OSError: If a file cannot be written.
        ReportFormError: If this machine cannot make a form; those before it are written.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = []
    renderers: dict[str, Renderer] = {one.name: one for form in forms for one in FORMS[form]}
    for renderer in renderers.values():
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
