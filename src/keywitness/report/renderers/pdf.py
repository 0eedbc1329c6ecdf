"""`report.pdf`: the page on paper, printed by the machine's Chromium.

The times at which the browser printed are replaced by that of the document, so that one browser always gives one file.
"""

from __future__ import annotations

import re

from keywitness.report import instants
from keywitness.report.browser import print_to_pdf, require
from keywitness.report.document import Document
from keywitness.report.renderer import Renderer
from keywitness.report.renderers import html

_TIME = re.compile(rb"(/(?:CreationDate|ModDate) \(D:)\d{14}([^)]*)")


def render(document: Document) -> bytes:
    """The page as PDF.

    Raises:
        ReportFormError: If there is no browser, or it prints nothing.
    """
    made = instants.parse(document.made_at)
    stamp = f"{made:%Y%m%d%H%M%S}".encode() if made else b"19700101000000"
    return _TIME.sub(rb"\g<1>" + stamp + rb"\g<2>", print_to_pdf(html.render(document)))


RENDERER = Renderer(name="pdf", file_name="report.pdf", render=render, require=require)
