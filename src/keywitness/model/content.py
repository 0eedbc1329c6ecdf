"""The product's data files: rules, KQL functions, applications, techniques."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

#: A call of one of the product's functions, as it stands in a query.
_NAME = re.compile(r"\b([A-Z][A-Za-z0-9]+)\s*\(")


def content(*path: str) -> Traversable:
    """A file or folder of the product's content."""
    return resources.files("keywitness").joinpath("content", *path)


@cache
def function_names() -> frozenset[str]:
    """Names of the KQL functions that every rule may call."""
    return frozenset(f.name.removesuffix(".kql") for f in content("functions").iterdir() if f.name.endswith(".kql"))


@cache
def function_text(name: str) -> str:
    """The `let` statement of one of the product's functions, without its comments."""
    text = content("functions", f"{name}.kql").read_text("utf-8")
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("//")).strip()


def functions_called(query: str) -> tuple[str, ...]:
    """Names of the functions that a query needs, those they call first."""
    needed: list[str] = []

    def need(text: str) -> None:
        for name in _NAME.findall(text):
            if name in function_names() and name not in needed:
                need(function_text(name))
                if name not in needed:
                    needed.append(name)

    need(query)
    return tuple(needed)


def functions_of(query: str) -> str:
    """The `let` statements that a query needs, those they call first; empty when it calls none."""
    return "\n".join(function_text(name) for name in functions_called(query))


def with_functions(query: str) -> str:
    """The query with the product's functions that it calls in front, so that it runs by itself."""
    functions = functions_of(query)
    return f"{functions}\n{query}" if functions else query
