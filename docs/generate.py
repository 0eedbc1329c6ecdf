"""Write the reference pages that are made from the code: `make docs`. `tests/docs` checks that they are fresh."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
        "Exit codes: 0 done, 2 usage, 3 case, 4 evidence, 5 query, 6 rule, 7 disk full, 70 defect, 130 interrupted.\n",
    ]
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        assert command is not None
        inner = command.make_context(name, [], parent=context, resilient_parsing=True)
        inner.terminal_width = 100
        parts.append(f"## keywitness {name}\n\n```\n{command.get_help(inner).rstrip()}\n```\n")
    return "\n".join(parts)


def pages() -> dict[Path, Callable[[], str]]:
    """Every generated page and what makes it."""
    return {DOCS / "reference" / "cli.md": cli_page}


def main() -> None:
    """Write all generated pages."""
    for path, make in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(make(), encoding="utf-8")
        print(path.relative_to(DOCS.parent))


if __name__ == "__main__":
    main()
