"""KQL functions out of files, as a case keeps them.

Read are KQL files (`let Name = (...) {...}`, `.create-or-alter function Name(...) {...}`, `(...) {...}`, or the bare
query of a saved function), parser files of Microsoft Sentinel (YAML) and ARM templates with saved searches (JSON).

Facts: Microsoft Sentinel, normalization-develop-parsers and the parser files of its repository (ParserName,
EquivalentBuiltInParser, ParserParams, ParserQuery; FunctionName, FunctionAlias, FunctionQuery); the ARM reference of
Microsoft.OperationalInsights/workspaces/savedSearches (functionAlias, functionParameters, query).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keywitness.errors import QueryError, UsageError
from keywitness.kql import functions
from keywitness.kql.binder.calls import TABULAR
from keywitness.kql.catalog import function_text
from keywitness.kql.parser import parse_function
from keywitness.model.tables import known_tables
from keywitness.store.ledger import KeptFunction

ENDINGS = (".json", ".kql", ".kusto", ".csl", ".yaml", ".yml")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_LET = re.compile(r"\s*(?://[^\n]*\n\s*)*let\s+(?P<name>\w+)\s*=\s*(?=(?:view\s*)?\()")
_CREATE = re.compile(
    r"\s*(?://[^\n]*\n\s*)*\.(?:create|create-or-alter|alter)\s+function\s+(?:ifnotexists\s+)?"
    r"(?:with\s*\((?:[^()\"']|\"[^\"]*\"|'[^']*')*\)\s*)?(?P<name>\w+|\[[\"'][^\"']+[\"']\])\s*(?=\()"
)
_PARENTHESES = re.compile(r"\s*(?://[^\n]*\n\s*)*(?=\(\s*(?:\)|\w+\s*:))")


@dataclass(frozen=True, slots=True)
class Found:
    """A function as a file says it.

    Args:
        names: What it is called.
        parameters: As KQL writes them, without the parentheses.
        body: The KQL text.
        first_line: The line of the file where the body begins; 0 when nobody can say.
    """

    names: tuple[str, ...]
    parameters: str
    body: str
    first_line: int = 0


def read_functions(path: Path, name: str = "", parameters: str = "") -> list[KeptFunction]:
    """The functions of one file, each checked to be KQL.

    Args:
        path: The file.
        name: What to call a function whose file does not name it, or another name for it.
        parameters: For the bare query of a saved function, as KQL writes them.

    Raises:
        UsageError: If the file cannot be read, holds no function, or a name cannot be one.
        QueryError: If a function is not KQL; with file and line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    digest = hashlib.sha256(data).hexdigest()
    text = data.decode("utf-8-sig", "replace")
    found = list(_found(path, text, name, parameters))
    if not found:
        raise UsageError(f"{path} holds no function", help="docs/how-to/functions-and-watchlists.md says what is read")
    if name and len(found) > 1:
        raise UsageError(f"{path} holds {len(found)} functions, and one name was given", help="leave out the name")
    kept = []
    for function in found:
        _check(path, function)
        for called in (name,) if name else function.names:
            check_name(called)
            kept.append(
                KeptFunction(
                    name=called, parameters=function.parameters, body=function.body, source=str(path), sha256=digest
                )
            )
    return kept


def check_name(name: str) -> None:
    """Refuse a name that no call could mean.

    Raises:
        UsageError: If it is no name, or something else has it.
    """
    if not _NAME.match(name):
        raise UsageError(f"'{name}' cannot be the name of a function", help="letters, digits and _")
    if functions.find(name) or functions.find_aggregate(name) or functions.find_plugin(name) or name in TABULAR:
        raise UsageError(f"KQL has a function {name} of its own", help="give it another name")
    if name in known_tables():
        raise UsageError(f"{name} is a log table", help="give the function another name")


def _check(path: Path, function: Found) -> None:
    try:
        parse_function(function_text(function.parameters, function.body))
    except QueryError as error:
        error.source = str(path)
        error.first_line = function.first_line - 1 if function.first_line else 0
        error.effect = error.effect or "the function was not added"
        raise


def _found(path: Path, text: str, name: str, parameters: str) -> Iterator[Found]:
    match path.suffix.lower():
        case ".yaml" | ".yml":
            yield from _of_yaml(path, text)
        case ".json":
            yield from _of_template(path, text)
        case _:
            yield _of_kql(path, text, name, parameters)


# ---------------------------------------------------------------- KQL


