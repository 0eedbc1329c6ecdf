"""ARM templates: rules as the portal exports and deploys them, and the templates that we write.

Facts: learn.microsoft.com/azure/templates/microsoft.securityinsights/alertrules and
.../microsoft.operationalinsights/workspaces/savedsearches; strings in brackets are expressions, a literal one begins
with two (learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from keywitness.detect.export import (
    compact,
    for_workspace,
    plain,
    schedule,
    scheduled,
    short_enough,
    workspace_query,
)
from keywitness.detect.rule import Rule, iso_span, span
from keywitness.errors import RuleError
from keywitness.model.content import function_text, functions_called

_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_RULES_API, _SEARCHES_API = "2023-12-01-preview", "2020-08-01"
_RULE_TYPE = "Microsoft.OperationalInsights/workspaces/providers/alertRules"
_SEARCH_TYPE = "Microsoft.OperationalInsights/workspaces/savedSearches"
_TRIGGERS = {"gt": "GreaterThan", "lt": "LessThan", "eq": "Equal", "ne": "NotEqual"}
_NAMES = {"displayName": "name", "templateVersion": "version"}
#: What the portal writes and a rule has no use for.
_SILENT = frozenset(
    {"enabled", "alertRuleTemplateName", "startTimeUtc", "lastModifiedUtc", "subTechniques", "techniques"}
)
_REFERENCE = re.compile(r"\[\s*(parameters|variables)\(\s*'([^']+)'\s*\)\s*(?:\.(\w+)\s*)?\]")
_FUNCTION = re.compile(r"let\s+(\w+)\s*=\s*\((.*?)\)\s*\{(.*)\};\s*", re.DOTALL)


# ---------------------------------------------------------------- reading


def resources_of(template: Any) -> list[dict[str, Any]] | None:
    """Every resource of a template, also inside others and in templates that it holds; None when it is none.

    Parameters and variables stand in as their values, where they have one.
    """
    if isinstance(template, list):
        return list(_resources(template, {}))
    if not isinstance(template, dict) or not isinstance(template.get("resources"), (list, dict)):
        return None
    return list(_resources_of(template, {}))


def _resources_of(template: Mapping[str, Any], outer: Mapping[tuple[str, str], Any]) -> Iterator[dict[str, Any]]:
    parameters = template.get("parameters") or {}
    scope = dict(outer)
    if isinstance(parameters, dict):
        scope |= {("parameters", n): p.get("defaultValue") for n, p in parameters.items() if isinstance(p, dict)}
    if isinstance(template.get("variables"), dict):
        scope |= {("variables", name): value for name, value in template["variables"].items()}
    made = template.get("resources")
    yield from _resources(list(made.values()) if isinstance(made, dict) else made or (), scope)


def _resources(made: Sequence[Any], scope: Mapping[tuple[str, str], Any]) -> Iterator[dict[str, Any]]:
    for resource in made:
        if not isinstance(resource, dict):
            continue
        yield {key: _resolved(value, scope) for key, value in resource.items() if key != "resources"}
        yield from _resources(resource.get("resources") or (), scope)
        properties = resource.get("properties")
        for held in ("template", "mainTemplate"):
            if isinstance(properties, dict) and isinstance(properties.get(held), dict):
                yield from _resources_of(properties[held], scope)


def _resolved(value: Any, scope: Mapping[tuple[str, str], Any], depth: int = 8) -> Any:
    match value:
        case str():
            found = _REFERENCE.fullmatch(value)
            if found and depth:
                kind, name, part = found.groups()
                meant = scope.get((kind, name))
                meant = meant.get(part) if part and isinstance(meant, dict) else meant
                return value if meant is None else _resolved(meant, scope, depth - 1)
            return value[1:] if value.startswith("[[") and value.endswith("]") else value
        case dict():
            return {k: _resolved(v, scope, depth) for k, v in value.items()}
        case list():
            return [_resolved(v, scope, depth) for v in value]
    return value


def rule_content(resource: Mapping[str, Any]) -> dict[str, Any] | None:
    """The keys of a rule, of an alert rule or a hunting query; None for another resource. `id` may be missing."""
    kind = str(resource.get("type", "")).lower()
    properties = resource.get("properties")
    if not isinstance(properties, dict) or not isinstance(properties.get("query"), str):
        return None
    if kind.endswith("/alertrules"):
        content = {_NAMES.get(str(k), str(k)): v for k, v in properties.items() if k not in _SILENT}
        return content | {
            "kind": resource.get("kind", "Scheduled"),
            "relevantTechniques": _techniques(properties),
        }
    if kind.endswith("/savedsearches") and not properties.get("functionAlias"):
        tags = {str(t.get("name")): t.get("value", "") for t in properties.get("tags") or () if isinstance(t, dict)}
        return {
            "name": str(properties.get("displayName")),
            "query": properties["query"],
            "kind": "Hunting",
            "description": tags.get("description", ""),
            "tactics": _words(tags.get("tactics")),
            "relevantTechniques": _words(tags.get("techniques")),
        }
    return None


def _techniques(properties: Mapping[str, Any]) -> list[str]:
    """Techniques, each only under its own id: sub-techniques stand for their parents."""
    subs = [str(t) for t in properties.get("subTechniques") or ()]
    parents = {t.partition(".")[0] for t in subs}
    return [str(t) for t in properties.get("techniques") or () if t not in parents] + subs


def _words(text: Any) -> list[str]:
    return [word.strip() for word in str(text or "").split(",") if word.strip()]


# ---------------------------------------------------------------- writing


def arm_template(rules: Sequence[Rule]) -> dict[str, Any]:
    """One template with every rule, for `az deployment group create --parameters workspace=NAME`.

    A rule whose whole query is longer than Sentinel takes is deployed after the functions that it calls.

    Raises:
        RuleError: A query is too long even so.
    """
    made = [_resource(rule) for rule in rules]
    needed = dict.fromkeys(name for _, functions in made for name in functions)
    return {
        "$schema": _SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {"workspace": {"type": "string", "metadata": {"description": "Log Analytics workspace"}}},
        "resources": [*(_function(name) for name in needed), *(resource for resource, _ in made)],
    }


def _resource(rule: Rule) -> tuple[dict[str, Any], tuple[str, ...]]:
    """A rule, and the functions that must be there before it."""
    query, functions = _query(rule)
    if rule.kind.lower() == "hunting":
        made = _saved(rule.id, {"category": "Hunt Queries", "displayName": rule.name, "query": query, "version": 2})
        made["properties"]["tags"] = [
            {"name": name, "value": _literal(value)}
            for name, value in (
                ("description", rule.description.strip()),
                ("tactics", ",".join(rule.tactics)),
                ("techniques", ",".join(rule.relevant_techniques)),
            )
            if value
        ]
    else:
        made = {
            "type": _RULE_TYPE,
            "name": f"[concat(parameters('workspace'),'/Microsoft.SecurityInsights/{rule.id}')]",
            "apiVersion": _RULES_API,
            "kind": "NRT" if rule.kind.upper() == "NRT" else "Scheduled",
            "properties": _literal({k: v for k, v in _properties(rule, query).items() if v is not None}),
        }
    if functions:
        made["dependsOn"] = [_reference(name) for name in functions]
    return made, functions


def _query(rule: Rule) -> tuple[str, tuple[str, ...]]:
    try:
        return workspace_query(rule), ()
    except RuleError:
        text = rule.with_parameters()
        return short_enough(rule, compact(for_workspace(text))), functions_called(text)


def _properties(rule: Rule, query: str) -> dict[str, Any]:
    own = plain(rule)
    made: dict[str, Any] = {
        "displayName": rule.name,
        "description": rule.description.strip(),
        "severity": rule.severity.capitalize(),
        "enabled": True,
        "query": query,
        "suppressionDuration": iso_span(span(rule.suppression_duration or "5h")),
        "suppressionEnabled": rule.suppression_enabled,
        "tactics": list(rule.tactics),
        "techniques": sorted({t.partition(".")[0] for t in rule.relevant_techniques}),
        "subTechniques": sorted(t for t in rule.relevant_techniques if "." in t),
        "entityMappings": own["entityMappings"] or None,
        "sentinelEntitiesMappings": own["sentinelEntitiesMappings"] or None,
        "customDetails": own["customDetails"] or None,
        "alertDetailsOverride": own["alertDetailsOverride"] or None,
        "eventGroupingSettings": rule.event_grouping_settings or {"aggregationKind": "AlertPerResult"},
        "incidentConfiguration": _incidents(rule.incident_configuration) or None,
        "templateVersion": rule.version,
    }
    if scheduled(rule):
        every, period = schedule(rule)
        made |= {"queryFrequency": iso_span(every), "queryPeriod": iso_span(period)}
        made["triggerOperator"] = _TRIGGERS.get(rule.trigger_operator.lower(), rule.trigger_operator)
        made["triggerThreshold"] = rule.trigger_threshold
    return made


def _incidents(settings: Mapping[str, Any]) -> dict[str, Any]:
    """How incidents are made, with spans as ARM has them."""
    made = dict(settings)
    grouping = made.get("groupingConfiguration")
    if isinstance(grouping, Mapping) and grouping.get("lookbackDuration"):
        made["groupingConfiguration"] = {**grouping, "lookbackDuration": iso_span(span(grouping["lookbackDuration"]))}
    return made


def _function(name: str) -> dict[str, Any]:
    """One of the functions that rules call, as a function of the workspace."""
    found = _FUNCTION.fullmatch(function_text(name) + "\n")
    if found is None:  # tests/content hold that every function is one let statement
        raise RuleError(f"the function {name} is not one let statement", help="correct content/functions")
    _, parameters, body = found.groups()
    made = _saved(
        f"keywitness-{name.lower()}",
        {
            "category": "keywitness",
            "displayName": name,
            "functionAlias": name,
            "query": compact(for_workspace(body)),
            "version": 2,
        },
    )
    if parameters.strip():
        made["properties"]["functionParameters"] = re.sub(r"\s*:\s*", ":", parameters.strip())
    called = functions_called(body)
    if called:
        made["dependsOn"] = [_reference(other) for other in called]
    return made


def _saved(name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": _SEARCH_TYPE,
        "name": f"[concat(parameters('workspace'),'/{name}')]",
        "apiVersion": _SEARCHES_API,
        "properties": _literal(dict(properties)),
    }


def _reference(function: str) -> str:
    return f"[resourceId('{_SEARCH_TYPE}', parameters('workspace'), 'keywitness-{function.lower()}')]"


def _literal(value: Any) -> Any:
    """A value in which no text is an expression."""
    match value:
        case str():
            return f"[{value}" if value.startswith("[") and value.endswith("]") else value
        case dict():
            return {k: _literal(v) for k, v in value.items()}
        case list() | tuple():
            return [_literal(v) for v in value]
    return value
