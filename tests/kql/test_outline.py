"""The tree as text shows every node, its values and its place."""

from keywitness.kql.outline import syntax_text
from keywitness.kql.parser import parse


def test_a_tree_shows_names_values_and_spans():
    shown = syntax_text(parse("let n = 2d;\nT | where a has 'x' | top 3 by b asc"))
    assert shown.splitlines() == [
        "Let [0..10]",
        "  name: NameRef 'n' [4..5]",
        "  value: Literal timespan 1728000000000 [8..10]",
        "ExpressionStatement [12..48]",
        "  value: Pipeline [12..48]",
        "    source: NameRef 'T' [12..13]",
        "    operators: Where [16..31]",
        "      predicate: Binary 'has' [22..31]",
        "        left: NameRef 'a' [22..23]",
        "        right: Literal string 'x' [28..31]",
        "    operators: Top [34..48]",
        "      count: Literal long 3 [38..39]",
        "      keys: SortKey descending=False nulls_first [43..48]",
        "        value: NameRef 'b' [43..44]",
    ]


def test_notes_and_control_characters_are_shown_harmless():
    shown = syntax_text(parse("print \u201c\x1b[31m\u201d"))
    assert "\x1b" not in shown
    assert shown.splitlines()[-1] == "note: typographic quotes were read as plain quotes"
