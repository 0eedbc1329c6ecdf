"""`keywitness findings`, `judge`: what the rules found, and what the analyst says of it."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keywitness.cli.listing import print_list
from keywitness.cli.output import Format, FormatOption, QuietOption, note, progress
from keywitness.errors import UsageError

if TYPE_CHECKING:
    from keywitness.detect.finding import Finding
    from keywitness.detect.incident import Incident
    from keywitness.detect.run import Outcome
    from keywitness.detect.triage import Judgement


def findings(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    severity: Annotated[list[str] | None, typer.Option("--severity", help="high, medium, low, informational.")] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Only of this rule; * and ? are wildcards.")] = None,
    identity: Annotated[list[str] | None, typer.Option("--identity", help="Only of this caller.")] = None,
    ip: Annotated[list[str] | None, typer.Option("--ip", help="Only of this address.")] = None,
    vault: Annotated[list[str] | None, typer.Option("--vault", help="Only in this vault.")] = None,
    object: Annotated[list[str] | None, typer.Option("--object", help="Only of this vault/name.")] = None,
    since: Annotated[str, typer.Option("--since", help="Ending not before this time.")] = "",
    until: Annotated[str, typer.Option("--until", help="Beginning before this time.")] = "",
    incident: Annotated[list[str] | None, typer.Option("--incident", help="Only of this story, I-...")] = None,
    state: Annotated[
        list[str] | None, typer.Option("--state", "--status", help="Only in this state of triage.")
    ] = None,
    incidents: Annotated[bool, typer.Option("--incidents", help="The stories that they tell, one per row.")] = False,
    format: FormatOption = Format.TABLE,
    quiet: QuietOption = False,
) -> None:
    """Run the rules and list what they find, each with its state of triage.

    \b
    Examples:
      keywitness findings ./case --severity high
      keywitness findings ./case --vault 'kv-pay-*' --state open --format csv
      keywitness findings ./case --incidents
      keywitness findings ./case --incident I-0f3a9c11
    """
    from keywitness.case import open_case
    from keywitness.detect.incident import incidents as told
    from keywitness.detect.library import all_rules
    from keywitness.detect.run import run_rules
    from keywitness.detect.triage import judgements
    from keywitness.investigate.scope import moment

    opened = open_case(case)
    begin, end = moment(since, "since"), moment(until, "until")
    present = frozenset(name for name, rows, *_ in opened.table_facts() if rows)
    with progress("rules", quiet=quiet), opened.prepared() as ready:
        outcomes = run_rules(ready, all_rules()[0], present=present, now="latest")
    judged = judgements(opened.entries())
    stories = told(f for outcome in outcomes for f in outcome.findings)
    story = {f.id: i.id for i in stories for f in i.findings}
    wanted = [
        f
        for outcome in outcomes
        for f in outcome.findings
        if _any(severity, (f.severity,))
        and _any(rule, (f.rule.slug, f.rule.id))
        and _any(identity, (*f.identities, *f.identity_ids, *f.applications))
        and _any(ip, f.addresses)
        and _any(vault, f.vaults)
        and _any(object, f.objects)
        and _any(state, (_state(judged, f),))
        and _any(incident, (story[f.id],))
        and (not begin or f.last_at >= begin)
        and (not end or f.first_at < end)
    ]
    if incidents:
        told_of = {story[f.id] for f in wanted}
        _print_incidents([i for i in stories if i.id in told_of], format.value)
    else:
        print_findings(wanted, format.value, judged)
    for outcome in outcomes:
        if outcome.status == "failed":
            note(f"{outcome.rule.slug} failed: {outcome.reason}")
        elif outcome.hidden:
            note(f"{outcome.rule.slug}: {outcome.reason}")
    say_unjudged(outcomes)


def say_unjudged(outcomes: Iterable[Outcome]) -> None:
    """Who could not be judged, rule by rule: too little history is said, not guessed."""
    for outcome in outcomes:
        for text in outcome.notes:
            note(f"{outcome.rule.slug}: {text}")


def judge(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    finding: Annotated[str, typer.Argument(help="The finding's id, F-...")],
    state: Annotated[str, typer.Option("--state", help="open, confirmed, 'false positive' or closed.")],
    note: Annotated[str, typer.Option("--note", help="Why.")] = "",
) -> None:
    """Say what a finding is. It goes into the custody log with your name, never into the evidence.

    \b
    Example:
      keywitness judge ./case F-9a64b7816135 --state 'false positive' --note "the auditors, ticket 4711"
    """
    from keywitness.case import open_case
    from keywitness.detect.triage import ACTION, STATES

    if state not in STATES:
        raise UsageError(f"no state '{state}'", help="one of " + ", ".join(STATES))
    open_case(case).record(ACTION, {"finding": finding, "state": state, "note": note})


def _any(patterns: Sequence[str] | None, values: Sequence[str]) -> bool:
    """True without patterns, or when a value fits one, whatever the case."""
    return not patterns or any(fnmatch.fnmatchcase(v.lower(), p.lower()) for p in patterns for v in values)


def _state(judged: Mapping[str, Judgement], found: Finding) -> str:
    return judged[found.id].state if found.id in judged else "open"


def print_findings(findings: Sequence[Finding], format: str, judged: Mapping[str, Judgement] | None = None) -> None:
    """One record per finding, the most severe first, then in time; with its state where judgements are given."""
    from keywitness.detect.run import weight
    from keywitness.model.schema import Column, KqlType

    said = judged or {}
    ordered = sorted(findings, key=lambda f: (weight(f.severity), f.first_at, f.id))
    text = ("Id", "Severity", "Confidence", "Rule", "Version", "Title", "FirstAt", "LastAt", "State", "Note")
    lists = ("Identities", "Addresses", "Applications", "Vaults", "Objects")
    columns = [*(Column(n, KqlType.STRING) for n in text), *(Column(n, KqlType.DYNAMIC) for n in lists)]
    columns += [Column("Runs", KqlType.LONG), Column("Rows", KqlType.DYNAMIC)]
    print_list(
        columns,
        [
            (
                *(f.id, f.severity, f.confidence, f.rule.slug, f.rule.version, f.title, f.first_at, f.last_at),
                *(_state(said, f), said[f.id].note if f.id in said else ""),
                *map(list, (f.identities, f.addresses, f.applications, f.vaults, f.objects)),
                f.runs,
                list(f.rows),
            )
            for f in ordered
        ],
        format,
        ("Id", "Severity", "FirstAt", "State", "Rule", "Title", "Note"),
    )


def _print_incidents(incidents: Sequence[Incident], format: str) -> None:
    from keywitness.model.schema import Column, KqlType

    text, lists = ("Id", "Severity", "FirstAt", "LastAt"), ("Tactics", "Identities", "Addresses", "Vaults", "Links")
    columns = [*(Column(n, KqlType.STRING) for n in text), *(Column(n, KqlType.DYNAMIC) for n in lists)]
    columns += [Column("Findings", KqlType.DYNAMIC)]
    records = [
        (
            *(i.id, i.severity, i.first_at, i.last_at),
            *map(list, (i.tactics, i.all("identities"), i.all("addresses"), i.all("vaults"), i.links)),
            [f.id for f in i.findings],
        )
        for i in incidents
    ]
    print_list(columns, records, format, ("Id", "Severity", "FirstAt", "LastAt", "Identities", "Vaults", "Tactics"))


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("findings")(findings)
    app.command("judge")(judge)
