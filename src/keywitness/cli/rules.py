"""`keywitness rules`: the rules that an investigation runs, and the user's own."""

from __future__ import annotations

import json
import sys
import tempfile
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywitness.cli.listing import print_list
from keywitness.cli.output import Format, FormatOption, QuietOption, note, print_records, progress
from keywitness.errors import KeywitnessError, RuleError, UsageError
from keywitness.model.text import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from keywitness.case import Case
    from keywitness.detect.rule import Rule

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The rules that an investigation runs: list, prove, run, add, export.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

NamesArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RULE]...", help="Names, ids, or files and folders of rules; all without."),
]
FilesOption = Annotated[
    list[Path] | None,
    typer.Option("--rules", help="Files or folders of rules to use instead of those installed."),
]


class ExportFormat(StrEnum):
    """How rules leave."""

    SENTINEL = "sentinel"
    ARM = "arm"


def _rules(names: list[str] | None, files: list[Path] | None) -> list[Rule]:
    """The chosen rules; a path among the names means the rules there. What is no rule is said, the rest goes on."""
    from keywitness.detect.library import all_rules, chosen  # start-up time, as everywhere below

    # A slug or id has neither a slash nor a dot.
    places = [Path(name) for name in names or () if "/" in name or "." in name]
    rules, errors = all_rules([*(files or ()), *places])
    _say(errors)
    return chosen(rules, [name for name in names or () if Path(name) not in places])


def _say(errors: Sequence[KeywitnessError]) -> None:
    for error in errors:
        print(visible(error.render(), keep="\n"), file=sys.stderr)


@app.command("list")
def list_(files: FilesOption = None, format: FormatOption = Format.TABLE) -> None:
    """List the rules: those that come with keywitness and your own.

    \b
    Example:
      keywitness rules list --format csv
    """
    from keywitness.model.schema import Column, KqlType

    names = ("Rule", "Severity", "Kind", "Every", "Over", "Tactics", "Techniques", "Name")
    columns = [Column(name, KqlType.STRING) for name in names]
    records = []
    for rule in _rules(None, files):
        whole = rule.keywitness.history == "whole"
        schedule = ("", "all evidence") if whole else (rule.query_frequency, rule.query_period)
        tactics, techniques = ", ".join(rule.tactics), ", ".join(rule.relevant_techniques)
        records.append((rule.slug, rule.severity, rule.kind, *schedule, tactics, techniques, rule.name))
    print_list(columns, records, format.value, ("Rule", "Severity", "Over", "Techniques", "Name"))


@app.command()
def show(rule: Annotated[str, typer.Argument(help="Name or id.")], files: FilesOption = None) -> None:
    """Print one rule: what it says, what it cannot see, its parameters and its whole query.

    \b
    Example:
      keywitness rules show list-then-read
    """
    from keywitness.detect.page import section

    (found,) = _rules([rule], files)[:1]
    print(visible(section(found), keep="\n"))


