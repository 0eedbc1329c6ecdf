import re

import msgspec

from keywitness.report.pictures.calendar import calendar, days_per_line


def cells(picture: str, shade: str) -> int:
    return sum(path.count("z") for path in re.findall(f'class="{shade}" d="([^"]*)"', picture))


def everything(picture: str) -> int:
    return sum(
        cells(picture, shade) for shade in ("strip-empty", "strip-silent-cell", *(f"strip-{i}" for i in range(1, 5)))
    )


def test_every_hour_of_the_coverage_is_one_cell(sample):
    coverage = sample.document().coverage
    for vault in coverage.vaults:
        assert everything(str(calendar(vault, coverage))) == len(vault.hours)


def test_silence_against_habit_is_marked_and_rest_at_night_is_not(sample):
    coverage = sample.document().coverage
    by_name = {vault.vault: str(calendar(vault, coverage)) for vault in coverage.vaults}
    assert cells(by_name["kv-contoso-identity"], "strip-silent-cell") == 15
    assert cells(by_name["kv-contoso-dev"], "strip-silent-cell") == 0
    assert cells(by_name["kv-contoso-dev"], "strip-empty") > 100


def test_an_hour_with_a_record_is_never_shown_as_silent(sample):
    """The trap: a span that ends within the hour of the next record."""
    coverage = sample.document().coverage
    vault = msgspec.structs.replace(coverage.vaults[0], silent_spans=((coverage.since, coverage.until),))
    assert cells(str(calendar(vault, coverage)), "strip-silent-cell") == sum(not hour for hour in vault.hours)


def test_a_vault_without_a_log_is_silent_throughout(sample):
    coverage = sample.document().coverage
    vault = msgspec.structs.replace(coverage.vaults[0], hours=(), records=0)
    assert cells(str(calendar(vault, coverage)), "strip-silent-cell") == 24 * 12


def test_the_first_hour_stands_at_its_time_of_day(sample):
    coverage = msgspec.structs.replace(sample.document().coverage, since="2026-03-05T21:30:00Z")
    vault = msgspec.structs.replace(coverage.vaults[0], hours=(5, 5, 5, 5))
    picture = str(calendar(vault, msgspec.structs.replace(coverage, vaults=(vault,))))
    corners = re.findall(r"M([\d.]+) ([\d.]+)h7", picture)
    assert corners == [("208", "14"), ("216", "14"), ("224", "14"), ("40", "22")]


def test_years_fit_in_a_hundred_lines(sample):
    coverage = sample.document().coverage
    vault = msgspec.structs.replace(coverage.vaults[0], hours=(1,) * (24 * 730))
    long = msgspec.structs.replace(coverage, vaults=(vault,))
    assert days_per_line(long) == 8
    assert everything(str(calendar(vault, long))) <= 100 * 24


def test_a_name_from_a_log_stays_text(sample):
    coverage = sample.document().coverage
    vault = msgspec.structs.replace(coverage.vaults[0], vault='"><script>')
    assert "<script>" not in str(calendar(vault, coverage))
