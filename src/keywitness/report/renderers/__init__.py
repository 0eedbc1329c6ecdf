"""The forms of a report. A new one is a module here with a `RENDERER`, and its place in `RENDERERS`."""

from __future__ import annotations

from keywitness.report.renderer import Renderer
from keywitness.report.renderers import csv, html, json, markdown, navigator, ocsf, pdf, stix, text, timesketch

_MODULES = (html, json, text, markdown, pdf, ocsf, stix, timesketch, navigator)

RENDERERS: dict[str, Renderer] = {
    renderer.name: renderer for renderer in (*(module.RENDERER for module in _MODULES), *csv.RENDERERS)
}

#: What a user may ask for: every renderer by its name, and all tables together.
FORMS: dict[str, tuple[Renderer, ...]] = {name: (renderer,) for name, renderer in RENDERERS.items()} | {
    "csv": csv.RENDERERS
}
