"""Write the reference pages that are made from the code: `make docs`. `tests/docs` checks that they are fresh."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent


def cli_page() -> str:
    """docs/reference/cli.md: the help of every command."""
    from typer.main import get_command

    from keywitness.cli.main import app

    root = get_command(app)
    context = root.make_context("keywitness", ["kql"], resilient_parsing=True)
    parts = [
        "# Commands\n",
        "Made by `make docs` from the commands themselves.\n",
        "Every command that prints records takes `--format table|json|jsonl|csv`; remarks and progress go to stderr.",
        "Exit codes: 0 done, 2 usage, 3 case, 4 evidence, 5 query, 6 rule, 7 disk full, 8 saved report, "
        "9 a posture check failed, 10 report form, 70 defect, 130 interrupted.\n",
    ]
    for name, command, inner in _commands(root, context):
        inner.terminal_width = 100
        parts.append(f"## keywitness {name}\n\n```\n{command.get_help(inner).rstrip()}\n```\n")
    return "\n".join(parts)


def _commands(group: Any, context: Any, before: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Every command below a group with its context, groups before their own commands."""
    for name in group.list_commands(context):
        command = group.commands[name]
        inner = command.make_context(name, [], parent=context, resilient_parsing=True)
        yield f"{before}{name}", command, inner
        if hasattr(command, "commands"):
            yield from _commands(command, inner, f"{before}{name} ")


def report_schema() -> str:
    """docs/reference/report-schema.json: JSON Schema of report.json."""
    from keywitness.report.saved import json_schema

    return json_schema().decode("utf-8")


def report_page() -> str:
    """docs/reference/report.md: the parts of report.json, from the classes and their comments."""
    from keywitness.report import document

    source = inspect.getsource(document)
    lines = source.splitlines()
    parts = [
        "# report.json",
        "Made by `make docs` from the classes of the frozen document; "
        "[report-schema.json](report-schema.json) is the same as JSON Schema.",
        inspect.cleandoc(document.__doc__ or ""),
        f"This is schema version {document.SCHEMA_VERSION}. A reader refuses another version, an unknown field, a "
        "missing one, or one of another type, and names its place.",
    ]
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef) and node.name != "Frozen"]
    for node in reversed(classes):
        parts.append(f"## {node.name}\n\n{inspect.cleandoc(ast.get_docstring(node) or '')}")
        rows = ["| field | type | |", "|---|---|---|"]
        for field in node.body:
            if isinstance(field, ast.AnnAssign):
                remark = lines[field.lineno - 1].partition("  # ")[2].replace("|", "or")
                kind = ast.unparse(field.annotation).replace("|", "or")
                default = f"default `{ast.unparse(field.value)}`" if field.value is not None else ""
                rows.append(
                    f"| `{ast.unparse(field.target)}` | {kind} | {'; '.join(filter(None, (remark, default)))} |"
                )
        parts.append("\n".join(rows))
    return "\n\n".join(parts) + "\n"


def kql_errors_page() -> str:
    """docs/reference/kql/errors.md: every diagnostic code, from the functions that make them and one example each."""
    import re

    from keywitness.engine import placing
    from keywitness.kql import diagnostics as parsing
    from keywitness.kql.binder import diagnostics as binding

    causes: dict[str, list[str]] = {}
    for module in (parsing, binding, placing):
        for _, function in inspect.getmembers(module, inspect.isfunction):
            found = re.match(
                r"((?:KS|KWQ|SEM)\d{3,4}): (.*?)(?:\n\n|$)", inspect.cleandoc(function.__doc__ or ""), re.DOTALL
            )
            if found and function.__module__ == module.__name__:
                causes.setdefault(found[1], []).append(" ".join(found[2].split()))
    examples: dict[str, str] = {}
    tests = DOCS.parent / "tests"
    folders = ("kql/errors", "kql/binder/errors", "engine/errors")
    for path in (path for folder in folders for path in sorted((tests / folder).glob("*.txt"))):
        shown = path.read_text(encoding="utf-8").partition("\n----\n")[2]
        if found := re.match(r"error\[(\w+)\]", shown):
            examples.setdefault(found[1], shown.rstrip("\n"))
    parts = [
        "# Diagnostics of KQL",
        "Made by `make docs` from the functions that make the diagnostics and from the messages under test.",
        "A query that cannot be answered exactly is refused, with all its errors as far as they can be told apart. "
        "Each has a code: Kusto's own (`KS...`) where Kusto has one for the same cause, else ours (`KWQ...`). "
        "The exit code is 5.",
    ]
    for code in sorted(causes):
        parts.append(
            f"## {code}\n\n" + "\n".join(f"- {cause[:1].upper()}{cause[1:]}" for cause in sorted(causes[code]))
        )
        if code in examples:
            parts.append(f"```\n{examples[code]}\n```")
    return "\n\n".join(parts) + "\n"


def kql_support_page() -> str:
    """docs/reference/kql/support.md: what of the language is answered, and why the rest is not."""
    from keywitness.kql import support

    return support.page()


def rules_page() -> str:
    """docs/reference/rules.md: the built-in rules, from the content."""
    from keywitness.detect.page import page

    return page()


def posture_page() -> str:
    """docs/reference/posture.md: the built-in checks of inventory, from the content."""
    from keywitness.posture.page import page

    return page()


def pages() -> dict[Path, Callable[[], str]]:
    """Every generated page and what makes it."""
    reference = DOCS / "reference"
    return {
        reference / "cli.md": cli_page,
        reference / "kql" / "errors.md": kql_errors_page,
        reference / "kql" / "support.md": kql_support_page,
        reference / "posture.md": posture_page,
        reference / "report.md": report_page,
        reference / "report-schema.json": report_schema,
        reference / "rules.md": rules_page,
    }


def main() -> None:
    """Write all generated pages."""
    for path, make in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")
        print(path.relative_to(DOCS.parent))


if __name__ == "__main__":
    main()
