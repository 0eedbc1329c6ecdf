"""Rules for a workspace, as Sentinel's repositories keep them: YAML (for ARM templates see `arm`).

The query is written out whole (functions it calls, parameters as `let`), so that it runs in a workspace that knows
nothing of keywitness. References to rows of a case become Log Analytics' own `_ItemId`. A query that needs nothing of
ours leaves as it came.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import msgspec
import yaml

from keywitness.detect.rule import Rule, span
from keywitness.errors import RuleError
from keywitness.kql.lexer import tokenize

#: Longest query of an analytics rule (learn.microsoft.com/azure/sentinel/sentinel-service-limits).
LONGEST_QUERY = 10_000
#: What a rule without a schedule of its own gets: once a day, over the longest period that Sentinel allows.
_DAILY, _LONGEST = timedelta(days=1), timedelta(days=14)
#: Tokens that need no blank after them, nor before, but for the comma.
_TIGHT = frozenset({",", "=", "=="})
_KEYS = (
    *("id", "name", "description", "severity", "status", "requiredDataConnectors", "queryFrequency", "queryPeriod"),
    *("triggerOperator", "triggerThreshold", "tactics", "relevantTechniques", "tags", "query", "entityMappings"),
    *("sentinelEntitiesMappings", "customDetails", "alertDetailsOverride", "eventGroupingSettings"),
    *("incidentConfiguration", "suppressionEnabled", "suppressionDuration", "metadata", "version", "kind"),
)
_SCHEDULE = frozenset({"queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"})


def workspace_query(rule: Rule) -> str:
    """The query as a workspace runs it, by itself.

    Raises:
        RuleError: It is longer than Sentinel takes.
    """
    whole = rule.bound()
    if whole == rule.query:
        return short_enough(rule, for_workspace(whole))
    return short_enough(rule, compact(for_workspace(whole)))


def for_workspace(query: str) -> str:
    """A query with the names that Log Analytics has for what a case has."""
    return re.sub(r"\b_Row\b", "_ItemId", query)


def compact(query: str) -> str:
    """A query of ours without comments and empty lines; where it would be too long, also without spare blanks."""
    lines = [line.rstrip() for line in query.splitlines() if line.strip() and not line.strip().startswith("//")]
    text = "\n".join(lines) + "\n"
    return text if len(text) <= LONGEST_QUERY else _squeezed(text)


def _squeezed(text: str) -> str:
    """A query without indents, and without blanks after commas and around `=`.

    Example:
        >>> _squeezed("T | extend A = f(B, 'x, y')")
        "T | extend A=f(B,'x, y')"
    """
    parts: list[str] = []
    before = ""
    end = 0
    for token in tokenize(text).tokens:
        blank = text[end : token.start]
        if "\n" in blank:
            blank = blank.rstrip(" \t")
        elif before in _TIGHT or token.text in _TIGHT - {","}:
            blank = ""
        parts += (blank, text[token.start : token.end])
        before, end = token.text, token.end
    return "".join(parts) + text[end:]


def short_enough(rule: Rule, query: str) -> str:
    """The query.

    Raises:
        RuleError: It is longer than Sentinel takes.
    """
    if len(query) <= LONGEST_QUERY:
        return query
    raise RuleError(
        f"rule {rule.slug} is {len(query):,} characters long, Sentinel takes {LONGEST_QUERY:,}",
        help="--as arm deploys the functions that it calls beside it",
        effect="this rule was not exported",
    )


def sentinel_yaml(rule: Rule) -> str:
    """The rule as Sentinel's repositories keep it.

    Raises:
        RuleError: Its query is longer than Sentinel takes.
    """
    content = plain(rule) | {"query": workspace_query(rule)}
    if scheduled(rule):
        every, period = schedule(rule)
        content |= {"queryFrequency": _short(every), "queryPeriod": _short(period)}
    left_out = frozenset() if scheduled(rule) else _SCHEDULE
    if not rule.suppression_enabled:
        left_out |= {"suppressionEnabled"}
    ordered = {k: content[k] for k in _KEYS if content.get(k) not in (None, "", [], {}) and k not in left_out}
    return yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def scheduled(rule: Rule) -> bool:
    """Whether the rule runs on a schedule: not as events come (NRT), nor by hand (Hunting)."""
    return rule.kind.lower() not in ("nrt", "hunting")


def schedule(rule: Rule) -> tuple[timedelta, timedelta]:
    """How often it runs and how far it looks back, within what Sentinel allows."""
    every = span(rule.query_frequency) if rule.query_frequency else _DAILY
    period = span(rule.query_period) if rule.query_period else _LONGEST
    return every, max(every, min(period, _LONGEST))


def _short(length: timedelta) -> str:
    """The span as YAML rules write it.

    Example:
        >>> _short(timedelta(days=2)), _short(timedelta(minutes=90))
        ('2d', '90m')
    """
    seconds = int(length.total_seconds())
    size, unit = next(
        (size, unit) for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")) if seconds % size == 0
    )
    return f"{seconds // size}{unit}"


def plain(rule: Rule) -> dict[str, Any]:
    """The rule's own keys as YAML has them, without ours, and without what an override leaves empty."""
    made: dict[str, Any] = msgspec.to_builtins(rule)
    made.pop("keywitness", None)
    made["alertDetailsOverride"] = {k: v for k, v in made["alertDetailsOverride"].items() if v}
    return made


class _Dumper(yaml.SafeDumper):
    """Queries and descriptions as block text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)
