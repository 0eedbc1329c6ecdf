"""A finding: one row of a rule's result, with its entities, its sentence and the source rows behind it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from keywitness.detect.rule import SEVERITIES, Rule

#: Values of one column that a sentence names before it says how many more there are.
NAMED = 5

_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*(?::\s*([^{}]+?)\s*)?\}\}")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found.

    Args:
        id: From rule, entities and first time: the same evidence gives the same id.
        severity: high, medium, low or informational; a rule may decide it row by row, and so
        confidence: high, medium or low.
        identity_ids: Object ids of the callers, for joins; `identities` is how people name them.
        rows: References of all source rows, in no order.
        values: The whole result row.
        runs: In how many runs of a schedule it was found.
    """

    id: str
    rule: Rule
    severity: str
    confidence: str
    title: str
    what: str
    identities: tuple[str, ...]
    identity_ids: tuple[str, ...]
    addresses: tuple[str, ...]
    applications: tuple[str, ...]
    vaults: tuple[str, ...]
    objects: tuple[str, ...]
    first_at: str
    last_at: str
    query: str
    rows: tuple[str, ...]
    values: Mapping[str, Any]
    runs: int = 1


def finding(rule: Rule, query: str, row: Mapping[str, Any], seen_at: str = "") -> Finding:
    """Make a finding of one result row.

    Our rules name their entity columns Identities, Addresses, Applications, Vaults, Objects, FirstAt, LastAt and Rows
    (one value or an array each); rules without them are read through their entity mappings.

    Args:
        seen_at: When the rule ran: the time of a row that has none.
    """
    mapped = _mapped(rule, row)
    identities = texts(row.get("Identities")) or mapped["Account"]
    addresses = texts(row.get("Addresses")) or mapped["IP"]
    vaults, objects = texts(row.get("Vaults")), texts(row.get("Objects"))
    ids = texts(row.get("CallerId"))
    first = (
        moment(row.get("FirstAt", row.get("StartTimeUtc", row.get("TimeGenerated", row.get("timestamp"))))) or seen_at
    )
    last = moment(row.get("LastAt", row.get("EndTimeUtc"))) or first
    override = rule.alert_details_override
    title = rule.keywitness.title or override.alert_display_name_format or rule.name
    what = rule.keywitness.what or override.alert_description_format or rule.description.strip()
    severity = str(row.get(override.alert_severity_column_name or "Severity") or "").lower()
    confidence = str(row.get("Confidence") or "").lower()
    key = "\x1f".join(
        [rule.id, *sorted(ids or identities), *sorted(addresses), *sorted(vaults), *sorted(objects), first]
    )
    return Finding(
        id="F-" + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12],
        rule=rule,
        severity=severity if severity in SEVERITIES else rule.severity.lower(),
        confidence=confidence if confidence in SEVERITIES[:3] else rule.keywitness.confidence,
        title=filled(title, row),
        what=filled(what, row),
        identities=identities,
        identity_ids=ids,
        addresses=addresses,
        applications=texts(row.get("Applications")),
        vaults=vaults,
        objects=objects,
        first_at=first,
        last_at=last,
        query=query,
        rows=texts(row.get("Rows")),
        values=row,
    )


def _mapped(rule: Rule, row: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {"Account": [], "IP": []}
    for entity in rule.entity_mappings or ():
        for field in entity.field_mappings:
            found.setdefault(entity.entity_type, []).extend(texts(row.get(field.column_name)))
    return {kind: tuple(dict.fromkeys(values)) for kind, values in found.items()}


def filled(template: str, row: Mapping[str, Any]) -> str:
    """The template with `{{Column}}` replaced by the row's value; an unknown column stays as it is.

    `{{Column:noun}}` gives a number with its noun. Values are data of the evidence: renderers must escape the result.

    Example:
        >>> filled("{{Who}}: {{Reads:read}}", {"Who": "a", "Reads": 2})
        'a: 2 reads'
    """

    def value(match: re.Match[str]) -> str:
        name, noun = match.groups()
        if name not in row:
            return match.group()
        text = worded(row[name])
        return f"{text} {noun}{'' if text == '1' else 's'}" if noun else text

    return _PLACEHOLDER.sub(value, template)


def worded(value: Any) -> str:
    """A cell as words: arrays joined, long ones cut with their number said."""
    if isinstance(value, (list, tuple)):
        names = sorted(texts(value))
        if len(names) > NAMED:
            return ", ".join(names[:NAMED]) + f" and {len(names) - NAMED} more"
        return ", ".join(names) or "-"
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "-" if value is None or value == "" else str(value)


def texts(value: Any) -> tuple[str, ...]:
    """The values of a cell that holds one or an array, without empty ones and doubles, in order."""
    many: Sequence[Any] = value if isinstance(value, (list, tuple)) else [value]
    return tuple(dict.fromkeys(str(v) for v in many if v is not None and v != ""))


def moment(value: Any) -> str:
    """A time as ISO 8601 UTC with `Z`; empty for none."""
    if value is None or value == "":
        return ""
    if isinstance(value, datetime):
        utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return utc.strftime("%Y-%m-%dT%H:%M:%S.%f") + "Z"
    return str(value)
