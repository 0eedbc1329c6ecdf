"""The page in a real browser: nothing from the logs runs, nothing is fetched, nothing overflows, it prints."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from keywitness.report.renderers.html import render

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def page(sample, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_bytes(render(sample.document()))
    return path


def test_no_script_from_the_logs_runs_and_nothing_is_fetched(browser, page, sample):
    browser.open(page)
    browser.value("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.value("document.title") == sample.document().title
    assert browser.value("document.querySelectorAll('script').length") == 1
    assert browser.value("document.querySelectorAll('img, iframe, object, embed, link, form').length") == 0
    assert browser.value("document.body.innerText").count("<script>document.title='owned'</script>") >= 3
    assert list(browser.requests.values()) == [page.as_uri()]


def test_the_security_policy_would_stop_a_script_that_got_in(browser, page, tmp_path):
    """The trap: a policy that the browser does not understand protects nothing. Here one is broken on purpose."""
    broken = tmp_path / "broken.html"
    hostile = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    broken.write_text(page.read_text("utf-8").replace("<main>", f"<main>{hostile}"), "utf-8")
    browser.open(broken)
    assert browser.value("document.title") != "owned"
    assert list(browser.requests.values()) == [broken.as_uri()]


@pytest.mark.parametrize("width", [400, 800, 1280, 1920])
def test_nothing_is_wider_than_the_window(browser, page, width):
    browser.open(page, width=width)
    browser.value("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.value("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True])
def test_light_and_dark_can_be_read(browser, page, dark):
    """Contrast of text on its ground by WCAG's formula, for every colour that text is written in."""
    browser.open(page, dark=dark)
    assert browser.picture().startswith(PNG)
    worst = browser.value(CONTRAST)
    assert worst["ratio"] >= 4.5, worst
    paper = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", paper))) < 300) is dark


def test_the_toggle_turns_the_colours(browser, page):
    browser.open(page)
    light = browser.value("getComputedStyle(document.body).backgroundColor")
    browser.value("document.getElementById('theme').click()")
    assert browser.value("getComputedStyle(document.body).backgroundColor") != light


def test_everything_can_be_read_without_script(browser, page):
    browser.open(page, scripts=False)
    assert browser.value("document.documentElement.classList.contains('js')") is False
    assert browser.value("[...document.querySelectorAll('.js-only')].every(e => e.offsetParent === null)") is True
    assert "Refused attempts" in browser.value("document.body.innerText")


def test_the_filter_hides_what_does_not_match(browser, sample, tmp_path):
    path = tmp_path / "many.html"
    path.write_bytes(render(sample.big_document(findings=30, sessions=5)))
    browser.open(path)
    browser.value(
        "(() => { const i = document.querySelector('[data-filters=finding]');"
        " i.value = 'break-glass'; i.dispatchEvent(new Event('input')); })()"
    )
    shown = browser.value("[...document.querySelectorAll('article.finding')].filter(a => !a.hidden).length")
    assert 0 < shown < 30
    assert browser.value("document.querySelector('.filter output').textContent") == f"{shown} of 30"


def test_the_timeline_is_filtered_by_text_and_choices_together(browser, page):
    browser.open(page)
    shown = "[...document.querySelectorAll('tr[data-filtered=event]')].filter(r => !r.hidden).length"
    whole = browser.value(shown)
    choose = """((by, value) => { const c = document.querySelector(`select[data-by=${by}]`);
      c.value = value; c.dispatchEvent(new Event('change')); })"""
    browser.value(f"{choose}('severity', 'high')")
    high = browser.value(shown)
    browser.value(f"{choose}('kind', 'read')")
    both = browser.value(shown)
    assert whole > high > both > 0
    assert browser.value("document.querySelector('tr[data-filtered=event]').closest('details').open") is True
    browser.value(
        "(() => { const i = document.querySelector('input[data-filters=event]');"
        " i.value = 'graph-automation'; i.dispatchEvent(new Event('input')); })()"
    )
    assert browser.value(shown) == 1
    output = "document.querySelector('input[data-filters=event]').closest('p').querySelector('output').textContent"
    assert browser.value(output) == f"1 of {whole}"


def test_the_short_answer_is_one_screen(browser, page):
    browser.open(page, width=1280, height=1000)
    assert browser.value("document.getElementById('brief').getBoundingClientRect().bottom") <= 1000


def test_it_prints_on_a4_with_the_rows_of_closed_findings(browser, sample, tmp_path):
    path = tmp_path / "closed.html"
    document = sample.document()
    path.write_bytes(render(document).replace(b"<details open>", b"<details>"))
    browser.open(path)
    pdf = browser.pdf()
    assert pdf.startswith(b"%PDF-")
    sizes = {tuple(round(float(n)) for n in box) for box in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)}
    assert sizes == {(595, 842)}
    assert len(re.findall(rb"/Type /Page\b", pdf)) >= 8


def test_a_page_of_500_findings_and_2000_sessions_opens_quickly(browser, sample, tmp_path):
    path = tmp_path / "big.html"
    path.write_bytes(render(sample.big_document()))
    assert path.stat().st_size < 12_000_000
    browser.open(path)
    milliseconds = browser.value("performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert 0 < milliseconds < 20_000  # under one second where nothing else runs


def test_a_long_word_from_the_logs_stays_inside(browser, sample, tmp_path):
    word = "A" * 5_000
    document = sample.document()
    finding = msgspec.structs.replace(
        document.findings[0], title=word, what=word, identities=(word,), objects=(word,), query=word
    )
    path = tmp_path / "long.html"
    path.write_bytes(render(msgspec.structs.replace(document, findings=(finding,), title=word)))
    browser.open(path, width=400)
    assert browser.value("document.documentElement.scrollWidth") <= 400


CONTRAST = """(() => {
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map(v => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = element => {
    for (let e = element; e; e = e.parentElement) {
      const colour = numbers(getComputedStyle(e).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  let worst = { ratio: 99 };
  for (const element of document.querySelectorAll("main *, nav *")) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || element.closest("svg") || element.offsetParent === null) continue;
    const [a, b] = [light(numbers(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst.ratio) worst = { ratio, text: element.textContent.slice(0, 40), css: element.className };
  }
  return worst;
})()"""
