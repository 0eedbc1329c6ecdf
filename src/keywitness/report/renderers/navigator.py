"""`navigator.json`: a layer of the ATT&CK Navigator, format 4.5, scored by the number of findings.

The format: github.com/mitre-attack/attack-navigator, layers/spec/v4.5/layerformat.md.
"""

from __future__ import annotations

from typing import Any

from keywitness.report import attack
from keywitness.report.document import Document
from keywitness.report.encoding import json_bytes, known
from keywitness.report.figures import SEVERITIES
from keywitness.report.renderer import Renderer

#: Findings that a comment names; the rest are counted.
_MOST_NAMED = 10
_COLOURS = {"high": "#c0392b", "medium": "#e59a3b", "low": "#8db9dd", "informational": "#c9d1d9"}


def render(document: Document) -> bytes:
    """The layer: one annotation per tactic and technique."""
    columns = attack.matrix(document.findings)
    most = max((len(cell.findings) for column in columns for cell in column.cells), default=1)
    return json_bytes(
        {
            "name": document.title,
            "versions": {"attack": attack.version(), "navigator": "5.2.0", "layer": "4.5"},
            "domain": "enterprise-attack",
            "description": "\n".join(document.summary),
            "sorting": 3,
            "layout": {"layout": "side", "showID": True, "showName": True, "expandedSubtechniques": "annotated"},
            "hideDisabled": False,
            "techniques": [_technique(column.tactic, cell) for column in columns for cell in column.cells],
            "gradient": {"colors": ["#fbe9d7", "#e59a3b", "#c0392b"], "minValue": 0, "maxValue": max(2, most)},
            "legendItems": [{"label": f"worst finding {name}", "color": _COLOURS[name]} for name in SEVERITIES],
            "showTacticRowBackground": False,
            "selectTechniquesAcrossTactics": False,
            "selectSubtechniquesWithParent": False,
            "metadata": _metadata(
                case=document.case,
                made=f"{document.made_at} by {document.made_by}",
                custody_head=document.custody_head,
                findings=str(len(document.findings)),
            ),
        }
    )


RENDERER = Renderer(name="navigator", file_name="navigator.json", render=render)


def _technique(tactic: attack.Tactic, cell: attack.Cell) -> dict[str, Any]:
    named = [f"{one.severity}: {one.title} ({one.id})" for one in cell.findings[:_MOST_NAMED]]
    more = len(cell.findings) - len(named)
    return known(
        techniqueID=cell.technique.id,
        tactic=tactic.slug,
        score=len(cell.findings),
        color=_COLOURS.get(cell.severity, _COLOURS["informational"]),
        comment="\n".join([*named, f"and {more} more"] if more else named),
        enabled=True,
        metadata=_metadata(
            first=min(one.first_at for one in cell.findings),
            last=max(one.last_at for one in cell.findings),
            rules=", ".join(dict.fromkeys(one.rule_id for one in cell.findings)),
        ),
        showSubtechniques="." not in cell.technique.id,
    )


def _metadata(**values: str) -> list[dict[str, str]]:
    return [{"name": name.replace("_", " "), "value": value} for name, value in values.items() if value]
