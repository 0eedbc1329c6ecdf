"""`keywitness access`: who may do what to which vault, who can make himself able to, and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from keywitness.cli.listing import print_list
from keywitness.cli.output import Format, FormatOption, QuietOption, note, progress
from keywitness.errors import UsageError

if TYPE_CHECKING:
    from keywitness.access.examine import Escalation, Examination, Question
    from keywitness.access.listing import Line
    from keywitness.case import Case
    from keywitness.model.schema import Column

GRAPHS = (".svg", ".graphml", ".json")


def access(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    principal: Annotated[
        list[str] | None,
        typer.Option("--principal", help="Only this user, group or application: object id, name or application id."),
    ] = None,
    vault: Annotated[list[str] | None, typer.Option("--vault", help="Only this vault: name or resource id.")] = None,
    object: Annotated[list[str] | None, typer.Option("--object", help="Only of this vault/name.")] = None,
    tier0: Annotated[bool, typer.Option("--tier0", help="Only vaults with objects that open everything.")] = False,
    at: Annotated[str, typer.Option("--at", help="As it was at this time; else as the newest exports say.")] = "",
    graph: Annotated[
        Path | None, typer.Option("--graph", help="Also write the paths: .svg, .graphml, or .json for BloodHound.")
    ] = None,
    format: FormatOption = Format.TABLE,
    quiet: QuietOption = False,
) -> None:
    """Say who may do what to which vault and why, and who can make himself able to.

    Without a question every vault is shown in figures. Answers: yes; conditional (it depends on what no export says);
    eligible (after activation); unknown (something that decides is missing). Lines of kind escalation are of those who
    cannot read secrets but can make themselves able to, step by step, each with its permission, evidence and fix.

    \b
    Examples:
      keywitness access ./case
      keywitness access ./case --vault kv-pay --graph kv-pay.svg
      keywitness access ./case --principal mallory@contoso.com --format jsonl
      keywitness access ./case --tier0 --at 2026-05-01T12:00Z --graph paths.json
    """
    from keywitness.access.examine import Question
    from keywitness.case import open_case
    from keywitness.posture.inventory import unfinished

    if graph is not None and graph.suffix.lower() not in GRAPHS:
        raise UsageError(f"'{graph.name}' is no picture of paths", help=f"give it one of {', '.join(GRAPHS)}")
    question = Question(tuple(principal or ()), tuple(vault or ()), tuple(object or ()), tier0)
    opened = open_case(case)
    with progress("access", quiet=quiet):
        examination = _examination(opened, at)
        escalating = [] if question.everything and graph is None else list(examination.escalations(question))
        records = _figures(examination) if question.everything else _answers(examination, question, escalating)
    columns, shown = (_figure_columns(), _FIGURES_SHOWN) if question.everything else (_answer_columns(), _ANSWERS_SHOWN)
    print_list(columns, records, format.value, shown)
    if graph is not None:
        _write(graph, examination, question, escalating)
    for said in (*unfinished(opened), *examination.remarks, *(p.sentence() for p in examination.problems)):
        note(said)


def _examination(opened: Case, at: str) -> Examination:
    from keywitness.access.changes import read_changes
    from keywitness.access.examine import Examination
    from keywitness.access.inventory import read_inventory
    from keywitness.investigate.scope import moment
    from keywitness.kql.literals import parse_datetime

    when = parse_datetime(moment(at, "at")) if at else None
    return Examination(read_inventory(opened), when, read_changes(opened))


#: What tables show.
_FIGURES_SHOWN = ("Vault", "Model", "Readers", "Conditional", "Eligible", "Unknown", "Escalating", "PerhapsEscalating")
_ANSWERS_SHOWN = ("Vault", "Principal", "Kind", "Answer", "Operations", "Why")
_GRANTS_SHOWN = ("Since", "Lived", "How", "Scope", "By", "Principal", "What", "Objects", "Remark")


def _figure_columns() -> list[Column]:
    from keywitness.model.schema import Column, KqlType

    text, count = KqlType.STRING, KqlType.LONG
    named = {"Vault": text, "Model": text, "Readers": count, "Conditional": count, "Eligible": count, "Unknown": count}
    named |= {"Escalating": count, "PerhapsEscalating": count, "VaultId": text}
    return [Column(name, kind) for name, kind in named.items()]


def _figures(examination: Examination) -> list[tuple[Any, ...]]:
    models = {True: "Azure roles", False: "access policies", None: "not said"}
    return [
        (
            *(s.vault.name, models[s.vault.rbac]),
            *(None if count < 0 else count for count in s.readers),
            *(s.sure, s.perhaps, s.vault.id),
        )
        for s in examination.summaries()
    ]


def _answer_columns() -> list[Column]:
    from keywitness.model.schema import Column, KqlType

    text, listed = KqlType.STRING, KqlType.DYNAMIC
    named = {"Vault": text, "Principal": text, "PrincipalKind": text, "Kind": text, "Answer": text}
    named |= {"Operations": listed, "Why": text, "Remarks": listed, "Fix": text, "Edges": listed, "Evidence": listed}
    named |= {"Happened": listed}
    named |= {"PrincipalId": text, "Scope": text}
    return [Column(name, kind) for name, kind in named.items()]


def _answers(examination: Examination, question: Question, escalating: Iterable[Escalation]) -> list[tuple[Any, ...]]:
    lines = (_line(examination, line) for line in examination.lines(question))
    paths = (record for e in escalating for record in _paths(examination, e))
    return [*lines, *paths]


def _line(examination: Examination, line: Line) -> tuple[Any, ...]:
    names, number = examination.tenant.principals, line.principal
    can = {str(answer): list(acts) for answer, acts in line.operations.items()}
    who = (names.names[number] or names.ids[number], names.kinds[number])
    said: tuple[Any, ...] = ("access", str(line.answer), can, line.why, list(line.remarks), "", [], list(line.rows), [])
    return (line.vault.name, *who, *said, names.ids[number], line.scope)


def _paths(examination: Examination, escalation: Escalation) -> Iterator[tuple[Any, ...]]:
    names, number = examination.tenant.principals, escalation.principal
    who = (names.names[number] or names.ids[number], names.kinds[number])
    for path in escalation.paths:
        remarks = list(dict.fromkeys(r for s in path.steps for r in s.remarks))
        rows = list(dict.fromkeys(row for s in path.steps for row in s.rows))
        fixes = dict.fromkeys(s.fix for s in path.steps if s.does and s.fix)
        said = ("escalation", str(path.answer), {str(path.answer): ["secret get"]}, path.sentence(), remarks)
        done = list(examination.happened.rows(path, escalation.vault))
        tail = ("; or ".join(fixes), [s.edge for s in path.steps], rows, done, names.ids[number], escalation.vault.id)
        yield (escalation.vault.name, *who, *said, *tail)


def _write(path: Path, examination: Examination, question: Question, escalating: Iterable[Escalation]) -> None:
    """Write the paths as a picture or for another tool."""
    from keywitness.access.graph import graph_of, graphml, opengraph

    made = graph_of([*examination.reading_paths(question), *(p for e in escalating for p in e.paths)])
    suffix = path.suffix.lower()
    if suffix == ".svg":
        from keywitness.report.pictures.access import standing_alone

        asked = ", ".join((*question.vaults, *question.objects, *question.principals)) or "every vault"
        text = standing_alone(made, title=f"Who gets at the secrets of {asked}")
    else:
        text = opengraph(made) if suffix == ".json" else graphml(made)
    path.write_text(text, "utf-8")
    note(f"{path}: {len(made.nodes):,} nodes, {len(made.steps):,} steps")


def grants(
    case: Annotated[Path, typer.Argument(help="The case folder.")],
    principal: Annotated[
        list[str] | None, typer.Option("--principal", help="Only of this user, group or application.")
    ] = None,
    vault: Annotated[list[str] | None, typer.Option("--vault", help="Only over this vault.")] = None,
    since: Annotated[str, typer.Option("--since", help="Only what was given not before this time.")] = "",
    until: Annotated[str, typer.Option("--until", help="Only what was taken away before this time.")] = "",
    lived: Annotated[str, typer.Option("--lived", help="Only what lived at most so long: 10m, 2h, 1d.")] = "",
    format: FormatOption = Format.TABLE,
    quiet: QuietOption = False,
) -> None:
    """List access that came or went, how long it lived, and what was done under it.

    From logs and from what several exports tell together; grants that simply stand are not listed. With --since and
    --until both: who had access only between the two.

    \b
    Examples:
      keywitness grants ./case --lived 10m
      keywitness grants ./case --vault kv-pay --since 2026-05-01 --until 2026-05-03
    """
    from keywitness.access.uses import Asked, grants_of
    from keywitness.case import open_case
    from keywitness.investigate.scope import moment
    from keywitness.kql.literals import parse_datetime, parse_timespan

    span = parse_timespan(lived) if lived else None
    if lived and span is None:
        raise UsageError(f"--lived: {lived!r} is no span of time", help="write it like 10m, 2h or 1d")
    begin, end = (
        parse_datetime(moment(text, name)) if text else None for text, name in ((since, "since"), (until, "until"))
    )
    with progress("grants", quiet=quiet):
        asked = Asked(tuple(principal or ()), tuple(vault or ()), begin, end, span)
        found = list(grants_of(open_case(case), asked))
    records = [
        (
            *(g.life.how, g.scope, g.principal, g.what, g.since, g.until, g.lived, g.life.by, g.acts, list(g.objects)),
            *(list(g.rows), list(g.life.rows), g.remark),
        )
        for g in found
    ]
    print_list(_grant_columns(), records, format.value, _GRANTS_SHOWN)
    note("grants that neither a log nor a second export shows changing are not listed; `keywitness access` has them")


def _grant_columns() -> list[Column]:
    from keywitness.model.schema import Column, KqlType

    text, time, listed = KqlType.STRING, KqlType.DATETIME, KqlType.DYNAMIC
    named = {"How": text, "Scope": text, "Principal": text, "What": text, "Since": time, "Until": time}
    named |= {"Lived": KqlType.TIMESPAN, "By": text, "Acts": listed, "Objects": listed}
    named |= {"ActRows": listed, "Evidence": listed, "Remark": text}
    return [Column(name, kind) for name, kind in named.items()]


def add_to(app: typer.Typer) -> None:
    """Register this module's commands."""
    app.command("access")(access)
    app.command("grants")(grants)