def _of_kql(path: Path, text: str, name: str, parameters: str) -> Found:
    for form in (_LET, _CREATE, _PARENTHESES):
        head = form.match(text)
        if head is not None and not parameters:
            called = (head.groupdict().get("name") or name or path.stem).strip("[]\"'")
            split = _split(text[head.end() :].rstrip().removesuffix(";"))
            if split is not None:
                inside, body, lines = split
                return Found((called,), inside, body, text.count("\n", 0, head.end()) + lines + 1)
    return Found((name or path.stem,), parameters, text, 1)


def _split(text: str) -> tuple[str, str, int] | None:
    """Parameters and body of `(parameters) { body }`, and how many lines stand before the body; None for other text."""
    text = text.removeprefix("view").lstrip() if text.startswith("view") else text
    closing = _closing(text)
    brace = text.find("{", closing + 1) if closing else -1
    if not closing or brace < 0 or text[closing + 1 : brace].strip() or not text.endswith("}"):
        return None
    return text[1:closing], text[brace + 1 : -1], text.count("\n", 0, brace)


def _closing(text: str) -> int:
    """Where the bracket that the text begins with is closed; strings may hold brackets. 0 when it is not."""
    depth, quote = 0, ""
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
            if depth == 0:
                return place
    return 0


# ---------------------------------------------------------------- Sentinel's parsers


def _of_yaml(path: Path, text: str) -> Iterator[Found]:
    import yaml  # start-up time: only parser files need it

    try:
        made: Any = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        raise UsageError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
    if not isinstance(made, dict):
        return
    query = "ParserQuery" if "ParserQuery" in made else "FunctionQuery"
    body = made.get(query)
    names = [made.get(key) for key in ("ParserName", "FunctionAlias", "EquivalentBuiltInParser")]
    if not any(names):
        names = [made.get("FunctionName")]
    called = tuple(dict.fromkeys(str(n) for n in names if n))
    if isinstance(body, str) and called:
        line = re.search(rf"^{query}\s*:", text, re.MULTILINE)
        first = text.count("\n", 0, line.start()) + 2 if line else 0
        yield Found(called, _parameters(path, made.get("ParserParams") or made.get("FunctionParams")), body, first)


def _parameters(path: Path, listed: object) -> str:
    """`ParserParams` as KQL: the default of a string is a text, any other is KQL already."""
    if not listed:
        return ""
    if isinstance(listed, str):
        return listed
    if not isinstance(listed, list) or not all(isinstance(p, dict) and "Name" in p and "Type" in p for p in listed):
        raise UsageError(f"{path}: ParserParams is not a list of Name, Type and Default")
    return ", ".join(_parameter(p) for p in listed)


def _parameter(parameter: dict[str, Any]) -> str:
    type = str(parameter["Type"]).removeprefix("table:").strip()
    written = f"{parameter['Name']}: {type}"
    default = parameter.get("Default")
    if default is None:
        return written
    if isinstance(default, bool):
        return f"{written} = {str(default).lower()}"
    return f"{written} = {json.dumps(default) if type == 'string' and not _is_quoted(default) else default}"


def _is_quoted(default: object) -> bool:
    return isinstance(default, str) and len(default) > 1 and default[0] == default[-1] and default[0] in "\"'"


# ---------------------------------------------------------------- ARM templates


def _of_template(path: Path, text: str) -> Iterator[Found]:
    try:
        made = json.loads(text)
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}") from error
    for properties in _saved_searches(made):
        alias, query = _plain(path, properties["functionAlias"]), _plain(path, properties["query"])
        yield Found((alias,), _plain(path, properties.get("functionParameters") or ""), query)


def _saved_searches(made: object) -> Iterator[dict[str, Any]]:
    """The properties of every resource that is a saved function, however deep it stands."""
    if isinstance(made, list):
        for item in made:
            yield from _saved_searches(item)
    elif isinstance(made, dict):
        properties = made.get("properties")
        if isinstance(properties, dict) and "functionAlias" in properties and "query" in properties:
            yield properties
            return
        for item in made.values():
            yield from _saved_searches(item)


def _plain(path: Path, text: str) -> str:
    """A template's text: `[[` stands for a bracket, and what begins with one bracket is for Azure to compute."""
    if text.startswith("[["):
        return text[1:]
    if text.startswith("[") and text.endswith("]"):
        raise UsageError(f"{path}: {text[:60]} is an expression of the template", help="export the function itself")
    return text


def function_files(paths: Sequence[Path]) -> list[Path]:
    """The files themselves, and those of folders whose ending a function file has, in order."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.is_file() and p.suffix.lower() in ENDINGS)
        else:
            found.append(path)
    return found
