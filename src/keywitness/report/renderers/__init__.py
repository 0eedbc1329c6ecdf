"""The forms of a report. A new one is a module here with a `RENDERER`, and its place in `RENDERERS`."""

from __future__ import annotations

from keywitness.report.renderer import Renderer
from keywitness.report.renderers.csv import EXPOSURE, FINDINGS
from keywitness.report.renderers.html import RENDERER as HTML
from keywitness.report.renderers.json import RENDERER as JSON
from keywitness.report.renderers.text import RENDERER as TEXT

RENDERERS: dict[str, Renderer] = {renderer.name: renderer for renderer in (HTML, JSON, TEXT, EXPOSURE, FINDINGS)}
