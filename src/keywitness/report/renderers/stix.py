"""`stix.json`: the report as a STIX 2.1 bundle, for MISP, OpenCTI and others who exchange intelligence.

A finding is what was observed (`observed-data` over accounts, addresses and applications) and a `sighting` of each of
its ATT&CK techniques; an incident groups findings; addresses of suspicious reads are `indicator`s; the `report` holds
everything, and a `note` lists what to replace. All is marked TLP:AMBER: it names people and systems of the victim.

Ids are UUIDs of version 5: a second export of the same findings updates the first. Observables have the ids that
section 2.9 of the standard prescribes, so that they meet those of other producers.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable
from typing import Any

from keywitness.report import attack, instants
from keywitness.report.document import Document, Exposure, Finding, Incident, Technique
from keywitness.report.encoding import encodable, is_address, json_bytes, known, uid
from keywitness.report.figures import by_severity, is_suspicious
from keywitness.report.renderer import Renderer

Thing = dict[str, Any]

#: Of the standard, section 2.9: for ids of observables.
_OBSERVABLES = uuid.UUID("00abedb4-aa42-466c-9c01-fed23315a9b7")
#: Of the standard, section 7.2.1.4: the marking TLP:AMBER.
_AMBER = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
_LONG_AGO = "1970-01-01T00:00:00.000Z"
_CONFIDENCE = {"high": 85, "medium": 50, "low": 15}
_TECHNIQUE = re.compile(r"T\d{4}(\.\d{3})?")


def render(document: Document) -> bytes:
    """The bundle; the same document always gives the same."""
    return json_bytes(_Bundle(document).whole())


RENDERER = Renderer(name="stix", file_name="stix.json", render=render)


class _Bundle:
    """Objects by id, in the order in which they were first needed."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._made = _time(document.made_at) or _LONG_AGO
        begun = document.coverage.custody[:1]  # a case is known by the first entry of its custody chain
        self._case = begun[0].hash if begun else document.case
        self._begun = min(self._made, _time(begun[0].at) or self._made) if begun else self._made
        self._objects: dict[str, Thing] = {}
        self._author = _id("identity", "keywitness")
        self._objects[self._author] = {
            "type": "identity",
            "spec_version": "2.1",
            "id": self._author,
            "created": _LONG_AGO,
            "modified": _LONG_AGO,
            "name": "keywitness",
            "description": "Investigates key vault logs; the statements are of the evidence that the report names.",
            "identity_class": "system",
        }

    def whole(self) -> Thing:
        """Everything, the report last."""
        observed = {finding.id: self._finding(finding) for finding in by_severity(self._document.findings)}
        for incident in self._document.incidents:
            self._incident(incident, observed)
        self._indicators(observed)
        self._report()
        return {
            "type": "bundle",
            "id": _id("bundle", *self._objects, self._document.made_at),
            "objects": list(self._objects.values()),
        }

    def _finding(self, finding: Finding) -> str:
        """The observation of a finding, with its sightings; the id of the observation."""
        first, last = self._span(finding.first_at, finding.last_at)
        accounts = [self._account(name) for name in finding.identities if name]
        addresses = [self._address(text) for text in finding.addresses if is_address(text)]
        software = [self._observable("software", name=name) for name in finding.applications if name]
        vaults = [self._vault(name) for name in finding.vaults if name]
        facts = [*accounts, *addresses, *software]
        observed = ""
        if facts:
            observed = self._add(
                "observed-data",
                finding.id,
                first,
                first_observed=first,
                last_observed=last,
                number_observed=max(1, min(finding.row_count, 999_999_999)),
                object_refs=list(dict.fromkeys(facts)),
                external_references=[
                    _reference(finding.id, f"rule {finding.rule_id}: {finding.title}"),
                    *(_reference(session, "a session in which its rows lie") for session in finding.session_ids),
                ],
            )
        for technique in finding.techniques:
            self._sighting(finding, technique, observed, (first, last))
        self._note(finding, [*filter(None, [observed]), *vaults], first)
        return observed

    def _sighting(self, finding: Finding, technique: Technique, observed: str, span: tuple[str, str]) -> None:
        self._add(
            "sighting",
            f"{finding.id} {technique.id}",
            span[0],
            description=finding.what,
            confidence=_CONFIDENCE.get(finding.confidence),
            first_seen=span[0],
            last_seen=span[1],
            count=max(1, min(finding.row_count, 999_999_999)),
            sighting_of_ref=self._technique(technique, finding),
            observed_data_refs=[observed] if observed else [],
            summary=False,
        )

    def _note(self, finding: Finding, about: list[str], first: str) -> None:
        """The finding in words: what, why, what to do, what else could explain it, which rows."""
        parts = [finding.what, f"Why it matters: {finding.why}" if finding.why else ""]
        parts += [f"To do: {text}" for text in finding.response]
        parts += [f"Could also be: {text}" for text in finding.false_positives]
        parts += [f"Row {row.row} ({row.table}, {row.at}): {row.summary}" for row in finding.rows]
        self._add(
            "note",
            finding.id,
            first,
            abstract=finding.title,
            content="\n".join(filter(None, parts)),
            authors=[self._document.made_by],
            confidence=_CONFIDENCE.get(finding.confidence),
            labels=[f"severity:{finding.severity}"],
            object_refs=about or [self._author],
        )

    def _incident(self, incident: Incident, observed: dict[str, str]) -> None:
        story = [finding for finding in self._document.findings if finding.id in incident.finding_ids]
        first, _ = self._span(incident.first_at, incident.last_at)
        id = self._add(
            "incident",
            incident.id,
            first,
            name=f"Key vault incident {incident.id}",
            description="\n".join([incident.sentence, *(f"{one.first_at} {one.title}" for one in story)]),
            labels=[f"severity:{incident.severity}"],
            external_references=[_reference(incident.id, f"incident of the case {self._document.case}")],
        )
        related = [observed.get(finding.id, "") for finding in story]
        related += [self._technique(technique, one) for one in story for technique in one.techniques]
        related += [self._vault(name) for name in incident.vaults if name]
        for target in dict.fromkeys(filter(None, related)):
            self._relation(id, "related-to", target, first)

    def _indicators(self, observed: dict[str, str]) -> None:
        """Addresses from which a suspicious caller read something."""
        first: dict[str, str] = {}
        for item in self._document.exposure:
            for reader in item.readers:
                if reader.suspicious and is_address(reader.address):
                    seen = _time(reader.first_at) or self._made
                    first[reader.address] = min(first.get(reader.address, seen), seen)
        for address, seen in sorted(first.items()):
            kind = "ipv6-addr" if ":" in address else "ipv4-addr"
            id = self._add(
                "indicator",
                address,
                seen,
                name=f"{address} read objects of key vaults",
                description="Objects of key vaults were read from this address by a caller whom findings make suspect.",
                indicator_types=["anomalous-activity"],
                pattern=f"[{kind}:value = '{address}']",
                pattern_type="stix",
                pattern_version="2.1",
                valid_from=seen,
            )
            about = [observed[one.id] for one in self._document.findings if address in one.addresses]
            for target in dict.fromkeys(filter(None, about)):
                self._relation(id, "based-on", target, seen)

    def _report(self) -> None:
        document = self._document
        replace = [item for item in document.exposure if item.rotate_now]
        vaults = [self._vault(item.vault) for item in replace if item.vault]
        if replace:
            self._add(
                "note",
                f"replace now {self._case}",
                self._begun,
                abstract=f"{len(replace)} object versions to replace now",
                content="\n".join(_exposed(item) for item in replace),
                authors=[document.made_by],
                object_refs=list(dict.fromkeys(vaults)) or [self._author],
            )
        self._add(
            "report",
            self._case,
            self._begun,
            name=document.title or "Key vault investigation",
            description="\n".join([*document.summary, *document.coverage.cannot_conclude]),
            report_types=["observed-data"],
            published=self._made,
            external_references=[_reference(document.custody_head, f"head of the custody chain, case {document.case}")],
            object_refs=list(self._objects),
        )

    def _technique(self, technique: Technique, finding: Finding) -> str:
        kill_chain = [
            {"kill_chain_name": "mitre-attack", "phase_name": one.slug}
            for one in attack.tactics_of(technique.id, finding.tactics)
        ]
        url = f"https://attack.mitre.org/techniques/{technique.id.replace('.', '/')}"
        reference = known(
            source_name="mitre-attack",
            external_id=technique.id,
            url=url if _TECHNIQUE.fullmatch(technique.id) else "",
        )
        id = _id("attack-pattern", technique.id)
        if id in self._objects:
            phases = self._objects[id].setdefault("kill_chain_phases", [])
            phases += [phase for phase in kill_chain if phase not in phases]
            return id
        name = technique.name or technique.id
        more = known(kill_chain_phases=kill_chain, external_references=[reference])
        return self._add("attack-pattern", technique.id, _LONG_AGO, name=name, **more)

    def _vault(self, name: str) -> str:
        """A vault as the standard's infrastructure; its name is unique in a cloud."""
        return self._add(
            "infrastructure", name.lower(), _LONG_AGO, name=name, description="An Azure key vault of the victim."
        )

    def _account(self, name: str) -> str:
        return self._observable("user-account", **{"account_login" if "@" in name else "user_id": name})

    def _address(self, text: str) -> str:
        return self._observable("ipv6-addr" if ":" in text else "ipv4-addr", value=text)

    def _observable(self, kind: str, **contributing: str) -> str:
        """An observable whose id comes from its contributing properties, in canonical JSON, as the standard says."""
        name = json.dumps(encodable(contributing), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        id = f"{kind}--{uuid.uuid5(_OBSERVABLES, name)}"
        plain = {"type": kind, "spec_version": "2.1", "id": id, "object_marking_refs": [_AMBER]}
        self._objects.setdefault(id, plain | contributing)
        return id

    def _relation(self, source: str, kind: str, target: str, created: str) -> None:
        self._add(
            "relationship",
            f"{source} {kind} {target}",
            created,
            relationship_type=kind,
            source_ref=source,
            target_ref=target,
        )

    def _add(self, kind: str, key: str, created: str, **fields: Any) -> str:
        id = _id(kind, key)
        plain = {
            "type": kind,
            "spec_version": "2.1",
            "id": id,
            "created_by_ref": self._author,
            "created": created,
            "modified": max(created, self._made),
            "object_marking_refs": [_AMBER],
        }
        self._objects.setdefault(id, plain | {name: v for name, v in fields.items() if v not in (None, "", [])})
        return id

    def _span(self, first: str, last: str) -> tuple[str, str]:
        begin = _time(first) or _time(last) or self._made
        return begin, max(begin, _time(last) or begin)


def _id(kind: str, *key: str) -> str:
    return f"{kind}--{uid('stix', kind, *key)}"


def _time(text: str) -> str:
    """With three digits of a second, rounded down; "" when it is no time."""
    at = instants.parse(text)
    return at.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z" if at else ""


def _reference(external_id: str, description: str) -> Thing:
    return known(source_name="keywitness", external_id=external_id, description=description)


def _exposed(item: Exposure) -> str:
    left = ", its private key left the vault" if item.private_key_left else ""
    version = item.version or " or ".join(item.candidates) or "unknown"
    who: Iterable[str] = dict.fromkeys(r.identity for r in item.readers if r.suspicious or not is_suspicious(item))
    return (
        f"{item.object_type} {item.vault}/{item.name} version {version}{left}: read by "
        f"{', '.join(who)} between {item.first_at} and {item.last_at}. {item.reason}"
    ).strip()
