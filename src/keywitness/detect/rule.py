"""A rule: a Sentinel analytics or hunting rule, with what keywitness adds under its own key.

Sentinel's own files load unchanged; then the key `keywitness` is missing and its defaults count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any

import msgspec
import yaml

from keywitness.errors import RuleError
from keywitness.kql.quoting import literal, patterns_regex
from keywitness.model.content import content, with_functions

SEVERITIES = ("high", "medium", "low", "informational")


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Immutable, and a misspelt key is an error."""


class Parameter(Strict, frozen=True):
    """One number, span or list that the query uses by name.

    Args:
        type: long, timespan, string, dynamic, or `patterns` (names with * and ?, given to the query as one regex).
    """

    name: str
    type: str
    default: Any
    meaning: str


class Case(Strict, frozen=True):
    """Records and how many findings they must give; 0 is a near miss. See `proof`.

    Args:
        severity: What each finding's must be; "" for any.
        watchlists: Rows of the watchlists that the case keeps, by alias; the first column is the search key.
    """

    name: str
    findings: int
    records: tuple[dict[str, Any], ...]
    severity: str = ""
    watchlists: dict[str, tuple[dict[str, str], ...]] = {}


class Additions(Strict, frozen=True):
    """What keywitness adds to Sentinel's fields.

    Args:
        taints: What a finding makes suspicious: its `rows`, the whole `session` they stand in, or `none`.
        tables: Tables that the query reads. Without evidence in them the rule does not run.
        needs: `all` of the tables, or `any`.
        ideas: Which ideas of `content/ideas.yaml` it answers.
        history: `whole` when the query is written to see all evidence at once; else its schedule counts.
        unjudged: A query with a column `Note`: who could not be judged, and why.
        fixtures: YAML anchors for the cases; not read.
    """

    slug: str
    confidence: str = "medium"
    title: str = ""
    what: str = ""
    why: str = ""
    taints: str = "rows"
    tables: tuple[str, ...] = ()
    needs: str = "all"
    parameters: tuple[Parameter, ...] = ()
    ideas: tuple[str, ...] = ()
    history: str = ""
    unjudged: str = ""
    false_positives: tuple[str, ...] = ()
    blind_spots: tuple[str, ...] = ()
    response: tuple[str, ...] = ()
    fixtures: tuple[Any, ...] = ()
    cases: tuple[Case, ...] = ()


class DataConnector(msgspec.Struct, frozen=True, rename="camel"):
    connector_id: str
    data_types: tuple[str, ...] = ()


class AlertProperty(msgspec.Struct, frozen=True, rename="camel"):
    alert_property: str
    value: str


class Override(msgspec.Struct, frozen=True, rename="camel"):
    alert_display_name_format: str = ""
    alert_description_format: str = ""
    alert_severity_column_name: str = ""
    alert_tactics_column_name: str = ""
    alert_dynamic_properties: tuple[AlertProperty, ...] = ()


class FieldMapping(msgspec.Struct, frozen=True, rename="camel"):
    identifier: str
    column_name: str


class EntityMapping(msgspec.Struct, frozen=True, rename="camel"):
    entity_type: str
    field_mappings: tuple[FieldMapping, ...]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """One rule as its file says it. Field meanings: Microsoft Sentinel's analytics rule."""

    id: str
    name: str
    query: str
    description: str = ""
    severity: str = "Informational"
    status: str = ""
    required_data_connectors: tuple[DataConnector, ...] = ()
    query_frequency: str = ""
    query_period: str = ""
    trigger_operator: str = "gt"
    trigger_threshold: int = 0
    tactics: tuple[str, ...] = ()
    relevant_techniques: tuple[str, ...] = ()
    tags: tuple[Any, ...] = ()
    entity_mappings: tuple[EntityMapping, ...] | None = None
    sentinel_entities_mappings: tuple[dict[str, str], ...] = ()
    custom_details: dict[str, str] = {}
    alert_details_override: Override = Override()
    event_grouping_settings: dict[str, Any] = {}
    incident_configuration: dict[str, Any] = {}
    suppression_enabled: bool = False
    suppression_duration: str = ""
    metadata: dict[str, Any] = {}
    version: str = "1.0.0"
    kind: str = "Scheduled"
    keywitness: Additions = Additions(slug="")

    @property
    def slug(self) -> str:
        """Short name: ours, else made of the rule's name."""
        return self.keywitness.slug or "-".join("".join(c if c.isalnum() else " " for c in self.name).lower().split())

    def bound(self, values: Mapping[str, Any] | None = None) -> str:
        """The whole query: the functions it calls, its parameters as `let` statements, and its text.

        Args:
            values: Parameters that differ from their defaults, by name.

        Raises:
            RuleError: A value for a parameter that the rule does not have.
        """
        return self._bind(self.query, values)

    def bound_unjudged(self, values: Mapping[str, Any] | None = None) -> str:
        """The query for those who cannot be judged, as `bound`; empty when the rule has none."""
        return self._bind(self.keywitness.unjudged, values) if self.keywitness.unjudged else ""

    def _bind(self, query: str, values: Mapping[str, Any] | None) -> str:
        return with_functions(self._with_parameters(query, values))

    def with_parameters(self) -> str:
        """The query with its parameters in front, without the functions that it calls."""
        return self._with_parameters(self.query, None)

    def _with_parameters(self, query: str, values: Mapping[str, Any] | None) -> str:
        given = dict(values or {})
        lets = [let_statement(p, given.pop(p.name, p.default)) for p in self.keywitness.parameters]
        if given:
            raise RuleError(
                f"rule {self.slug} has no parameter {', '.join(sorted(given))}",
                help="its parameters: " + (", ".join(p.name for p in self.keywitness.parameters) or "none"),
            )
        return "\n".join([*lets, query])


