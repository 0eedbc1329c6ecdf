import pytest

from keywitness.errors import ReportFormError
from keywitness.report import browser


def test_without_a_browser_it_says_what_to_do(monkeypatch):
    monkeypatch.setattr(browser.shutil, "which", lambda name: None)
    with pytest.raises(ReportFormError) as caught:
        browser.print_to_pdf(b"<p>x</p>")
    assert (caught.value.exit_code, "report.html" in caught.value.help) == (10, True)


def test_a_browser_that_prints_nothing_is_no_empty_report(monkeypatch):
    monkeypatch.setattr(browser, "find", lambda: "/bin/true")
    with pytest.raises(ReportFormError, match="printed nothing"):
        browser.print_to_pdf(b"<p>x</p>")
