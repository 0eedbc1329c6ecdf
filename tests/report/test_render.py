from pathlib import Path

import msgspec
import pytest

from keywitness.errors import ReportFormError, UsageError
from keywitness.report.document import Triage
from keywitness.report.render import chosen, write_report
from keywitness.report.renderers import FORMS, RENDERERS

SMALL = Path(__file__).parent / "snapshots" / "small"


def test_page_and_document_are_written(sample, tmp_path):
    paths = write_report(sample.document(), tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["report.html", "report.json"]
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == ["report.html", "report.json"]
    assert paths[0].stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", sorted(RENDERERS.keys() - {"pdf"}))
def test_every_form_is_reproducible_utf8(sample, name):
    renderer = RENDERERS[name]
    data = renderer.render(sample.document())
    assert data == renderer.render(sample.document())
    assert data.decode("utf-8").endswith("\n")
    assert renderer.name == name
    assert renderer.file_name.count(".") == 1


def test_a_report_that_is_there_is_replaced_whole(sample, tmp_path):
    (tmp_path / "report.json").write_text("old")
    write_report(sample.document(), tmp_path, forms=("json",))
    assert (tmp_path / "report.json").read_bytes() == RENDERERS["json"].render(sample.document())


def test_a_failed_write_leaves_the_old_report_and_no_rest(sample, tmp_path, monkeypatch):
    (tmp_path / "report.json").write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("keywitness.report.render.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_report(sample.document(), tmp_path, forms=("json",))
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]
    assert (tmp_path / "report.json").read_text() == "old"


def test_an_unknown_form_is_an_error(sample, tmp_path):
    with pytest.raises(KeyError):
        write_report(sample.document(), tmp_path, forms=("papyrus",))


@pytest.mark.parametrize("path", sorted(SMALL.iterdir()), ids=lambda path: path.name)
def test_the_small_document_is_the_snapshot_in_every_form(sample, path):
    """After a wanted change: `python tests/report/snapshots/write.py`."""
    (renderer,) = [one for one in RENDERERS.values() if one.file_name == path.name]
    assert renderer.render(sample.small_document()).decode("utf-8").splitlines() == (
        path.read_text("utf-8").splitlines()
    )


def test_file_names_are_unique():
    names = [one.file_name for one in RENDERERS.values()]
    assert len(names) == len(set(names))


def test_all_tables_are_one_form_and_a_form_is_written_once(sample, tmp_path):
    paths = write_report(sample.document(), tmp_path, chosen(["csv", "exposure"]))
    assert sorted(path.name for path in paths) == sorted(one.file_name for one in FORMS["csv"])


def test_a_form_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(UsageError) as caught:
        chosen(["html,papyrus"])
    assert "stix" in caught.value.help


def test_a_form_that_this_machine_cannot_make_is_refused_at_once(monkeypatch):
    monkeypatch.setattr("keywitness.report.browser.find", lambda: None)
    with pytest.raises(ReportFormError):
        chosen(["html", "pdf"])


def test_what_an_analyst_said_stands_in_every_page(sample):
    """State, name and note come from the custody log: the note is text, whatever it holds."""
    told = Triage(
        state="false positive", note="<script>alert(1)</script> ticket 7", by="ada@contoso.com", at=sample.after(0)
    )
    document = sample.document()
    judged = msgspec.structs.replace(document.findings[0], triage=told)
    page = (
        RENDERERS["html"]
        .render(msgspec.structs.replace(document, findings=(judged, *document.findings[1:])))
        .decode("utf-8")
    )
    assert "false positive by ada@contoso.com" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; ticket 7" in page
    assert "<script>alert(1)" not in page
