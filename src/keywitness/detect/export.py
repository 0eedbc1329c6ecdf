"""Rules for a workspace: Sentinel's YAML, and an ARM template that deploys them.

The query is written out whole (functions it calls, parameters as `let`), so that it runs in a workspace that knows
nothing of keywitness. References to rows of a case become Log Analytics' own `_ItemId`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import msgspec
import yaml

from keywitness.detect.rule import Rule, iso_span, span
from keywitness.errors import RuleError

#: Longest query of an analytics rule (learn.microsoft.com/azure/sentinel/sentinel-service-limits).
LONGEST_QUERY = 10_000
_TRIGGERS = {"gt": "GreaterThan", "lt": "LessThan", "eq": "Equal", "ne": "NotEqual"}
_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_API = "2023-12-01-preview"
#: What a rule without a schedule of its own gets: once a day, over the longest period that Sentinel allows.
_DAILY, _LONGEST = timedelta(days=1), timedelta(days=14)
_KEYS = (
    *("id", "name", "description", "severity", "status", "requiredDataConnectors", "queryFrequency", "queryPeriod"),
    *("triggerOperator", "triggerThreshold", "tactics", "relevantTechniques", "query", "entityMappings"),
    *("customDetails", "alertDetailsOverride", "eventGroupingSettings", "incidentConfiguration", "version", "kind"),
)


def workspace_query(rule: Rule) -> str:
    """The query as a workspace runs it.

    Raises:
        RuleError: It is longer than Sentinel takes.
    """
    text = re.sub(r"\b_Row\b", "_ItemId", rule.bound())
    lines = [line.rstrip() for line in text.splitlines() if line.strip() and not line.strip().startswith("//")]
    text = "\n".join(lines)
    if len(text) > LONGEST_QUERY:
        text = "\n".join(line.strip() for line in lines)
    if len(text) > LONGEST_QUERY:
        raise RuleError(
            f"rule {rule.slug} is {len(text):,} characters long, Sentinel takes {LONGEST_QUERY:,}",
            help="save its functions in the workspace and export the rule as it is",
            effect="this rule was not exported",
        )
    return text + "\n"


def sentinel_yaml(rule: Rule) -> str:
    """The rule as Sentinel's repositories keep it."""
    every, period = _schedule(rule)
    content = _plain(rule) | {"query": workspace_query(rule)}
    content |= {"queryFrequency": _short(every), "queryPeriod": _short(period)}
    ordered = {key: content[key] for key in _KEYS if content.get(key) not in (None, "", [], {})}
    return yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)


def arm_template(rules: Sequence[Rule]) -> dict[str, Any]:
    """One template with every rule, for `az deployment group create --parameters workspace=NAME`."""
    return {
        "$schema": _SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {"workspace": {"type": "string", "metadata": {"description": "Log Analytics workspace"}}},
        "resources": [_resource(rule) for rule in rules],
    }


def _resource(rule: Rule) -> dict[str, Any]:
    every, period = _schedule(rule)
    plain = _plain(rule)
    techniques = sorted({t.partition(".")[0] for t in rule.relevant_techniques})
    properties = {
        "displayName": rule.name,
        "description": rule.description.strip(),
        "severity": rule.severity.capitalize(),
        "enabled": True,
        "query": workspace_query(rule),
        "queryFrequency": iso_span(every),
        "queryPeriod": iso_span(period),
        "triggerOperator": _TRIGGERS.get(rule.trigger_operator.lower(), "GreaterThan"),
        "triggerThreshold": rule.trigger_threshold,
        "suppressionDuration": "PT5H",
        "suppressionEnabled": rule.suppression_enabled,
        "tactics": list(rule.tactics),
        "techniques": techniques,
        "subTechniques": sorted(t for t in rule.relevant_techniques if "." in t),
        "entityMappings": plain.get("entityMappings") or None,
        "customDetails": plain.get("customDetails") or None,
        "alertDetailsOverride": {k: v for k, v in (plain.get("alertDetailsOverride") or {}).items() if v} or None,
        "eventGroupingSettings": rule.event_grouping_settings or {"aggregationKind": "AlertPerResult"},
        "templateVersion": rule.version,
    }
    return {
        "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
        "name": f"[concat(parameters('workspace'),'/Microsoft.SecurityInsights/{rule.id}')]",
        "apiVersion": _API,
        "kind": "Scheduled",
        "properties": {key: value for key, value in properties.items() if value is not None},
    }


def _schedule(rule: Rule) -> tuple[timedelta, timedelta]:
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


def _plain(rule: Rule) -> dict[str, Any]:
    """The rule's own keys as YAML has them, without ours."""
    made: dict[str, Any] = msgspec.to_builtins(rule)
    made.pop("keywitness", None)
    return made


class _Dumper(yaml.SafeDumper):
    """Queries and descriptions as block text."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)
