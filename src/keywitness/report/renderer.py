"""The contract of a renderer: it receives the frozen document, returns bytes, and does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from keywitness.report.document import Document


@dataclass(frozen=True, slots=True)
class Renderer:
    """One form of the report.

    Args:
        name: What the user calls it, such as "html".
        file_name: The file that `write_report` makes of it.
        render: Document to UTF-8 bytes. The same document always gives the same bytes: no clock, no machine, no
            random number; nothing is read but templates and content of this package. Only PDF asks a browser.
        require: Raises where this machine cannot make the form, so that nobody waits for what will fail.
    """

    name: str
    file_name: str
    render: Callable[[Document], bytes]
    require: Callable[[], object] | None = None
