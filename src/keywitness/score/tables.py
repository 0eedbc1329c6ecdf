"""A score as tables: for the terminal, for the reference page, and as one list of measures."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from csv import DictWriter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from keywitness import __version__
from keywitness.score.card import Card, confused
from keywitness.score.result import Run


@dataclass(frozen=True, slots=True)
class Table:
    """A title, the names of columns, and rows of cells that are words already."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def tables(card: Card) -> tuple[Table, ...]:
    """All of a score, the goals first."""
    return (
        Table(
            "Goals",
            ("goal", "wanted", "reached", "met"),
            tuple((g.name, g.wanted, g.reached, "yes" if g.met else "no") for g in card.goals),
        ),
        Table(
            "Attacks",
            (
                "attack",
                "runs",
                "steps found",
                "missed",
                "incident",
                "exposure list",
                "session class",
                "rules",
            ),
            tuple(_attacks(card)),
        ),
        Table(
            "Ordinary life",
            (
                "company",
                "days",
                "events",
                "findings",
                "medium or above",
                "a day",
                "a day per 100,000",
                "session class",
            ),
            tuple(
                (
                    c.company,
                    str(c.days),
                    f"{c.events:,}",
                    str(c.findings),
                    str(c.severe),
                    f"{c.a_day:.2f}",
                    f"{c.per_day_per_100_000:.2f}",
                    "-" if c.accuracy is None else f"{c.accuracy:.2%}",
                )
                for c in card.companies
            ),
        ),
        Table(
            "Rules",
            ("rule", "steps found", "recall", "precision", "findings a clean day", "medium or above"),
            tuple(
                (
                    r.rule,
                    f"{r.steps} of {r.kinds}" if r.kinds else "0",
                    _share(r.recall),
                    _share(r.precision),
                    f"{r.clean:.2f}",
                    f"{r.severe:.2f}",
                )
                for r in card.rules
            ),
        ),
        Table(
            "Sessions by class",
            ("class", "sessions", "called so", "share"),
            tuple(_classes(card)),
        ),
        Table(
            "Sessions called something else",
            ("true class", "called", "sessions"),
            (
                *((one.truth, one.called, str(one.sessions)) for one in confused(card.confusion)),
                *([("of nobody the truth knows", "", str(card.strange))] if card.strange else []),
            ),
        ),
    )


def _attacks(card: Card) -> Iterator[tuple[str, ...]]:
    for a in card.attacks:
        missed = [f"missing {name}" for name in a.missing] + [f"extra {name}" for name in a.extra]
        yield (
            a.variant,
            str(a.runs),
            f"{a.steps - len(a.missed)} of {a.steps}",
            _few(a.missed) or "-",
            f"{a.told} of {a.runs}",
            _few(missed) or "exact",
            _share(a.accuracy),
            _few(a.rules, 6),
        )


def _classes(card: Card) -> Iterator[tuple[str, ...]]:
    for name in sorted({truth for truth, _ in card.confusion}):
        total = sum(n for (truth, _), n in card.confusion.items() if truth == name)
        right = card.confusion.get((name, name), 0)
        yield name, str(total), str(right), f"{right / total:.1%}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.0%}"


def _few(names: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def text(card: Card) -> str:
    """The tables for a terminal, in columns of their own width."""
    return "\n\n".join(f"{table.title}\n{_aligned(table)}" for table in tables(card) if table.rows)


def _aligned(table: Table) -> str:
    rows = [table.columns, *table.rows]
    widths = [max(len(row[n]) for row in rows) for n in range(len(table.columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    lines.insert(1, "  ".join("─" * width for width in widths))
    return "\n".join(f"  {line}" for line in lines)


def page(card: Card, made: Sequence[str]) -> str:
    """docs/reference/score.md. `made`: lines that say how the figures came to be."""
    parts = ["# Score", *made]
    for table in tables(card):
        if table.rows:
            head = "| " + " | ".join(table.columns) + " |\n|" + "---|" * len(table.columns)
            rows = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table.rows)
            parts.append(f"## {table.title}\n\n{head}\n{rows}")
    return "\n\n".join(parts) + "\n"


def measures(card: Card) -> Iterator[dict[str, Any]]:
    """Every cell as one record: table, row, measure, value."""
    for table in tables(card):
        for row in table.rows:
            name = f"{row[0]} -> {row[1]}" if table.title == "Sessions called something else" else row[0]
            for column, cell in zip(table.columns[1:], row[1:], strict=True):
                yield {"table": table.title, "name": name, "measure": column, "value": cell}


def origin(made: Sequence[Run], programs: Sequence[str]) -> str:
    """How the figures came to be: what was run, with which program, when."""
    most = max(len(run.variants) for run in made)
    events = sorted(run.events for run in made)
    facts = {
        "companies": ", ".join(sorted({run.company for run in made})),
        "seeds": ", ".join(map(str, sorted({run.seed for run in made}))),
        "days a run": ", ".join(map(str, sorted({run.days for run in made}))),
        "audit records a run": f"{events[0]:,} to {events[-1]:,}",
        "attacks that share a simulation": f"up to {most}",
        "runs whose sessions were compared": f"{sum(bool(run.sessions) for run in made)} of {len(made)}",
        "program": f"keywitness {__version__}, contents {', '.join(programs)}",
        "written": f"{datetime.now(UTC):%Y-%m-%d}",
    }
    told = "; ".join(f"{name}: {value}" for name, value in facts.items())
    return (
        f"Written by `keywitness lab score`: {len(made)} runs of the whole line. {told}. "
        "[How to read it](../how-to/measure-detection.md)."
    )


def csv(card: Card) -> str:
    """`measures` as CSV."""
    out = io.StringIO()
    writer = DictWriter(out, ("table", "name", "measure", "value"), lineterminator="\n")
    writer.writeheader()
    writer.writerows(measures(card))
    return out.getvalue()
