"""A rule: a Sentinel analytics or hunting rule, with what keywitness adds under its own key.

Sentinel's own files load unchanged; then the key `keywitness` is missing and its defaults count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from importlib.resources.abc import Traversable
from pathlib import Path
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
    """Records and how many findings they must give; 0 is a near miss. See `proof`."""

    name: str
    findings: int
    records: tuple[dict[str, Any], ...]


class Additions(Strict, frozen=True):
    """What keywitness adds to Sentinel's fields.

    Args:
        taints: What a finding makes suspicious: its `rows`, the whole `session` they stand in, or `none`.
        tables: Tables that the query reads. Without evidence in them the rule does not run.
        needs: `all` of the tables, or `any`.
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
    unjudged: str = ""
    false_positives: tuple[str, ...] = ()
    blind_spots: tuple[str, ...] = ()
    response: tuple[str, ...] = ()
    fixtures: tuple[Any, ...] = ()
    cases: tuple[Case, ...] = ()


class DataConnector(msgspec.Struct, frozen=True, rename="camel"):
    connector_id: str
    data_types: tuple[str, ...] = ()


class Override(msgspec.Struct, frozen=True, rename="camel"):
    alert_display_name_format: str = ""
    alert_description_format: str = ""
    alert_severity_column_name: str = ""


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
        given = dict(values or {})
        lets = [_let(p, given.pop(p.name, p.default)) for p in self.keywitness.parameters]
        if given:
            raise RuleError(
                f"rule {self.slug} has no parameter {', '.join(sorted(given))}",
                help="its parameters: " + (", ".join(p.name for p in self.keywitness.parameters) or "none"),
            )
        return with_functions("\n".join([*lets, query]))


def _let(parameter: Parameter, value: Any) -> str:
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


def span(text: str | timedelta) -> timedelta:
    """A span as rules write it: `30m`, `4h`, `7d`, `10s`.

    Raises:
        ValueError: For any other text.

    Example:
        >>> span("90m")
        datetime.timedelta(seconds=5400)
    """
    if isinstance(text, timedelta):
        return text
    if len(text) < 2 or text[-1] not in _UNITS or not text[:-1].isdigit():
        raise ValueError(f"{text!r} is not a span such as 30m, 4h or 7d")
    return timedelta(**{_UNITS[text[-1]]: int(text[:-1])})


def load_rule(path: Path | Traversable) -> Rule:
    """Read one rule file.

    Raises:
        RuleError: Not YAML, a missing or unknown key, or a value of the wrong kind; with file, line and effect.
    """
    text = path.read_text(encoding="utf-8")
    try:
        made: Any = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _refused(path, line, str(error.problem)) from error
    try:
        rule = msgspec.convert(made, Rule)
    except msgspec.ValidationError as error:
        cause, _, place = str(error).partition(" - at `")
        raise _refused(path, _line_of(text, place.rstrip("`")), cause) from error
    problem = _problem(rule)
    if problem:
        key, cause = problem
        raise _refused(path, _line_of(text, f"$.{key}"), cause)
    return rule


def _problem(rule: Rule) -> tuple[str, str] | None:
    """The first thing that types cannot say: key and cause."""
    ours = rule.keywitness
    if rule.severity.lower() not in SEVERITIES:
        return "severity", f"severity {rule.severity!r} is none of {', '.join(SEVERITIES)}"
    if ours.taints not in ("rows", "session", "none"):
        return "keywitness.taints", f"taints {ours.taints!r} is none of rows, session, none"
    if ours.needs not in ("all", "any"):
        return "keywitness.needs", f"needs {ours.needs!r} is none of all, any"
    for number, parameter in enumerate(ours.parameters):
        place = f"keywitness.parameters[{number}]"
        if parameter.type not in ("long", "timespan", "string", "dynamic", "patterns"):
            return place, f"parameter {parameter.name} has the unknown type {parameter.type!r}"
        if parameter.type == "timespan":
            try:
                span(parameter.default)
            except (ValueError, TypeError, AttributeError):
                return place, f"parameter {parameter.name}: {parameter.default!r} is not a span such as 30m, 4h or 7d"
    return None


def _refused(path: Path | Traversable, line: int, cause: str) -> RuleError:
    return RuleError(
        f"{path}:{line}: {cause}",
        help="docs/reference/rules.md lists the keys of a rule",
        effect="this rule is not loaded and finds nothing",
    )


def _line_of(text: str, place: str) -> int:
    """The line of a msgspec path such as `$.keywitness.cases[0].name`; of the nearest parent that exists."""
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    line = 1
    for step in place.removeprefix("$").replace("[", ".[").strip(".").split("."):
        if node is None or not step:
            break
        line = node.start_mark.line + 1
        child: yaml.Node | None = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == step:
                    child, line = value, key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and step.startswith("[") and step[1:-1].isdigit():
            position = int(step[1:-1])
            if position < len(node.value):
                child = node.value[position]
                line = child.start_mark.line + 1
        if child is None:
            break
        node = child
    return line


def load_rules() -> tuple[Rule, ...]:
    """The rules that come with keywitness, by slug."""
    return tuple(sorted((load_rule(file) for file in _rule_files(content("rules"))), key=lambda rule: rule.slug))


def _rule_files(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _rule_files(entry)
        elif entry.name.endswith(".yaml"):
            yield entry


def techniques(ids: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """ATT&CK ids with their names; an id that the content does not name stands for itself."""
    names: dict[str, str] = yaml.load(content("attack.yaml").read_text("utf-8"), Loader=yaml.CSafeLoader)
    return tuple((technique, names.get(technique, technique)) for technique in ids)
