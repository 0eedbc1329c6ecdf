"""docs/reference/rules.md: the built-in rules and the keys of a rule, from the content itself."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from keywitness.detect.ideas import answered, ideas
from keywitness.detect.rule import Additions, Case, Parameter, Rule, techniques
from keywitness.detect.rule_files import load_rules
from keywitness.model.content import content, function_names

_INTRO = """\
# Rules

Made by `make docs` from `src/keywitness/content/rules`.

A rule is a file in the fields of a Microsoft Sentinel analytics rule, with what keywitness adds under one key of its
own. Ours see the whole evidence at once (`history: whole`); others are replayed on their schedule. Each carries its
proof: records that must match and near misses that must not, which the tests put through the real decoders and the real
engine. Success is always the HTTP status: `resultType` says `Success` also where a request was refused.

Each row of a rule's result is a finding. Its columns `Identities`, `Addresses`, `Applications`, `Vaults`, `Objects`
(one value or an array), `FirstAt`, `LastAt` and `Rows` (references of the source rows) become the finding's entities;
`Severity` and `Confidence` override the rule's own; every column can stand in `title` and `what` as `{{Column}}`, a
number with its noun as `{{Column:noun}}`. Sentinel's rules, which have none of these columns, are read through their
entity mappings."""

_IDEAS = """\
Published rules and hunts (A to E), the alerts of Microsoft Defender for Key Vault (KV_...) with logic of our own, and
ideas that nobody has published (G). An idea that we leave out says why."""

_SENTINEL_KEYS = (
    "id name description severity status requiredDataConnectors queryFrequency queryPeriod triggerOperator"
    " triggerThreshold tactics relevantTechniques query entityMappings customDetails alertDetailsOverride version kind"
)

_OUR_KEYS = {
    "slug": "short name, also the name of the file",
    "confidence": "how sure a finding is of what it says: high, medium or low",
    "title": "one line, with `{{Column}}`",
    "what": "what happened, with the numbers",
    "why": "why it matters",
    "taints": "what a finding of severity high or medium makes suspicious: its `rows`, the whole `session`, or `none`",
    "tables": "tables that the query reads; left out, they are found in the query, and one with rows is enough",
    "needs": "`all` of the tables must have rows, or `any`; otherwise the rule does not run, and the report says so",
    "parameters": "numbers, spans and lists that the query uses by name: name, type, default, meaning",
    "ideas": "ids of [the ideas](#ideas) that the rule answers",
    "history": "`whole`: the query sees all evidence at once; else the rule is replayed on its schedule",
    "unjudged": "a query with a column `Note`: who could not be judged, and why",
    "false_positives": "what looks like it and is none",
    "blind_spots": "what the rule cannot see",
    "response": "what to do",
    "fixtures": "YAML anchors for the cases",
    "cases": "name, number of findings, their `severity` if it matters, raw records (`series` and `every` repeat one), "
    "`watchlists` by alias",
}


def page() -> str:
    """The whole page."""
    rules = load_rules()
    parts = [_INTRO, _table(rules), _ideas(rules), *(section(rule) for rule in rules), _functions(), _keys()]
    return "\n\n".join(parts) + "\n"


def _table(rules: Iterable[Rule]) -> str:
    rows = ["| rule | severity | tables | ATT&CK | blind to |", "|---|---|---|---|---|"]
    for rule in rules:
        ids = ", ".join(rule.relevant_techniques)
        blind = rule.keywitness.blind_spots[0]
        tables = ", ".join(rule.keywitness.tables)
        rows.append(f"| [{rule.slug}](#{rule.slug}) | {rule.severity} | {tables} | {ids} | {_cell(blind)} |")
    return "\n".join(rows)


def _ideas(rules: Iterable[Rule]) -> str:
    """One row per idea of the survey: who answers it, from which logs, and what that cannot see."""
    rows = ["## Ideas", _IDEAS, "| idea | | rules | tables | ATT&CK | blind to |\n|---|---|---|---|---|---|"]
    survey = ideas()
    for id, found in answered(rules).items():
        if not found:
            why = f"left out: {survey[id].left_out}" if survey[id].left_out else "no rule yet"
            rows[-1] += f"\n| {id} | {_cell(survey[id].idea)} | {_cell(why)} | | | |"
            continue
        links = ", ".join(f"[{r.slug}](#{r.slug})" for r in found)
        tables = ", ".join(dict.fromkeys(t for r in found for t in r.keywitness.tables))
        attack = ", ".join(dict.fromkeys(t for r in found for t in r.relevant_techniques))
        blind = _cell(found[0].keywitness.blind_spots[0])
        rows[-1] += f"\n| {id} | {_cell(survey[id].idea)} | {links} | {tables} | {attack} | {blind} |"
    return "\n\n".join(rows)


def section(rule: Rule) -> str:
    """Everything about one rule, as Markdown."""
    ours = rule.keywitness
    named = ", ".join(f"{id} {name}" for id, name in techniques(rule.relevant_techniques))
    override = (
        " A finding may decide its severity itself." if rule.alert_details_override.alert_severity_column_name else ""
    )
    lines = [
        f"## {rule.slug}",
        f"**{rule.name}.** {' '.join(rule.description.split())}",
        f"{ours.why}",
        f"Severity {rule.severity.lower()}, confidence {ours.confidence}.{override} {named}. Version {rule.version}.",
    ]
    if ours.parameters:
        lines.append(_parameters(ours.parameters))
    lines.append(_list("What looks like it", ours.false_positives))
    lines.append(_list("What it cannot see", ours.blind_spots))
    lines.append(_list("What to do", ours.response))
    lines.append("Proof: " + "; ".join(_case(case) for case in ours.cases) + ".")
    lines.append(f"```kusto\n{rule.query.rstrip()}\n```")
    return "\n\n".join(lines)


def _parameters(parameters: Iterable[Parameter]) -> str:
    rows = ["| parameter | type | default | |", "|---|---|---|---|"]
    for p in parameters:
        default = ", ".join(p.default) if isinstance(p.default, list) else str(p.default)
        rows.append(f"| `{p.name}` | {p.type} | `{default}` | {_cell(p.meaning)} |")
    return "\n".join(rows)


def _case(case: Case) -> str:
    return f"{case.name} ({case.findings or 'no'} finding{'' if case.findings == 1 else 's'})"


def _list(title: str, texts: Iterable[str]) -> str:
    return f"{title}:\n\n" + "\n".join(f"- {text}" for text in texts)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _functions() -> str:
    lines = ["## Functions", "Rules call these; a finding's query has them in front, so that it runs by itself."]
    for name in sorted(function_names()):
        text = content("functions", f"{name}.kql").read_text("utf-8").rstrip()
        lines.append(f"### {name}\n\n```kusto\n{text}\n```")
    return "\n\n".join(lines)


def _keys() -> str:
    fields = [field.name for field in msgspec.structs.fields(Additions)]
    rows = ["| key | |", "|---|---|", *(f"| `{name}` | {_cell(_OUR_KEYS[name])} |" for name in fields)]
    sentinel = " ".join(f"`{key}`" for key in _SENTINEL_KEYS.split())
    return "\n\n".join(["## Keys of a rule", f"Sentinel's: {sentinel}.", "Under `keywitness`:", "\n".join(rows)])
