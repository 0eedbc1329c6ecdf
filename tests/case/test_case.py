"""Whole loads through the real decoder: sums, repeated loads, custody."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from tests.case.evidence import lines, record, write_evidence
from tests.case.reading import content, files_of, stored_rows, sums

from keywitness.case import create_case, open_case
from keywitness.errors import (
    CaseBusyError,
    CaseDamagedError,
    CaseError,
    CaseNotFoundError,
    CaseTooNewError,
    EvidenceChangedError,
    EvidenceUnreadableError,
    UsageError,
)
from keywitness.store.lock import writer_lock


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, int]:
    """A case folder, its evidence folder, and the number of records."""
    folder = tmp_path_factory.mktemp("loaded")
    read = write_evidence(folder / "logs", files=4, records=60)
    create_case(folder / "case").ingest([folder / "logs"])
    return folder / "case", folder / "logs", read


def test_every_item_adds_up(loaded: tuple[Path, Path, int]) -> None:
    case, _, read = loaded
    items = open_case(case).evidence()
    assert all(e.complete and e.read == e.stored + e.duplicate + e.rejected for e in items)
    assert sum(e.read for e in items) == read
    assert sum(e.rejected for e in items) == 1
    assert sum(e.duplicate for e in items) == 60
    assert sum(e.stored for e in items) == len(stored_rows(open_case(case)))


def test_a_duplicate_knows_where_it_stood_and_what_it_equals(loaded: tuple[Path, Path, int]) -> None:
    case = open_case(loaded[0])
    columns, records = case.duplicate_records()
    assert [c.name for c in columns] == ["Row", "Path", "Member", "Length", "Table", "Equals"]
    row, path, _, length, table, equals = records[0]
    assert (Path(path).name, table) == ("again.json", "AzureDiagnostics") or (
        Path(path).name,
        table,
    ) == ("PT1H-00.json", "AzureDiagnostics")
    assert case.show(row).data == case.show(equals).data
    assert len(case.show(row).data) == length


def test_a_rejected_record_is_kept_with_place_reason_and_text(loaded: tuple[Path, Path, int]) -> None:
    case = open_case(loaded[0])
    _, ((row, path, _, line, _, reason, text),) = case.rejected_records()
    assert (Path(path).name, line, text) == ("again.json", 61, "{broken")
    assert reason
    assert case.show(row).data == b"{broken"


def test_the_same_evidence_again_adds_nothing(loaded: tuple[Path, Path, int]) -> None:
    case, logs, read = loaded
    before, entries = content(open_case(case)), len(open_case(case).custody_records()[1])
    again = open_case(case).ingest([logs])
    assert (again.counts.read, again.counts.stored, again.counts.duplicate) == (read, 0, read)
    assert content(open_case(case)) == before
    assert len(open_case(case).custody_records()[1]) == entries


def test_evidence_is_never_written_to(tmp_path: Path) -> None:
    write_evidence(tmp_path / "logs", files=2, records=20)
    before = files_of(tmp_path / "logs")
    case = create_case(tmp_path / "case")
    case.ingest([tmp_path / "logs"])
    case.verify()
    assert files_of(tmp_path / "logs") == before


def test_a_row_of_an_undocumented_table_is_a_duplicate_whatever_was_loaded_before(tmp_path: Path) -> None:
    """The first load decides the columns' types: a time is ticks in the next one, and is still the same row."""
    rows = [{"$table": "Ports", "Seen": f"2026-01-0{n}T00:00:00Z", "Port": n, "Tags": {"a": n}} for n in range(1, 5)]
    case = create_case(tmp_path / "case")
    counts = []
    for name, part in (("a.json", rows[:3]), ("b.json", rows)):
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in part))
        counts.append(case.ingest([tmp_path / name]).counts)
    assert [(c.read, c.stored, c.duplicate) for c in counts] == [(3, 3, 0), (4, 1, 3)]


