"""The scorer says named, missed, lookalike or unexplained; the right words without the rows do not fool it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from keywitness.lab.simulate import simulate
from keywitness.lab.truth import Exposed, Line, Step
from keywitness.report.document import (
    SCHEMA_VERSION,
    Coverage,
    Document,
    EvidenceFile,
    Exposure,
    ExposureReader,
    Finding,
    RowRef,
    Scope,
)
from keywitness.score.naming import score

from ..lab.conftest import Simulated


def offset_of(out: Path, line: Line) -> int:
    return sum(len(text) + 1 for text in (out / line.file).read_bytes().split(b"\n")[: line.line - 1])


def evidence(article: Simulated, prefix: str = "/elsewhere/copy") -> dict[str, EvidenceFile]:
    files = sorted({line.file for step in article.truth.steps for line in step.records})
    return {
        file: EvidenceFile(
            number=number, path=f"{prefix}/{file}", member="", sha256="", size=0, shape="", read=0, stored=0,
            duplicate=0, rejected=0,
        )
        for number, file in enumerate(files, 1)
    }  # fmt: skip


def finding(number: int, rule: str, rows: tuple[str, ...], identities: tuple[str, ...] = ()) -> Finding:
    return Finding(
        id=f"F-{number}", rule_id=rule, rule_name=rule, rule_version="1", severity="high", confidence="high", title="t",
        what="", why="", techniques=(), tactics=(), identities=identities, addresses=(), applications=(), vaults=(),
        objects=(), first_at="", last_at="", query="",
        rows=tuple(RowRef(row=row, table="", at="", summary="", source="") for row in rows), row_count=len(rows),
    )  # fmt: skip


def of_step(article: Simulated, step: Step, number: int, files: dict[str, EvidenceFile]) -> Finding:
    rows = tuple(f"E{files[line.file].number}:{offset_of(article.out, line)}" for line in step.records)
    return finding(number, step.expected_rules[0], rows)


def exposure(item: Exposed, address: str = "203.0.113.66") -> Exposure:
    reader = ExposureReader(
        identity="", identity_id="", application="", address=address, reads=1, first_at="", last_at="", session_ids=(),
        rows=(), suspicious=True,
    )  # fmt: skip
    return Exposure(
        vault=item.vault, object_type=item.type, name=item.name, version=item.version,
        private_key_left=item.private_key, how="SecretGet", readers=(reader,), reads=1, first_at="", last_at="",
        rotate_now=True, reason="",
    )  # fmt: skip


def document(
    files: dict[str, EvidenceFile], findings: tuple[Finding, ...], exposed: tuple[Exposure, ...] = ()
) -> Document:
    coverage = Coverage(
        since="",
        until="",
        vaults=(),
        tables=(),
        evidence=tuple(files.values()),
        rejected=(),
        rules=(),
        cannot_conclude=(),
    )
    return Document(
        schema_version=SCHEMA_VERSION, title="", case="", made_at="", made_by="", custody_head="", scope=Scope(),
        summary=(), coverage=coverage, findings=findings, sessions=(), exposure=exposed, timeline=(),
    )  # fmt: skip


def test_a_report_that_names_everything(article: Simulated) -> None:
    files = evidence(article)
    findings = tuple(of_step(article, step, number, files) for number, step in enumerate(article.truth.steps))
    exposed = tuple(exposure(item) for item in article.truth.exposed if item.logged)
    result = score(article.truth, document(files, findings, exposed), article.out)
    assert result.missed == result.unexplained == result.unlisted == result.keys_overlooked == ()
    assert {f.verdict for f in result.findings} == {"step"}
    assert result.render().startswith("15 of 15 steps named")


def test_a_finding_of_another_rule_does_not_name_the_step(article: Simulated) -> None:
    files = evidence(article)
    step = article.truth.steps[8]
    wrong = msgspec.structs.replace(of_step(article, step, 1, files), rule_id="unusual-volume")
    result = score(article.truth, document(files, (wrong,)), article.out)
    assert len(result.missed) == 15
    assert result.steps[8].touched == ("F-1 unusual-volume",)
    assert result.findings[0].steps == (step.id,)


def test_the_right_rule_about_other_rows_is_unexplained(article: Simulated) -> None:
    """Same rule, same file, another record: it must not count."""
    files = evidence(article)
    line = article.truth.steps[8].records[0]
    near = finding(1, "watched-secret-read", (f"E{files[line.file].number}:{offset_of(article.out, line) + 1}",))
    result = score(article.truth, document(files, (near,)), article.out)
    assert len(result.missed) == 15
    assert [f.verdict for f in result.findings] == ["unexplained"]
    assert "1 unexplained" in result.render()


def test_a_lookalike_is_known_by_any_of_its_names(article: Simulated) -> None:
    scanner = article.truth.lookalikes[0]
    for alias in scanner.aliases:
        about = finding(1, "vault-listing-sweep", (), (alias.upper(),))
        result = score(article.truth, document({}, (about,)), article.out)
        assert [f.verdict for f in result.findings] == ["lookalike"]
    other = finding(1, "watched-secret-read", (), (scanner.name,))
    assert score(article.truth, document({}, (other,)), article.out).unexplained


def test_exposure_needs_the_attacker_among_the_readers(article: Simulated) -> None:
    logged = [item for item in article.truth.exposed if item.logged]
    by_others = tuple(exposure(item, address="198.51.100.77") for item in logged)
    result = score(article.truth, document({}, (), by_others), article.out)
    assert set(result.unlisted) == set(logged)


def test_an_overlooked_private_key_is_said(article: Simulated) -> None:
    certificate = next(item for item in article.truth.exposed if item.private_key)
    plain = msgspec.structs.replace(exposure(certificate), private_key_left=False)
    result = score(article.truth, document({}, (), (plain,)), article.out)
    assert result.keys_overlooked == (certificate,)


def test_rows_of_a_data_export_are_known_wherever_the_folder_lies(tmp_path: Path) -> None:
    """Their container is no diagnostic setting's: `am-azkvauditlogs` with a folder for each workspace."""
    truth = simulate(tmp_path, company="grid", scenario="firewall-opened", vaults=10, days=4, events=500, seed=5)
    exported = Simulated(tmp_path, truth, {})
    files = evidence(exported)
    assert any("am-azkvauditlogs" in file for file in files)
    step = next(s for s in truth.steps if any("am-azkvauditlogs" in line.file for line in s.records))
    lines = [line for line in step.records if "am-azkvauditlogs" in line.file]
    rows = tuple(f"E{files[line.file].number}:{offset_of(tmp_path, line)}" for line in lines)
    result = score(truth, document(files, (finding(1, "any", rows),)), tmp_path)
    assert next(s for s in result.steps if s.step.id == step.id).touched == ("F-1 any",)