@app.command()
def add(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE_OR_FOLDER...", help="Rule files.")],
    to: Annotated[Path | None, typer.Option("--to", help="Folder for your rules.")] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Add rules of your own: Sentinel's YAML, ARM templates as the portal exports them, or bare .kql files.

    The files are copied unchanged into your rules folder; every later investigation runs them.

    \b
    Examples:
      keywitness rules add ./Azure-Sentinel/Detections/AzureDiagnostics
      keywitness rules add exported-rules.json hunt.kql
    """
    from keywitness.detect import library
    from keywitness.model.schema import Column, KqlType

    added, errors = library.add(paths, to)
    for file in {a.file.path: a.file for a in added}.values():
        for remark in file.remarks:
            note(f"{file.path}: {remark}")
    columns = [Column(name, KqlType.STRING) for name in ("Rule", "Status", "Severity", "Name", "File")]
    records = [(a.rule.slug, a.status, a.rule.severity, a.rule.name, a.file.path) for a in added]
    print_records(columns, records, format.value)
    _say(errors)
    if errors and not added:
        raise RuleError("none of the files is a rule", effect="nothing was added")


@app.command()
def remove(rule: Annotated[str, typer.Argument(help="Name or id of a rule of your own.")]) -> None:
    """Remove a rule that you added.

    \b
    Example:
      keywitness rules remove sensitive-azure-key-vault-operations
    """
    from keywitness.detect import library

    note(f"removed {library.remove(rule)}")


@app.command()
def check(names: NamesArgument = None, files: FilesOption = None, format: FormatOption = Format.TABLE) -> None:
    """Say what is wrong with rules before they run. Leaves with 6 when something is.

    \b
    Examples:
      keywitness rules check
      keywitness rules check ./my-rules/mass-read.yaml
      keywitness rules check --rules ./my-rules --format json
    """
    from keywitness.detect.check import check as check_rule
    from keywitness.model.schema import Column, KqlType

    rules = _rules(names, files)
    issues = [issue for rule in rules for issue in check_rule(rule)]
    by_code: dict[tuple[str, str, str], list[str]] = {}
    for issue in issues:
        by_code.setdefault((issue.rule, issue.code, issue.help), []).append(issue.cause)
    told = format is not Format.TABLE  # a table says once for all rules what to do
    columns = [Column(name, KqlType.STRING) for name in ("Rule", "Code", "Cause", *(["Help"] if told else []))]
    records = [
        (rule, code, "; ".join(causes), *([help] if told else [])) for (rule, code, help), causes in by_code.items()
    ]
    print_list(columns, records, format.value, ("Rule", "Code", "Cause"))
    for code, help in {code: help for _, code, help in by_code}.items() if not told else ():
        note(f"{code}: {help}")
    faulty = len({i.rule for i in issues})
    note(f"{len(rules)} rules checked, {len(issues)} issues in {faulty} of them")
    if issues:
        raise typer.Exit(RuleError.exit_code)


@app.command()
def test(
    names: NamesArgument = None,
    files: FilesOption = None,
    format: FormatOption = Format.TABLE,
    quiet: QuietOption = False,
) -> None:
    """Prove rules: their records, through the real decoders and the real engine. Leaves with 6 when a proof fails.

    \b
    Example:
      keywitness rules test list-then-read
    """
    from keywitness.detect.proof import prove
    from keywitness.model.schema import Column, KqlType
    from keywitness.model.tables import known_tables

    rules = _rules(names, files)
    columns = [Column(name, KqlType.STRING) for name in ("Rule", "Case")]
    columns += [Column(name, KqlType.LONG) for name in ("Expected", "Found")]
    columns += [Column("Passed", KqlType.BOOL), Column("Reason", KqlType.STRING)]
    records = []
    with tempfile.TemporaryDirectory(prefix="keywitness-") as folder, progress("prove", quiet=quiet) as advance:
        for number, rule in enumerate(rules):
            advance(number, len(rules), rule.slug)
            for verdict in prove(rule, partial(_loaded, Path(folder)), frozenset(known_tables())):
                reason = "" if verdict.outcome.status == "ran" else verdict.outcome.reason
                found = len(verdict.outcome.findings)
                records.append((rule.slug, verdict.case.name, verdict.case.findings, found, verdict.passed, reason))
    print_records(columns, records, format.value)
    failed = sum(not r[4] for r in records)
    unproved = sum(not rule.keywitness.cases for rule in rules)
    without = f"; {unproved} rules have no cases" if unproved else ""
    note(f"{len(records)} cases of {len(rules)} rules, {failed} failed{without}")
    if failed or unproved:
        raise typer.Exit(RuleError.exit_code)


def _loaded(folder: Path, lines: bytes, watchlists: Mapping[str, bytes]) -> Case:
    """A case of raw records and watchlists."""
    from keywitness.case import create_case

    place = Path(tempfile.mkdtemp(dir=folder))
    file = place / "records.json"
    file.write_bytes(lines)
    case = create_case(place / "case")
    case.ingest([file])
    for alias, rows in watchlists.items():
        list_file = place / f"{alias}.csv"
        list_file.write_bytes(rows)
        case.add_watchlist(list_file, alias)
    return case


@app.command()
def run(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    names: NamesArgument = None,
    files: FilesOption = None,
    whole: Annotated[bool, typer.Option("--whole", help="Once over all evidence, whatever the schedules say.")] = False,
    now: Annotated[str, typer.Option("--now", help="What now() means to a rule that runs once.")] = "latest",
    format: FormatOption = Format.TABLE,
) -> None:
    """Run rules over a case, on their schedule as Sentinel would have run them, and print the findings.

    \b
    Examples:
      keywitness rules run ./case
      keywitness rules run ./case --rules sentinel-rule.yaml --whole
    """
    from keywitness.case import open_case
    from keywitness.cli.findings import print_findings, say_unjudged
    from keywitness.detect.run import run_rules

    opened = open_case(case)
    present = frozenset(name for name, rows, *_ in opened.table_facts() if rows)
    outcomes = run_rules(opened, _rules(names, files), present=present, now=now, whole=whole)
    print_findings([f for o in outcomes for f in o.findings], format.value)
    for outcome in outcomes:
        if outcome.reason:
            note(f"{outcome.rule.slug}: {outcome.status}: {outcome.reason}")
    say_unjudged(outcomes)


@app.command()
def export(
    names: NamesArgument = None,
    files: FilesOption = None,
    as_: Annotated[ExportFormat, typer.Option("--as", help="Sentinel's YAML, or one ARM template.")] = (
        ExportFormat.SENTINEL
    ),
    out: Annotated[Path | None, typer.Option("--out", help="Folder (YAML) or file (ARM).")] = None,
) -> None:
    """Write rules for a Sentinel workspace, each whole: functions and parameters stand in the query.

    \b
    Examples:
      keywitness rules export --as arm --out rules.json
      keywitness rules export list-then-read
    """
    from keywitness.detect.arm import arm_template
    from keywitness.detect.export import sentinel_yaml

    rules = _rules(names, files)
    if as_ is ExportFormat.ARM:
        text = json.dumps(arm_template(rules), indent=2, ensure_ascii=False) + "\n"
        if out is None:
            print(text, end="")
        else:
            out.write_text(text, encoding="utf-8")
        return
    if out is None and len(rules) > 1:
        raise UsageError(f"{len(rules)} rules are as many files", help="--out FOLDER, or name one rule")
    refused = []
    for rule in rules:
        try:
            text = sentinel_yaml(rule)
        except RuleError as error:
            refused.append(error)
            continue
        if out is None:
            print(text, end="")
            continue
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{rule.slug}.yaml").write_text(text, encoding="utf-8")
    _say(refused)
    if refused:
        raise typer.Exit(RuleError.exit_code)


def add_to(root: typer.Typer) -> None:
    """Register this module's commands."""
    root.add_typer(app, name="rules")
