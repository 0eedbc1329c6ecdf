import csv
import io

import msgspec
import pytest

from keywitness.report.renderers.csv import EXPOSURE, FINDINGS, RENDERERS

exposure, findings = EXPOSURE.render, FINDINGS.render


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def test_every_reader_of_every_object_has_a_line(sample):
    lines = table(exposure(sample.document()))
    assert len(lines) == sum(len(item.readers) for item in sample.document().exposure)
    assert (lines[0]["name"], lines[0]["rotate_now"], lines[0]["rows"]) == (
        "BreakGlassAccountTenant",
        "yes",
        "E3:436563",
    )
    assert [line["rotate_now"] for line in lines] == sorted((line["rotate_now"] for line in lines), reverse=True)


def test_every_finding_has_the_number_of_the_page(sample):
    lines = table(findings(sample.document()))
    assert [line["number"] for line in lines] == [f"F{i}" for i in range(1, 8)]
    assert (lines[0]["severity"], lines[0]["techniques"]) == ("high", "T1098.003")


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '"quoted",\n=1'])
def test_no_cell_is_a_formula_and_no_line_breaks(sample, name):
    document = sample.document()
    item = msgspec.structs.replace(document.exposure[0], name=name, reason=name)
    data = exposure(msgspec.structs.replace(document, exposure=(item,)))
    (line,) = table(data)
    assert not line["name"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert data.count(b"\r\n") == data.count(b"\n") == 2


def test_every_list_of_the_report_is_a_table_with_all_its_lines(sample):
    document = sample.document()
    counts = {one.name: len(table(one.render(document))) for one in RENDERERS}
    assert counts == {
        "exposure": sum(len(item.readers) for item in document.exposure),
        "findings": len(document.findings),
        "traces": len(document.traces),
        "answers": len(document.answers),
        "incidents": len(document.incidents),
        "sessions": len(document.sessions),
        "timeline": len(document.timeline),
        "coverage": len(document.coverage.vaults),
        "evidence": len(document.coverage.evidence),
    }


@pytest.mark.parametrize("renderer", RENDERERS, ids=lambda one: one.name)
def test_hostile_texts_are_harmless_in_every_table(sample, renderer):
    for line in table(renderer.render(sample.document())):
        assert None not in line, "a line has as many cells as the header"
        for value in line.values():
            assert not value.startswith(("=", "+", "-", "@", "\t", "\r"))
            assert "\x1b" not in value
            assert "\u202e" not in value
