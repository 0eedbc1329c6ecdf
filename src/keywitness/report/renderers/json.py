"""`report.json`: the document itself."""

from __future__ import annotations

from keywitness.report.renderer import Renderer
from keywitness.report.saved import encode, load

__all__ = ["RENDERER", "load"]

RENDERER = Renderer(name="json", file_name="report.json", render=encode)