def test_a_part_of_the_evidence_again_under_another_name_counts_as_duplicate(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.json").write_bytes(lines(0, 30))
    case = create_case(tmp_path / "case")
    case.ingest([logs])
    (logs / "copy.json").write_bytes(lines(0, 30))  # the same bytes
    (logs / "grown.json").write_bytes(lines(10, 30))  # 20 of them, and 10 new ones
    report = case.ingest([logs])
    assert [(i.counts.read, i.counts.stored, i.counts.duplicate) for i in report.items] == [(30, 10, 20), (30, 0, 30)]
    assert len(stored_rows(case)) == 40
    assert {(Path(e.path).name, e.same_as) for e in case.evidence()} == {
        ("a.json", 0),
        ("grown.json", 0),
        ("copy.json", 1),
    }


def test_the_case_inside_the_evidence_folder_is_not_evidence(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(lines(0, 5))
    case = create_case(tmp_path / "case")
    case.ingest([tmp_path])
    case.ingest([tmp_path])
    assert [Path(e.path).name for e in case.evidence()] == ["a.json"]


def test_show_finds_moved_evidence_and_names_changed_evidence(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.json").write_bytes(lines(0, 3))
    case = create_case(tmp_path / "case")
    case.ingest([logs])
    second = f"E1:{len(lines(0, 1))}"
    assert json.loads(case.show(second).data) == record(1)
    moved = tmp_path / "elsewhere" / "renamed.log"
    moved.parent.mkdir()
    shutil.move(logs / "a.json", moved)
    with pytest.raises(EvidenceUnreadableError, match="not there any more"):
        case.show(second)
    shown = case.show(second, places=[tmp_path / "elsewhere"])
    assert json.loads(shown.data) == record(1)
    assert any("renamed.log" in line for line in shown.remarks())
    moved.write_bytes(lines(0, 3).replace(b"SecretGet", b"SecretSet"))
    with pytest.raises(EvidenceUnreadableError):
        case.show(second, places=[tmp_path / "elsewhere"])
    shutil.move(moved, logs / "a.json")
    with pytest.raises(EvidenceChangedError, match=r"a\.json has changed"):
        case.show(second)


def test_show_reads_members_of_archives(loaded: tuple[Path, Path, int]) -> None:
    case = open_case(loaded[0])
    item = next(e for e in case.evidence() if e.member == "m1.json")
    assert json.loads(case.show(f"E{item.number}:0").data)["category"] == "AuditEvent"


@pytest.mark.parametrize("row", ["", "17", "E1", "E1:x", "E99:0", "E1:7", "E1:0; DROP"])
def test_a_reference_to_nothing_is_a_usage_error(loaded: tuple[Path, Path, int], row: str) -> None:
    with pytest.raises(UsageError):
        open_case(loaded[0]).show(row)


def test_verify_names_what_changed(tmp_path: Path) -> None:
    write_evidence(tmp_path / "logs", files=2, records=20)
    case = create_case(tmp_path / "case")
    case.ingest([tmp_path / "logs"])
    whole = case.verify()
    assert (whole.exit_code, whole.problems) == (0, ())
    assert whole.head == case.snapshot().state.head

    (tmp_path / "logs" / "PT1H-00.json").write_bytes(b"{}\n")
    (tmp_path / "logs" / "large.json").unlink()
    report = case.verify()
    assert report.exit_code == 4
    assert {Path(p.name).name for p in report.problems} == {"PT1H-00.json", "large.json"}

    segment = next((tmp_path / "case" / "segments").rglob("*.parquet"))
    changed = bytearray(segment.read_bytes())
    changed[len(changed) // 2] ^= 1
    segment.write_bytes(changed)
    report = case.verify()
    assert report.exit_code == 3
    assert segment.name in {Path(p.name).name for p in report.problems}


def test_a_changed_ledger_entry_breaks_the_chain(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(lines(0, 5))
    case = create_case(tmp_path / "case")
    case.ingest([tmp_path / "a.json"], by="analyst@contoso.com")
    case.record("report made", {"file": "report.html"})
    entry = tmp_path / "case" / "ledger" / "00000002.json"
    content_ = entry.read_bytes()
    entry.write_bytes(content_.replace(b"analyst@contoso.com", b"nobody@contoso.com."))
    assert [p.name for p in case.verify().problems] == ["00000002.json"]
    with pytest.raises(CaseDamagedError, match="predecessor"):
        case.snapshot()
    entry.unlink()
    assert case.verify().exit_code == 3
    with pytest.raises(CaseDamagedError):
        case.snapshot()


@pytest.mark.parametrize("tampering", ["changed", "removed", "forgotten"])
def test_the_newest_ledger_entry_is_covered_too(tmp_path: Path, tampering: str) -> None:
    (tmp_path / "a.json").write_bytes(lines(0, 5))
    case = create_case(tmp_path / "case", by="analyst@contoso.com")
    case.ingest([tmp_path / "a.json"], by="analyst@contoso.com")
    newest = sorted((tmp_path / "case" / "ledger").iterdir())[-1]
    blamed = newest
    if tampering == "changed":
        newest.write_bytes(newest.read_bytes().replace(b"analyst@contoso.com", b"nobody@contoso.com."))
    elif tampering == "removed":
        newest.unlink()
    else:
        blamed = tmp_path / "case" / "ledger-head.json"
        blamed.unlink()
    report = case.verify()
    assert [p.name for p in report.problems] == [blamed.name]
    assert report.exit_code == 3
    if tampering != "forgotten":
        with pytest.raises(CaseDamagedError, match=newest.name):
            open_case(tmp_path / "case").snapshot()


def test_a_kill_before_the_head_is_written_down_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(lines(0, 5))
    case = create_case(tmp_path / "case")
    case.ingest([tmp_path / "a.json"])
    head = tmp_path / "case" / "ledger-head.json"
    before = head.read_bytes()
    case.record("report made", {"file": "report.html"})
    head.write_bytes(before)
    assert case.verify().exit_code == 0
    case.record("report made", {"file": "again.html"})
    assert case.verify().exit_code == 0
    assert head.read_bytes() != before


def test_custody_says_who_added_what(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(lines(0, 5))
    case = create_case(tmp_path / "case", by="analyst@contoso.com")
    case.ingest([tmp_path / "a.json"], by="analyst@contoso.com")
    columns, records = case.custody_records()
    names = [c.name for c in columns]
    assert [dict(zip(names, r, strict=True))["Action"] for r in records] == ["case created", "evidence added"]
    added = dict(zip(names, records[1], strict=True))
    assert (added["By"], added["Read"], added["Stored"]) == ("analyst@contoso.com", 5, 5)
    assert added["Previous"] == dict(zip(names, records[0], strict=True))["Hash"]


def test_what_is_no_case_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaseNotFoundError):
        open_case(tmp_path / "nothing")
    (tmp_path / "file").write_text("x")
    with pytest.raises(CaseError, match="not empty"):
        create_case(tmp_path)
    create_case(tmp_path / "case")
    with pytest.raises(CaseError, match="is a case already"):
        create_case(tmp_path / "case")


def test_a_case_of_a_newer_version_is_not_touched(tmp_path: Path) -> None:
    create_case(tmp_path / "case")
    file = tmp_path / "case" / "case.json"
    file.write_text(json.dumps({"format": 99, "anything": "new"}))
    before = files_of(tmp_path / "case")
    with pytest.raises(CaseTooNewError, match="format 99"):
        open_case(tmp_path / "case")
    assert files_of(tmp_path / "case") == before
    file.write_text("not json")
    with pytest.raises(CaseDamagedError):
        open_case(tmp_path / "case")


def test_one_writer_at_a_time(tmp_path: Path) -> None:
    case = create_case(tmp_path / "case")
    (tmp_path / "a.json").write_bytes(lines(0, 5))
    with writer_lock(case.snapshot().layout), pytest.raises(CaseBusyError, match=str(os.getpid())):
        case.ingest([tmp_path / "a.json"])
    assert case.ingest([tmp_path / "a.json"]).counts.stored == 5


def test_unreadable_files_are_said_once_and_the_rest_loads(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.json").write_bytes(lines(0, 5))
    (tmp_path / "logs" / "gone.json").symlink_to(tmp_path / "nowhere.json")
    case = create_case(tmp_path / "case")
    for _ in range(2):
        report = case.ingest([tmp_path / "logs"])
        assert [Path(p.path).name for p in report.passed_over] == ["gone.json"]
    assert len(case.snapshot().state.passed_over) == 1
    assert sums(case)[0][5:9] == (5, 5, 0, 0)


def test_a_path_that_does_not_exist_is_refused_before_anything_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(lines(0, 5))
    case = create_case(tmp_path / "case")
    with pytest.raises(EvidenceUnreadableError, match="no file or folder"):
        case.ingest([tmp_path / "a.json", tmp_path / "lgos"])
    assert case.evidence() == ()


def test_a_column_keeps_its_type_in_a_later_load(tmp_path: Path) -> None:
    """A watchlist whose Port looks like a number today and like a text tomorrow stays one column."""
    case = create_case(tmp_path / "case")
    for name, value in (("today", "443"), ("tomorrow", "http")):
        (tmp_path / f"{name}.json").write_text(json.dumps({"$table": "Ports", "Name": name, "Port": value}) + "\n")
        case.ingest([tmp_path / f"{name}.json"])
    (table,) = (t for t in case.table_facts() if t[0] not in ("AzureDiagnostics",))
    schema = case.snapshot().schema(table[0])
    assert schema is not None
    assert [c.name for c in schema.visible()].count("Port") == 1


@pytest.mark.parametrize("harm", ["missing", "cut"])
def test_a_missing_or_cut_segment_is_refused_before_a_query_could_miss_rows(tmp_path: Path, harm: str) -> None:
    (tmp_path / "a.json").write_bytes(lines(0, 5))
    case = create_case(tmp_path / "case")
    case.ingest([tmp_path / "a.json"])
    segment = next((tmp_path / "case" / "segments").rglob("*.parquet"))
    if harm == "missing":
        segment.unlink()
    else:
        segment.write_bytes(segment.read_bytes()[:-1])
    with pytest.raises(CaseDamagedError, match=segment.name):
        open_case(tmp_path / "case").snapshot()
    with pytest.raises(CaseDamagedError, match=segment.name):
        open_case(tmp_path / "case").ingest([tmp_path / "a.json"])
    assert open_case(tmp_path / "case").verify().exit_code == 3


@pytest.mark.parametrize("name", ["it's [1]*{a}", "what? #1&2", "ü ; DROP"])
def test_a_case_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    """Glob characters, quotes, and what DuckDB would take for a hive partition."""
    (tmp_path / "a.json").write_bytes(lines(0, 5))
    folder = tmp_path / "y=2026" / name
    case = create_case(folder)
    case.ingest([tmp_path / "a.json"])
    list(case.optimize())
    assert [len(stored_rows(open_case(folder), t)) for t in ("AzureDiagnostics", "AZKVAuditLogs")] == [5, 5]
    assert json.loads(case.show("E1:0").data) == record(0)


def test_a_case_that_was_zipped_and_moved_answers_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(lines(0, 5))
    case = create_case(tmp_path / "case")
    case.ingest([tmp_path / "a.json"])
    list(case.optimize())
    before = content(case)
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path / "case")
    shutil.rmtree(tmp_path / "case")
    shutil.unpack_archive(packed, tmp_path / "elsewhere")
    moved = open_case(tmp_path / "elsewhere")
    assert content(moved) == before
    assert moved.verify().exit_code == 0
