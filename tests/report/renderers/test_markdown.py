"""As a reader of Markdown takes it (markdown-it, GitHub's dialect): nothing from a log becomes markup."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from keywitness.model.text import visible
from keywitness.report.renderers.markdown import cell, code, plain, render, replace_list

READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


PARAGRAPH = {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}


def tokens(text: str) -> list:
    flat = []
    for token in READER.parse(text):
        flat += [token, *(token.children or [])]
    return flat


def shown(text: str) -> str:
    return "".join(one.content for one in tokens(text) if one.type in ("text", "code_inline", "text_special"))


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "[x](javascript:alert(1))", "![x](//evil.example/p.png)", "**bold** _em_ ~~no~~",
        "# heading", "- item", "1. one", "> quote", "a | b", "`code`", "&lt;b&gt;", "\\*", "line one\n\n# two",
        "    indented", "***", "[x]: /y", "+ item", "===", "a\\",
    ],
)  # fmt: skip
def test_text_is_shown_as_it_is_and_no_more(text):
    found = tokens(plain(text))
    assert {one.type for one in found} <= PARAGRAPH
    assert shown(plain(text)) == " ".join(text.split())


@settings(max_examples=300)
@given(text=st.text(alphabet=st.characters(), max_size=30))
def test_any_text_is_text(text):
    found = tokens(plain(text))
    assert {one.type for one in found} <= {*PARAGRAPH, "code_inline"}
    assert {one.content for one in found if one.type == "code_inline"} <= {"@"}
    assert shown(plain(text)) == " ".join(visible(text, keep="\n\t").split())


@settings(max_examples=300)
@given(text=st.text(alphabet="`| ab\\<*\u202e\n", max_size=12))
def test_any_code_is_code(text):
    kinds = {one.type for one in tokens(f"a {code(text)} b")} - {"paragraph_open", "inline", "text", "paragraph_close"}
    assert kinds == ({"code_inline"} if visible(text).strip() else set())
    if visible(text).strip():
        assert shown(code(text)).strip() == visible(text).strip()


def test_a_bar_does_not_end_a_cell():
    table = f"| a | b |\n|---|---|\n| {cell('x|y')} | {plain('p|q')} |\n"
    assert sum(one.type == "td_open" for one in tokens(table)) == 2
    assert "x|y" in shown(table)


@pytest.mark.parametrize("text", ["https://evil.example", "HTTP://x", "www.evil.example", "@octocat", "see (@team)"])
def test_no_bare_link_and_no_mention_is_made(text):
    """GitHub makes links of addresses and notifies whom an at-sign names."""
    assert text not in plain(text)
    assert shown(plain(text)) == text


def test_the_whole_report_has_no_markup_from_logs(sample):
    text = render(sample.document()).decode("utf-8")
    kinds = {one.type for one in tokens(text)}
    assert not kinds & {"html_block", "html_inline", "link_open", "image"}
    assert visible(sample.HOSTILE_NAME) in shown(text)
    assert "\x1b" not in text


def test_the_answer_comes_first_and_gaps_before_findings(sample):
    text = render(sample.document()).decode("utf-8")
    order = ["an intruder", "## What cannot", "## Replace now", "## Incidents", "## Findings", "## Coverage"]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_every_finding_and_every_object_to_replace_is_there(sample):
    document = sample.document()
    text = render(document).decode("utf-8")
    assert text.count("\n### F") == len(document.findings)
    assert text.count("- [ ] ") == sum(item.rotate_now for item in document.exposure)
    assert "keywitness show 'cases/contoso 2026-03' E3:" in text


def test_nothing_found_does_not_conclude(sample):
    empty = msgspec.structs.replace(sample.document(), findings=(), incidents=(), exposure=())
    assert "before concluding that nothing happened" in render(empty).decode("utf-8")


def test_a_version_that_the_log_does_not_say_is_told_as_its_candidates(sample):
    """The trap: "version unknown" where the log leaves two."""
    item = msgspec.structs.replace(sample.document().exposure[0], version="", candidates=("11aa", "22bb"))
    assert "one of `11aa`, `22bb`" in replace_list([item])
    assert "in every version" in replace_list([msgspec.structs.replace(item, candidates=())])
