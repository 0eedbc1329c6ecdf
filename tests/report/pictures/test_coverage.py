import re
import xml.etree.ElementTree as ET

import msgspec

from keywitness.report.pictures.coverage import hours_per_cell, scale, strip


def cells(markup) -> list[tuple[float, float]]:
    """Start and width of every filled cell."""
    root = ET.fromstring(str(markup))
    data = "".join(e.attrib["d"] for e in root.iter("path"))
    return sorted((float(x), float(w)) for x, w in re.findall(r"M([\d.]+) 0h([\d.]+)v", data))


def silent(markup) -> list[ET.Element]:
    return [e for e in ET.fromstring(str(markup)).iter("rect") if e.attrib["class"] == "strip-silent"]


def test_filled_cells_are_the_hours_with_records(sample):
    coverage = sample.document().coverage
    for vault in coverage.vaults:
        hours = [hour for hour, count in enumerate(vault.hours) if count]
        assert [x for x, _ in cells(strip(vault, coverage))] == hours


def test_silent_spans_stand_where_they_were(sample):
    coverage = sample.document().coverage
    (span,) = silent(strip(coverage.vaults[1], coverage))
    assert (float(span.attrib["x"]), float(span.attrib["width"])) == (226, 15)
    assert span.find("title").text == "no records from 2026-03-14 10:00 to 2026-03-15 01:00 (15 h)"


def test_an_hour_of_silence_in_a_year_is_still_drawn(sample):
    """The trap: in a year of hours one hour is a tenth of a pixel."""
    coverage = sample.document().coverage
    hours = tuple([5] * 8_760)
    vault = msgspec.structs.replace(
        coverage.vaults[0], hours=hours, silent_spans=(("2026-06-01T00:00:00Z", "2026-06-01T01:00:00Z"),)
    )
    year = msgspec.structs.replace(coverage, vaults=(vault,))
    (span,) = silent(strip(vault, year))
    assert float(span.attrib["width"]) > 8_760 / 400


def test_many_hours_share_cells_and_none_is_lost(sample):
    coverage = sample.document().coverage
    hours = tuple(int(hour % 24 == 3) for hour in range(2_000))
    vault = msgspec.structs.replace(coverage.vaults[0], hours=hours, silent_spans=())
    per_cell = hours_per_cell(2_000)
    assert per_cell == 3
    drawn = cells(strip(vault, msgspec.structs.replace(coverage, vaults=(vault,))))
    assert [x for x, _ in drawn] == [hour // per_cell * per_cell for hour, count in enumerate(hours) if count]
    assert drawn[-1][0] + drawn[-1][1] <= 2_000


def test_more_records_are_darker_on_one_scale_for_all_vaults(sample):
    coverage = sample.document().coverage
    quiet = msgspec.structs.replace(coverage.vaults[0], hours=(1, 0, 2), silent_spans=())
    busy = msgspec.structs.replace(coverage.vaults[1], hours=(1, 100_000, 2), silent_spans=())
    both = msgspec.structs.replace(coverage, vaults=(quiet, busy))
    assert "strip-4" not in str(strip(quiet, both))
    assert "strip-4" in str(strip(busy, both))


def test_the_scale_has_dates_and_no_distorted_letters(sample):
    markup = str(scale(sample.document().coverage))
    assert "7 Mar" in markup
    assert "viewBox" not in markup


def test_a_coverage_without_times_draws_no_scale(sample):
    coverage = msgspec.structs.replace(sample.document().coverage, since="", vaults=())
    assert scale(coverage) == ""
