"""The page as text: nothing from a log becomes markup, nothing points outside, nothing is left out."""

from __future__ import annotations

import base64
import hashlib
import re
import time
from html.parser import HTMLParser
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keywitness.model.text import visible
from keywitness.report.document import (
    SCHEMA_VERSION,
    Coverage,
    Document,
    Exposure,
    ExposureReader,
    RowRef,
    Scope,
    SessionMismatch,
    SessionStep,
)
from keywitness.report.renderers.html import render

VOID = {"meta", "br", "input", "img", "link", "hr"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "script", "body", "a", "nav", "main", "header", "footer", "section"),
    *("article", "div", "p", "span", "b", "small", "br", "code", "pre", "h1", "h2", "h3", "h4", "ol", "ul", "li"),
    *("dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "details", "summary"),
    *(
        "button",
        "label",
        "input",
        "output",
        "select",
        "option",
        "figure",
        "figcaption",
        "svg",
        "rect",
        "line",
        "circle",
        "path",
        "text",
    ),
}


class Page(HTMLParser):
    """Elements, attributes and text; fails on markup that is not nested properly."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.ids: list[str] = []
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if dict(attrs).get("id"):
            self.ids.append(str(dict(attrs)["id"]))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


@pytest.fixture(scope="module")
def markup(sample) -> str:
    return render(sample.document()).decode("utf-8")


@pytest.fixture(scope="module")
def page(markup) -> Page:
    return Page(markup)


def test_only_our_elements_and_attributes_are_there(page):
    assert {tag for tag, _ in page.elements} <= ALLOWED
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in {"style", "src", "srcset", "action"}}


def test_links_lead_to_places_of_the_page_only(page, markup):
    links = [attributes["href"] for _, attributes in page.elements if "href" in attributes]
    assert links
    assert all(link and link.startswith("#") and link[1:] in page.ids for link in links)
    assert len(page.ids) == len(set(page.ids))
    assert not re.findall(r"(?:https?:)?//[a-z]", re.sub(r"<script>.*?</script>", "", markup, flags=re.DOTALL))


def test_hostile_texts_are_shown_and_harmless(page, markup, sample):
    assert sample.HOSTILE_AGENT in page.text
    assert visible(sample.HOSTILE_NAME) in page.text
    assert "<script>document" not in markup
    assert "<img" not in markup
    assert not re.findall("[\x00-\x08\x0b-\x1f\x7f\u202e]", markup)


def test_the_policy_allows_the_pages_own_style_and_script_by_hash_only(page, markup):
    policy = next(
        str(attributes["content"])
        for _, attributes in page.elements
        if "Policy" in (attributes.get("http-equiv") or "")
    )
    for name in ("style", "script"):
        source = re.search(f"<{name}>(.*?)</{name}>", markup, flags=re.DOTALL)
        assert source is not None
        digest = base64.b64encode(hashlib.sha256(source[1].encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_every_row_of_every_finding_is_there_with_its_file(page, sample):
    for finding in sample.document().findings:
        for row in finding.rows:
            assert row.row in page.text
            assert row.source in page.text
    assert "keywitness show 'cases/contoso 2026-03' E3:" in page.text


def test_every_step_reader_and_event_leads_to_a_row(page, sample):
    document = sample.document()
    rows = [event.row for event in document.timeline]
    rows += [row for item in document.exposure for reader in item.readers for row in reader.rows]
    rows += [record.row for record in document.coverage.rejected]
    assert [row for row in rows if row not in page.text] == []


def test_the_chapters_stand_in_their_order(page):
    order = ["summary", "brief", "answer", "coverage", "calendar", "findings", "matrix", "sessions", "exposure"]
    order += ["rotate", "timeline", "actors", "identities", "addresses", "custody", "queries"]
    assert [name for name in page.ids if name in order] == order


def test_what_cannot_be_concluded_comes_before_what_was_found(page, sample):
    for sentence in sample.document().coverage.cannot_conclude:
        assert page.text.index(sentence) < page.text.index("2 Findings most severe first")


def test_the_tactics_of_an_incident_follow_the_chain(page):
    """The sample's incident saw them in another order."""
    assert "Privilege Escalation → Credential Access → Discovery" in page.text


def test_every_identity_and_address_of_findings_has_its_part(page, sample):
    assert {"who-1", "from-1"} <= set(page.ids)
    assert page.text.count("7 findings · 3 sessions shown · 8 object versions read, 8 of them to be replaced") == 2


def test_queries_can_be_copied_as_they_are(page, sample):
    assert sample.UNAUTHORISED in page.text


def test_tables_have_headings_and_regions_have_names(page):
    heads = [attributes for tag, attributes in page.elements if tag == "th"]
    assert all(attributes.get("scope") for attributes in heads)
    regions = [attributes for _, attributes in page.elements if attributes.get("role") == "region"]
    assert regions
    assert all(attributes.get("aria-label") and attributes.get("tabindex") == "0" for attributes in regions)
    pictures = [attributes for tag, attributes in page.elements if tag == "svg" and attributes.get("role") == "img"]
    assert all(attributes.get("aria-label") for attributes in pictures)


def test_headings_do_not_skip_a_level(page):
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 or before == 3 for before, after in pairwise(levels))


