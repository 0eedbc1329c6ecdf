"""The page for those who decide: five questions, answered in plain sentences with the numbers of the document.

Nothing is concluded here that the document does not say. What findings point to is told as that, and "nothing" is only
said together with how far the logs reach.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from keywitness.report import attack, instants
from keywitness.report.document import Document, Exposure, Finding
from keywitness.report.figures import Figures, figures, is_suspicious

#: What a tactic of ATT&CK is to somebody who does not know the word.
_PLAIN = {
    "Reconnaissance": "looked for a target",
    "ResourceDevelopment": "prepared tools",
    "InitialAccess": "got in",
    "Execution": "ran programs",
    "Persistence": "secured a way back",
    "PrivilegeEscalation": "gained more rights",
    "DefenseEvasion": "switched off or went round protection",
    "CredentialAccess": "took passwords, keys or certificates",
    "Discovery": "looked around",
    "LateralMovement": "moved on to other systems",
    "Collection": "gathered data",
    "CommandAndControl": "steered it from outside",
    "Exfiltration": "carried data out",
    "Impact": "deleted or damaged something",
}
_MOST_NAMED = 3
_SERIOUS = ("high", "medium")


@dataclass(frozen=True, slots=True)
class Step:
    """One kind of act in the order of an attack, and how many findings point to it."""

    tactic: str
    plain: str
    findings: int


@dataclass(frozen=True, slots=True)
class Brief:
    """Sentences per question; `steps` go with what happened, `links` of what to do lead into the page."""

    happened: tuple[str, ...]
    steps: tuple[Step, ...]
    taken: tuple[str, ...]
    since: tuple[str, ...]
    unknown: tuple[str, ...]
    todo: tuple[tuple[str, str], ...]  # sentence, and the place of the page that has the list; "" for none


def brief(document: Document) -> Brief:
    """The five answers."""
    numbers = figures(document)
    serious = [finding for finding in document.findings if finding.severity in _SERIOUS]
    return Brief(
        happened=_happened(document, serious),
        steps=_steps(serious),
        taken=_taken(numbers),
        since=_since(document, numbers, serious),
        unknown=_unknown(document, numbers),
        todo=_todo(document, numbers, serious),
    )


def _happened(document: Document, serious: Sequence[Finding]) -> tuple[str, ...]:
    if not serious:
        ran = sum(rule.status == "ran" for rule in document.coverage.rules)
        return (f"{_many(ran, 'rule')} looked for an attack, and found nothing serious in the logs that there are.",)
    who, where = _all(serious, "identities"), _all(serious, "addresses")
    by = f"the {_word(len(who), 'account')} {_named(who)}" if who else "an unknown account"
    at = f", used from {_named(where)}" if where else ""
    said = f"{_many(len(serious), 'serious finding')} {_verb(len(serious), 'points', 'point')} to {by}{at}."
    stories = [one for one in document.incidents if one.severity in _SERIOUS and len(one.finding_ids) > 1]
    if not stories:
        return (said,)
    joined = sum(finding.id in stories[0].finding_ids for finding in serious)
    which = (
        "All of them belong" if joined == len(serious) else f"{joined:,} of them {_verb(joined, 'belongs', 'belong')}"
    )
    return (said, f"{which} together and {_verb(joined, 'tells', 'tell')} one story.") if joined > 1 else (said,)


def _steps(serious: Sequence[Finding]) -> tuple[Step, ...]:
    count = Counter(name for finding in serious for name in set(attack.in_chain_order(finding.tactics)))
    return tuple(Step(name, _PLAIN[name], count[name]) for name in attack.in_chain_order(count) if name in _PLAIN)


def _taken(numbers: Figures) -> tuple[str, ...]:
    replace = numbers.rotate_now
    if not replace:
        return ("The logs show nothing that was read by somebody suspicious. Read this with what is unknown.",)
    kinds = Counter(item.object_type for item in replace)
    what = " and ".join(_many(number, kind) for kind, number in kinds.most_common())
    vaults = {item.vault for item in replace}
    said = [f"{what} from {_many(len(vaults), 'vault')} must be treated as known to a stranger."]
    keys = sum(item.private_key_left for item in replace)
    if keys:
        said.append(
            f"For {_many(keys, 'certificate')} the private key left as well: whoever has it can pass for the system "
            f"that {_verb(keys, 'it belongs', 'they belong')} to."
        )
    return tuple(said)


def _since(document: Document, numbers: Figures, serious: Sequence[Finding]) -> tuple[str, ...]:
    said = []
    starts = sorted(finding.first_at for finding in serious if instants.parse(finding.first_at))
    if starts:
        said.append(
            f"The first sign is of {_clock(starts[0])}, {_ago(starts[0], document.made_at)} before this report."
        )
    reads = sorted(at for item in numbers.rotate_now for at in _suspicious(item) if instants.parse(at))
    if reads:
        said.append(f"What must be replaced was read {_between(reads[0], reads[-1])}.")
    if not said:
        said.append(f"The logs reach from {_clock(document.coverage.since)} to {_clock(document.coverage.until)}.")
    return tuple(said)


def _unknown(document: Document, numbers: Figures) -> tuple[str, ...]:
    said = []
    if numbers.vaults_silent:
        whole, length = _many(numbers.vaults, "vault"), instants.duration(numbers.silent_seconds)
        said.append(
            f"{numbers.vaults_silent:,} of {whole} {_verb(numbers.vaults_silent, 'was', 'were')} silent for longer "
            f"than usual, {length} in all: what was read then cannot be known."
        )
    if numbers.vaults_unlogged:
        said.append(f"Of {_many(numbers.vaults_unlogged, 'vault')} there is no audit log at all.")
    said += document.coverage.cannot_conclude[:1]
    if not said:
        said.append("The logs that were given have no gap that we know of.")
    said.append(
        f"Nothing before {_clock(document.coverage.since)} or after {_clock(document.coverage.until)} was looked at."
    )
    return tuple(said)


def _todo(document: Document, numbers: Figures, serious: Sequence[Finding]) -> tuple[tuple[str, str], ...]:
    said: list[tuple[str, str]] = []
    if numbers.rotate_now:
        said.append((f"Replace {_many(len(numbers.rotate_now), 'object')}, private keys first", "rotate"))
    who, where = _all(serious, "identities"), _all(serious, "addresses")
    if who:
        said.append((f"Lock {_named(who)} or have the owner confirm every act", "identities"))
    if where:
        said.append((f"Ask whom {_named(where)} {_verb(len(where), 'belongs', 'belong')} to", "addresses"))
    if any(tactic == "DefenseEvasion" for one in serious for tactic in attack.in_chain_order(one.tactics)):
        said.append(("See that logging and firewalls of the vaults are on again", "findings"))
    if document.coverage.cannot_conclude:
        gaps = len(document.coverage.cannot_conclude)
        said.append((f"Get the logs that are missing, or decide without: {_many(gaps, 'open question')}", "coverage"))
    return tuple(said)


def _all(findings: Iterable[Finding], name: str) -> list[str]:
    """Whom or what findings name, the most often named first."""
    count = Counter(value for finding in findings for value in dict.fromkeys(getattr(finding, name)) if value)
    return [value for value, _ in sorted(count.items(), key=lambda pair: (-pair[1], pair[0]))]


def _suspicious(item: Exposure) -> Iterable[str]:
    readers = [reader for reader in item.readers if reader.suspicious or not is_suspicious(item)]
    return [at for reader in readers for at in (reader.first_at, reader.last_at)]


def _named(values: Sequence[str]) -> str:
    shown = [value if len(value) <= 80 else f"{value[:79]}…" for value in values[:_MOST_NAMED]]
    rest = len(values) - len(shown)
    if rest:
        return f"{', '.join(shown)} and {rest:,} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _clock(text: str) -> str:
    """`15 July 2025, 01:30 UTC`."""
    at = instants.parse(text)
    return f"{at.day} {at:%B %Y, %H:%M} UTC" if at else "an unknown time"


def _between(first: str, last: str) -> str:
    begin, end = instants.parse(first), instants.parse(last)
    if begin is None or end is None or f"{begin:%F %H:%M}" == f"{end:%F %H:%M}":
        return f"on {_clock(first)}"
    if begin.date() == end.date():
        return f"on {begin.day} {begin:%B %Y} between {begin:%H:%M} and {end:%H:%M} UTC"
    return f"between {_clock(first)} and {_clock(last)}"


def _ago(first: str, made: str) -> str:
    begin, end = instants.parse(first), instants.parse(made)
    if begin is None or end is None or end < begin:
        return "some time"
    days = (end - begin).days
    return _many(days, "day") if days else "less than a day"


def _many(number: int, noun: str) -> str:
    return f"{number:,} {_word(number, noun)}"


def _word(number: int, noun: str) -> str:
    return noun if number == 1 else f"{noun}s"


def _verb(number: int, one: str, several: str) -> str:
    return one if number == 1 else several
