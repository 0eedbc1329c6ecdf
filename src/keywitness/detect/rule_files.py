"""Files that hold rules: Sentinel's analytics and hunting YAML, ARM templates as the portal exports them, bare KQL.

What a file says is taken as it stands. A key that Sentinel's format has and a rule here does not is left out with a
remark; in a file of ours (with the key `keywitness`) an unknown key is an error.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import msgspec
import yaml

from keywitness.detect.arm import resources_of, rule_content
from keywitness.detect.rule import Rule, problem
from keywitness.errors import KeywitnessError, RuleError
from keywitness.model.content import content

#: Endings of files that may hold rules.
SUFFIXES = (".yaml", ".yml", ".json", ".kql", ".kusto", ".csl")
#: Ids of rules whose file has none are made from their text, under this name.
_OWN_IDS = uuid.UUID("3f0d8a52-5a6e-4d5b-9f1e-2f6f0c7f7a10")
_GUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RuleFile:
    """What one file holds.

    Args:
        rules: Its rules, in order.
        remarks: What was left out, for the user.
    """

    path: str
    rules: tuple[Rule, ...]
    remarks: tuple[str, ...] = ()


def read_rules(path: Path | Traversable) -> RuleFile:
    """The rules of one file, whatever the format.

    Raises:
        RuleError: The file is no rule; with file, line, cause and effect.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(path, 1, f"not UTF-8 text ({error.reason} at byte {error.start})") from error
    suffix = Path(path.name).suffix.lower()
    if suffix in (".yaml", ".yml"):
        return _yaml(path, text)
    if suffix == ".json":
        return _json(path, text)
    return RuleFile(str(path), (_bare(path, text),))


def rule_paths(paths: Iterable[Path]) -> Iterator[Path]:
    """The files of rules among files and folders, folders walked in order of name.

    Raises:
        RuleError: A path does not exist.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(f for f in path.rglob("*") if f.is_file() and f.suffix.lower() in SUFFIXES)
        elif path.exists():
            yield path
        else:
            raise RuleError(f"there is no file or folder {path}", help="check the path", effect="no rule was loaded")


def read_all(paths: Iterable[Path]) -> tuple[list[RuleFile], list[KeywitnessError]]:
    """Every file that is a rule, and the refusals of those that are none; one does not stop the others."""
    files: list[RuleFile] = []
    errors: list[KeywitnessError] = []
    for path in rule_paths(paths):
        try:
            files.append(read_rules(path))
        except RuleError as error:
            errors.append(error)
    return files, errors


def load_rules() -> tuple[Rule, ...]:
    """The rules that come with keywitness, by slug."""
    found = (rule for file in _built_in(content("rules")) for rule in read_rules(file).rules)
    return tuple(sorted(found, key=lambda rule: rule.slug))


def _built_in(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _built_in(entry)
        elif entry.name.endswith(".yaml"):
            yield entry


# ---------------------------------------------------------------- YAML


def _yaml(path: Path | Traversable, text: str) -> RuleFile:
    try:
        made: Any = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise refused(path, line, str(error.problem)) from error
    if not isinstance(made, dict) or "query" not in made:
        raise refused(path, 1, "no rule: a rule is a mapping with the keys id, name and query")
    remarks: tuple[str, ...] = ()
    if "keywitness" not in made:
        made, remarks = _known_keys(made)
        made.setdefault("id", _made_id(str(made["query"])))
    return RuleFile(str(path), (_converted(path, made, lambda place: line_of(text, place)),), remarks)


def _known_keys(made: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Sentinel's keys that a rule has; null stands for a key that is not there."""
    known = {field.encode_name for field in msgspec.structs.fields(Rule)}
    dropped = sorted(str(key) for key in made if key not in known)
    kept = {key: value for key, value in made.items() if key in known and value is not None}
    return kept, (f"left out: {', '.join(dropped)}",) if dropped else ()


def _made_id(text: str) -> str:
    return str(uuid.uuid5(_OWN_IDS, text))


# ---------------------------------------------------------------- ARM


def _json(path: Path | Traversable, text: str) -> RuleFile:
    try:
        made = json.loads(text)
    except ValueError as error:
        raise refused(path, getattr(error, "lineno", 1), f"not JSON: {error}") from error
    resources = resources_of(made)
    if resources is None:
        raise refused(path, 1, "no ARM template: it has no list of resources")
    rules: list[Rule] = []
    remarks: list[str] = []
    for number, resource in enumerate(resources):
        found = rule_content(resource)
        if found is None:
            kind = resource.get("type", "?")
            remarks.append(f"resource {number} is no rule ({kind})")
            continue
        guid = _GUID.findall(str(resource.get("name", "")))
        found["id"] = guid[-1].lower() if guid else _made_id(found["query"])
        kept, dropped = _known_keys(found)
        line = _line_with(text, kept.get("name", ""))
        rules.append(_converted(path, kept, lambda _, line=line: line))
        remarks += (f"{kept.get('name')}: {remark}" for remark in dropped)
    if not rules:
        raise refused(path, 1, "no rule: no resource is an alert rule or a hunting query")
    return RuleFile(str(path), tuple(rules), tuple(remarks))


# ---------------------------------------------------------------- bare KQL


def _bare(path: Path | Traversable, text: str) -> Rule:
    """A query alone: named after its file, described by the comment that it begins with."""
    if not text.strip():
        raise refused(path, 1, "the file is empty")
    comments: list[str] = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        comments.append(line.lstrip("/ ").rstrip())
    name = Path(path.name).stem.replace("_", " ")
    return Rule(id=_made_id(text), name=name, query=text, description="\n".join(comments), kind="Hunting")


# ---------------------------------------------------------------- refusals with their place


def _converted(path: Path | Traversable, made: Any, line: Any) -> Rule:
    try:
        rule = msgspec.convert(made, Rule)
    except msgspec.ValidationError as error:
        cause, _, place = str(error).partition(" - at `")
        raise refused(path, line(place.rstrip("`")), cause) from error
    found = problem(rule)
    if found:
        key, cause = found
        raise refused(path, line(f"$.{key}"), cause)
    return rule


def refused(path: Path | Traversable, line: int, cause: str) -> RuleError:
    """A file that is no rule, with place and effect."""
    return RuleError(
        f"{path}:{line}: {cause}",
        help="docs/reference/rules.md lists the keys of a rule",
        effect="this rule is not loaded and finds nothing",
    )


def line_of(text: str, place: str) -> int:
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


def _line_with(text: str, name: str) -> int:
    place = text.find(json.dumps(name))
    return text.count("\n", 0, max(place, 0)) + 1
