"""What is not proven of the vaults' logs, as the report says it: an answer per vault, and sentences on the causes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from keywitness.investigate.answer import Answer as Answered
from keywitness.investigate.clock import clock
from keywitness.investigate.heartbeat import Heartbeat
from keywitness.investigate.logged import Logged
from keywitness.investigate.proof import HEARTBEAT, HOUR, Gap
from keywitness.kql.literals import format_datetime
from keywitness.report.document import Answer, CoverageGap

#: Gaps of one vault that the document holds; all count in the answer.
SHOWN_GAPS = 200
#: Silences of callers, and missing hours, that sentences tell per vault.
TOLD = 2


def vault_gaps(known: Logged | None) -> tuple[Gap, ...]:
    """Every time between a vault's first and last record for which its log is not proven."""
    if known is None:
        return ()
    first, last = known.proof.span
    return known.proof.gaps(first, last + 1)


def shown_gaps(gaps: Sequence[Gap]) -> tuple[CoverageGap, ...]:
    """The first gaps as the document shows them."""
    return tuple(
        CoverageGap(since=format_datetime(g.start), until=format_datetime(g.end), reasons=g.reasons)
        for g in gaps[:SHOWN_GAPS]
    )


def vault_answer(known: Logged | None) -> str:
    """What can be said of objects of a vault that are not listed as read."""
    if known is None:
        return "no log: whether anything was read cannot be said"
    first, last = known.proof.span
    gaps = vault_gaps(known)
    span = f"from {clock(first)} to {clock(last)}"
    if not gaps:
        return f"the log was complete {span}: what is not listed as read was not read in that time"
    lost = sum(g.end - g.start for g in gaps) / HOUR
    many = "1 gap" if len(gaps) == 1 else f"{len(gaps):,} gaps"
    return (
        f"{many} {span}, in all {lost:,.1f} of {(last - first) / HOUR:,.1f} hours: what is not listed as read was not"
        " read in the other hours, and cannot be excluded in these"
    )


def doubts(known: Mapping[str, Logged]) -> list[str]:
    """Sentences on what speaks against the completeness of logs, vault by vault."""
    return [sentence for name in sorted(known) for sentence in _doubts(known[name])]


def _doubts(known: Logged) -> Iterator[str]:
    vault = known.vault
    if known.proof.against.any() and any(g.doubts & HEARTBEAT for g in vault_gaps(known)):
        yield from (_silence(beat, known) for beat in known.beats[:TOLD] if beat.silences)
    if known.missing:
        hours = ", ".join(clock(h) for h in known.missing[:TOLD])
        more = f" and {len(known.missing) - TOLD:,} more" if len(known.missing) > TOLD else ""
        many = "1 hour" if len(known.missing) == 1 else f"{len(known.missing):,} hours"
        yield (
            f"The storage folder of {vault} has no file of {many} ({hours}{more}) but late records of that time in the"
            " next file: unless these were all, a file is missing, and reads then cannot be excluded."
        )
    if len(known.tables) > 1:
        parts = (f"{t.table} from {clock(t.first)} to {clock(t.last)}, {t.hours:,} hours" for t in known.tables)
        spans = " and ".join(parts)
        yield (
            f"{vault} has rows of two tables: {spans}. The destination of its logs was changed, and each table alone"
            " shows a part; rows that both hold count where they were loaded first."
        )
    if known.unreadable:
        many = "1 record" if known.unreadable == 1 else f"{known.unreadable:,} records"
        yield f"{many} in evidence of {vault} could not be read: reads in those hours cannot be excluded."
    first, _ = known.proof.span
    for setting in known.settings[:TOLD]:
        who, when = setting.identity or "somebody", clock(setting.at)
        if setting.act == "changed":
            yield (
                f"A diagnostic setting of {vault} was changed by {who} at {when}, and the Activity Log does not say"
                " that it still has the audit log: that hour is not proven."
            )
        elif setting.act == "written" and first > setting.at > first - 24 * HOUR:
            yield (
                f"Logging of {vault} was set up at {when} by {who}; its first record is of {clock(first)}: earlier"
                " reads cannot be excluded."
            )


def _silence(beat: Heartbeat, known: Logged) -> str:
    first, last, chance = beat.silences[0]
    start, hours = known.proof.start + first * HOUR, last - first + 1
    more = f", and {len(beat.silences) - 1} more times" if len(beat.silences) > 1 else ""
    odds = "less than one in a million" if chance < 1e-6 else f"{chance:.2g}"
    return (
        f"{known.vault}: the caller {beat.caller} called in {beat.called:,} of the {beat.hours:,} hours of its active"
        f" days and was silent for {hours:,} hours from {clock(start)} on{more}, as was every other caller that always"
        f" calls; chance makes {odds} such silences: the log has a gap there, and reads in it cannot be excluded."
    )


def shown_answer(answer: Answered) -> Answer:
    """An answer as the document shows it."""
    return Answer(
        vault=answer.vault,
        name=answer.name,
        verdict=str(answer.verdict),
        sentence=answer.sentence,
        since=format_datetime(answer.since) if answer.since else "",
        until=format_datetime(answer.until) if answer.until else "",
        reads=answer.reads,
        rows=answer.rows[:SHOWN_GAPS],
        gaps=shown_gaps(answer.gaps),
    )