def empty_document() -> Document:
    coverage = Coverage(
        since="", until="", vaults=(), tables=(), evidence=(), rejected=(), rules=(), cannot_conclude=()
    )
    return Document(
        schema_version=SCHEMA_VERSION,
        title="Nothing",
        case="c",
        made_at="",
        made_by="keywitness",
        custody_head="",
        scope=Scope(),
        summary=(),
        coverage=coverage,
        findings=(),
        sessions=(),
        exposure=(),
        timeline=(),
    )


def test_an_empty_document_says_so_and_does_not_conclude():
    page = Page(render(empty_document()).decode())
    assert "No rule found anything. Read the coverage before concluding that nothing happened." in page.text
    assert "No vault was seen in the evidence." in page.text


@settings(max_examples=40)
@given(text=st.text(alphabet=st.characters(), min_size=1, max_size=40))
def test_any_text_anywhere_stays_text(sample, text):
    """One text in every field that logs fill: the page keeps its elements."""
    document = sample.document()
    finding = document.findings[0]
    row = RowRef(row=text, table=text, at=text, summary=text, source=text)
    reader = ExposureReader(
        identity=text, identity_id=text, application=text, address=text, reads=1, first_at=text, last_at=text,
        session_ids=(), rows=(text,), suspicious=True, reasons=(text,),
    )  # fmt: skip
    exposed = Exposure(
        vault=text, object_type=text, name=text, version=text, private_key_left=True, how=text, readers=(reader,),
        reads=1, first_at=text, last_at=text, rotate_now=True, reason=text,
    )  # fmt: skip
    step = SessionStep(at=text, operation=text, object=text, status=403, row=text, vault=text)
    replace = msgspec.structs.replace
    filled = replace(
        document,
        title=text,
        case=text,
        summary=(text,),
        findings=(
            replace(
                finding, title=text, what=text, why=text, identities=(text,), addresses=(text,), query=text,
                severity=text, objects=(text,) * 20, rows=(row,), first_at=text, last_at=text,
            ),
        ),
        sessions=(
            replace(
                document.sessions[0], identity=text, address=text, session_class=text, client=text, sentence=text,
                vaults=(text,), reasons=(text,), confidence=text, tool=text,
                mismatches=(SessionMismatch(mismatch=text, text=text),), steps=(step, *document.sessions[0].steps),
                finding_ids=(finding.id,),
            ),
        ),
        exposure=(exposed,),
        timeline=tuple(
            replace(event, lane=text, kind=text, title=text, identity=text, severity=text, row=text)
            for event in document.timeline[-5:]
        ),
        coverage=replace(
            document.coverage,
            vaults=tuple(replace(vault, vault=text, resource_id=text, note=text) for vault in document.coverage.vaults),
            cannot_conclude=(text,),
        ),
    )  # fmt: skip
    page = Page(render(filled).decode("utf-8"))
    assert {tag for tag, _ in page.elements} <= ALLOWED
    assert visible(text) in page.text
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on") or name in {"style", "src", "srcset", "action"}}


def test_a_very_long_text_is_cut_and_says_so(sample):
    document = sample.document()
    finding = msgspec.structs.replace(document.findings[0], what="x" * 70_000)
    page = render(msgspec.structs.replace(document, findings=(finding,))).decode()
    assert "68,000 more characters in report.json" in page
    assert "x" * 2_001 not in page


def test_a_large_document_is_rendered_in_seconds(sample):
    document = sample.big_document()
    before = time.perf_counter()
    markup = render(document)
    assert time.perf_counter() - before < 30  # about half a second; the limit allows for a busy machine
    assert markup.count(b'<article class="finding') == 500


def test_many_sessions_of_findings_become_lines_and_none_is_lost(sample):
    document = sample.document()
    replace = msgspec.structs.replace
    sessions = tuple(
        replace(document.sessions[0], id=f"S{i:04d}", sentence=f"visit number {i} happened.") for i in range(300)
    )
    page = Page(render(replace(document, sessions=sessions)).decode())
    assert [i for i in range(300) if f"visit number {i} happened." not in page.text] == []
    assert "200 more sessions of findings of lesser weight" in page.text
    assert sum(attributes.get("class") == "lanes" for _, attributes in page.elements) == 100


def test_a_long_list_to_replace_is_whole(sample):
    document = sample.document()
    replace = msgspec.structs.replace
    exposure = tuple(replace(document.exposure[0], name=f"secret-{i:03d}") for i in range(90))
    page = Page(render(replace(document, exposure=exposure)).decode())
    # To be replaced, in the table of reads, and with its reader and his address.
    assert [i for i in range(90) if page.text.count(f"secret-{i:03d}") != 4] == []


def test_objects_to_replace_are_grouped_by_reason_and_numbered_through(page, sample):
    starts = [
        int(str(attributes["start"])) for tag, attributes in page.elements if tag == "ol" and "start" in attributes
    ]
    assert starts == [1, 2, 3]
    assert page.text.count("Read in the session that copied the whole vault.") == 1


def test_a_query_of_many_findings_stands_once_in_its_chapter(page, sample):
    findings = sample.document().findings
    different = {finding.query for finding in findings}
    assert len(different) < len(findings)
    assert [name for name in page.ids if name.startswith("Q")] == [f"Q{i + 1}" for i in range(len(different))]
    assert page.text.count(sample.UNAUTHORISED) == 2, "in its finding, and in the chapter of queries"
