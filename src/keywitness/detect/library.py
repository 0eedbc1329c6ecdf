"""The user's own rules: a folder of rule files, each kept as it was given."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from keywitness.detect.rule import Rule
from keywitness.detect.rule_files import RuleFile, load_rules, read_all
from keywitness.errors import KeywitnessError, RuleError, UsageError

#: Names the folder; without it, the user's configuration folder.
VARIABLE = "KEYWITNESS_RULES"


def folder() -> Path:
    """Where the user's rules are."""
    import typer  # start-up time: only this command needs the platform's folder

    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path(typer.get_app_dir("keywitness")) / "rules"


@dataclass(frozen=True, slots=True)
class Added:
    """What became of one rule of a file that was added."""

    rule: Rule
    file: RuleFile
    status: str


def add(paths: Iterable[Path], to: Path | None = None) -> tuple[list[Added], list[KeywitnessError]]:
    """Copy rule files into the user's folder, unchanged.

    Returns:
        One entry per rule ("added", or "there already"), and the files that are no rules.
    """
    place = to or folder()
    files, errors = read_all(paths)
    known = {rule.id: rule.slug for rule in (*load_rules(), *own(place)[0])}
    added: list[Added] = []
    for file in files:
        new = [rule for rule in file.rules if rule.id not in known]
        if new:
            place.mkdir(parents=True, exist_ok=True)
            suffix = Path(file.path).suffix.lower()
            shutil.copyfile(file.path, place / f"{new[0].slug[:80]}-{new[0].id[:8]}{suffix}")
        added += (Added(rule, file, "added" if rule in new else "there already") for rule in file.rules)
        known |= {rule.id: rule.slug for rule in new}
    return added, errors


def own(place: Path | None = None) -> tuple[list[Rule], list[KeywitnessError]]:
    """The rules of the user's folder."""
    at = place or folder()
    if not at.is_dir():
        return [], []
    files, errors = read_all([at])
    return [rule for file in files for rule in file.rules], errors


def all_rules(paths: Iterable[Path] = ()) -> tuple[list[Rule], list[KeywitnessError]]:
    """The rules of the given files; without any, those that come with keywitness and the user's own."""
    given = list(paths)
    if given:
        files, errors = read_all(given)
        return [rule for file in files for rule in file.rules], errors
    mine, errors = own()
    return [*load_rules(), *mine], errors


def remove(slug: str, place: Path | None = None) -> Path:
    """Remove the file of one of the user's own rules, and say which it was.

    Raises:
        RuleError: No own rule is called so.
    """
    at = place or folder()
    files, _ = read_all([at]) if at.is_dir() else ([], [])
    for file in files:
        if any(slug in (rule.slug, rule.id) for rule in file.rules):
            Path(file.path).unlink()
            return Path(file.path)
    raise RuleError(f"no rule of your own is called {slug}", help=f"keywitness rules list; yours are in {at}")


def chosen(rules: Iterable[Rule], names: Iterable[str]) -> list[Rule]:
    """The rules of these names or ids; all without names.

    Raises:
        UsageError: A name that no rule has.
    """
    every = list(rules)
    wanted = list(names)
    found = [rule for rule in every if not wanted or rule.slug in wanted or rule.id in wanted]
    missing = [n for n in wanted if not any(n in (r.slug, r.id) for r in found)]
    if missing:
        raise UsageError(f"there is no rule {', '.join(missing)}", help="keywitness rules list")
    return found
