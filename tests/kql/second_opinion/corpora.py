"""Every KQL text of the project, and the documentation's examples, by a name that leads to its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from keywitness.detect.rule_files import load_rules
from keywitness.model.content import function_names, function_text, with_functions
from keywitness.model.schema import ROW_COLUMN, Column, KqlType, Schema
from keywitness.model.tables import known_table, known_tables

HERE = Path(__file__).parent
ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "kql"
QUERIES = [json.loads(line) for line in (HERE / "queries.jsonl").read_text(encoding="utf-8").splitlines()]

#: The sample table of the documentation, whose columns its pages show.
_STORM_EVENTS = (
    "StartTime:datetime EndTime:datetime EpisodeId:int EventId:int State:string EventType:string InjuriesDirect:int "
    "InjuriesIndirect:int DeathsDirect:int DeathsIndirect:int DamageProperty:int DamageCrops:int Source:string "
    "BeginLocation:string EndLocation:string BeginLat:real BeginLon:real EndLat:real EndLon:real "
    "EpisodeNarrative:string EventNarrative:string StormSummary:dynamic"
)


@cache
def tables() -> dict[str, Schema]:
    """The documented log tables with all columns visible, for the analyser knows no hidden ones, and a sample table."""
    known = {name: known_table(name) or Schema() for name in known_tables()}
    found = {name: Schema(Column(c.name, c.type) for c in (*schema, ROW_COLUMN)) for name, schema in known.items()}
    storms = (pair.split(":") for pair in _STORM_EVENTS.split())
    return found | {"StormEvents": Schema(Column(name, KqlType(type)) for name, type in storms)}


def project() -> Iterator[tuple[str, str]]:
    """Corpus, own queries, rules and functions, and the queries of the how-to pages."""
    for path in sorted((ROOT / "tests" / "kql" / "corpus").rglob("*.kql")):
        yield f"corpus/{path.parent.name}/{path.stem}", path.read_text(encoding="utf-8")
    for number, case in enumerate(QUERIES, start=1):
        yield f"queries.jsonl:{number}", case["query"]
    for rule in load_rules():
        yield f"rule/{rule.slug}", rule.bound()
        if rule.bound_unjudged():
            yield f"rule/{rule.slug}/unjudged", rule.bound_unjudged()
    for name in sorted(function_names()):
        if f"{name} = ()" in function_text(name):  # rules call those with parameters
            yield f"function/{name}", with_functions(f"{name}()")
    for page in sorted(
        p for kind in ("how-to", "tutorial", "explanation") for p in (ROOT / "docs" / kind).glob("*.md")
    ):
        for number, query in enumerate(_asked(page.read_text(encoding="utf-8")), start=1):
            yield f"{page.relative_to(ROOT)}#{number}", with_functions(query)


def _asked(page: str) -> Iterator[str]:
    """The queries of the commands and blocks of a page."""
    for block in re.findall(r"```[a-z]*\n(.*?)```", page, flags=re.DOTALL):
        yield from re.findall(r"keywitness kql \S+ '([^']+)'", block)
    yield from re.findall(r"```(?:kql|kusto)\n(.*?)```", page, flags=re.DOTALL)


def documented() -> Iterator[tuple[str, str]]:
    """Queries of the conformance cases, none where the shared material is not beside the repository."""
    for name in ("docs-visible.jsonl", "emulator-visible.jsonl"):
        path = SHARED / name
        if path.exists():
            for case in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
                yield case["id"], case["query"]