def let_statement(parameter: Parameter, value: Any) -> str:
    """A parameter with its value, as a query has it."""
    match parameter.type:
        case "patterns":
            return f"let {parameter.name} = {literal(patterns_regex(value))};"
        case "timespan":
            return f"let {parameter.name} = {literal(span(value))};"
        case "dynamic":
            return f"let {parameter.name} = dynamic({literal(value)[8:-1]});"
        case _:
            return f"let {parameter.name} = {literal(value)};"


_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_ISO_SPAN = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.IGNORECASE)


def span(text: str | timedelta) -> timedelta:
    """A span as rules write it: `30m`, `4h`, `7d`, `10s`, or in ISO 8601 as ARM templates have it: `PT4H`, `P7D`.

    Raises:
        ValueError: For any other text.

    Example:
        >>> span("90m"), span("PT1H30M")
        (datetime.timedelta(seconds=5400), datetime.timedelta(seconds=5400))
    """
    if isinstance(text, timedelta):
        return text
    if (iso := _ISO_SPAN.fullmatch(text)) and any(iso.groups()):
        return timedelta(**{unit: int(n or 0) for unit, n in zip(_UNITS.values(), iso.groups(), strict=True)})
    if len(text) < 2 or text[-1] not in _UNITS or not text[:-1].isdigit():
        raise ValueError(f"{text!r} is not a span such as 30m, 4h or 7d")
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def iso_span(length: timedelta) -> str:
    """The span in ISO 8601, as ARM templates want it.

    Example:
        >>> iso_span(timedelta(days=1)), iso_span(timedelta(minutes=90))
        ('P1D', 'PT1H30M')
    """
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    time = "".join(f"{n}{unit}" for n, unit in ((hours, "H"), (minutes, "M"), (seconds, "S")) if n)
    days = f"{length.days}D" if length.days else ""
    return f"P{days}{'T' + time if time or not days else ''}" + ("0S" if not (days or time) else "")


def problem(rule: Rule) -> tuple[str, str] | None:
    """The first thing that types cannot say: key and cause."""
    ours = rule.keywitness
    if rule.severity.lower() not in SEVERITIES:
        return "severity", f"severity {rule.severity!r} is none of {', '.join(SEVERITIES)}"
    if ours.taints not in ("rows", "session", "none"):
        return "keywitness.taints", f"taints {ours.taints!r} is none of rows, session, none"
    if ours.needs not in ("all", "any"):
        return "keywitness.needs", f"needs {ours.needs!r} is none of all, any"
    if ours.history not in ("", "whole"):
        return "keywitness.history", f"history {ours.history!r} is not whole"
    for key, text in (("queryFrequency", rule.query_frequency), ("queryPeriod", rule.query_period)):
        if text and not _is_span(text):
            return key, f"{text!r} is not a span such as 30m, 4h or 7d"
    for number, parameter in enumerate(ours.parameters):
        place = f"keywitness.parameters[{number}]"
        if parameter.type not in ("long", "timespan", "string", "dynamic", "patterns"):
            return place, f"parameter {parameter.name} has the unknown type {parameter.type!r}"
        if parameter.type == "timespan" and not _is_span(parameter.default):
            return place, f"parameter {parameter.name}: {parameter.default!r} is not a span such as 30m, 4h or 7d"
    return None


def _is_span(text: Any) -> bool:
    try:
        span(text)
    except (ValueError, TypeError, AttributeError):
        return False
    return True


def techniques(ids: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """ATT&CK ids with their names; an id that the content does not name stands for itself."""
    return tuple((technique, _attack().get(technique, technique)) for technique in ids)


@cache
def _attack() -> dict[str, str]:
    names: dict[str, str] = yaml.load(content("attack.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return names
