"""`has` and its kin look for terms: https://learn.microsoft.com/kusto/query/datatypes-string-operators.

A term is a run of letters and digits of any script. Boundaries were measured on Microsoft's emulator.
"""

from __future__ import annotations

import pytest

from keywitness.errors import QueryError

CASES = [
    ("secretget failed", "SecretGet", True),
    ("SecretGetDeleted", "SecretGet", False),
    ("a_b", "a", True),  # `\b` of a regex takes the underscore for a letter
    ("xa b", "a ", False),  # only the side that ends in a letter needs a boundary
    ("a b", "a ", True),
    ("x ab y", " a", False),
    ("b .b-", " ", True),
    ("éa", "a", False),  # an ASCII boundary would find a term behind the accent
    ("ключ-2", "КЛЮЧ", True),
    ("https://v.vault.azure.net/secrets/x", "/secrets/", True),
    ("line one\nline two", "two", True),  # `.` and `$` of a regex stop at the line's end
    ("100%", "%", True),  # LIKE's wildcards are plain signs
    ("a.b", "a+b", False),  # and so are a regex's
    ("anything", "", True),
]


@pytest.mark.parametrize(("text", "term", "found"), CASES)
def test_has_of_a_constant(ask, text, term, found):
    text = text.replace("\n", "\\n")
    assert ask(f"datatable(t:string)['{text}'] | project t has '{term}'") == (found,)


@pytest.mark.parametrize(("text", "term", "found"), CASES)
def test_has_of_a_column_agrees(ask, text, term, found):
    """The constant goes through RE2, the column through a kernel: two ways, one meaning."""
    text = text.replace("\n", "\\n")
    assert ask(f"datatable(t:string, s:string)['{text}', '{term}'] | project t has s") == (found,)


def test_hasprefix_is_a_prefix_of_a_term_not_of_the_text(ask):
    assert ask("print 'the error' hasprefix 'err', 'the error' startswith 'err', 'err or' hasprefix 'r o'") == (
        True,
        False,
        False,
    )


def test_hassuffix_is_a_suffix_of_a_term(ask):
    assert ask("print 'an error log' hassuffix 'or', 'an errorlog' hassuffix 'or'") == (True, False)


def test_has_any_and_has_all_over_lists_and_arrays(ask):
    """They are the `has` family, not the `in` family: terms, without case."""
    assert ask(
        "datatable(t:string)['alpha BETA'] | project t has_any ('beta', 'x'), t has_any (dynamic(['bet'])), "
        "t has_all ('alpha', 'beta'), t has_all (dynamic([]))"
    ) == (True, False, True, True)


def test_case_folding_is_not_only_ascii(ask):
    """`=~`, `contains` and `in~` fold letters of any script, as ordinal comparison without case does."""
    assert ask("print 'ÄÖ' =~ 'äö', 'STRASSE' contains 'tra', 'ÉTÉ' in~ ('été'), 'a' =~ 'b'") == (
        True,
        True,
        True,
        False,
    )


def test_many_columns_sought_at_once_stay_apart(ask_rows):
    """`search` joins the columns before it looks: a term must not arise across two of them."""
    table = "datatable(a:string, b:string, c:string, d:string)['Secret', 'Get', 'x', 'y', 'p', 'SecretGet', 'q', 'r']"
    assert ask_rows(
        f"{table} | where a has 'SecretGet' or b has 'SecretGet' or c has 'SecretGet' or d has 'SecretGet'"
    ) == [("p", "SecretGet", "q", "r")]
    assert ask_rows(
        f"{table} | where a contains 'tG' or b contains 'tG' or c contains 'tG' or d contains 'tG' | count"
    ) == [(1,)]


def test_a_term_of_digits_is_found_in_whole_numbers_too(ask_rows):
    """Looking at columns of text alone misses the row; `contains "1"` of numbers is said by no page.

    Source: a search for a term of digits, recorded by the MIT-licensed kql-to-sql project.
    """
    table = "datatable(a: string, n: long) ['x 7', 1, 'y', 7, 'z', 70]"
    assert ask_rows(f"{table} | search '7' | project a") == [("x 7",), ("y",)]
    assert ask_rows(f"{table} | where * has 'x' | project a") == [("x 7",)]
    assert ask_rows(f"{table} | where * !has '7' | project a") == [("z",)]


@pytest.mark.parametrize(
    "question",
    [
        "search '2025'",
        "search '1*'",
        "where * has 'true'",
        "where * contains '5'",
        "where * matches regex '[0-9]'",
        "where * matches regex 'n'",
        "where * matches regex 'k?'",
        "where * == '1.5'",
    ],
)
def test_a_text_that_could_stand_in_a_column_that_is_no_text_is_refused(ask, question):
    """The page says any column; whether times, reals and truths count as their text, and in which form, it does not."""
    table = "datatable(a: string, n: long, r: real, t: datetime, b: bool, s: timespan) []"
    with pytest.raises(QueryError, match=r"`\*` over the column"):
        ask(f"{table} | {question}")


@pytest.mark.parametrize(
    "question",
    [
        "search '10.0.0.4'",
        "search 'secret*'",
        "where * has '404'",
        "where * !has 'a'",
        "where * matches regex @'^k\\d+$'",
    ],
)
def test_a_text_that_could_not_is_answered(ask_rows, question):
    assert ask_rows(f"datatable(a: string, t: datetime, b: bool) [] | {question}") == []


@pytest.mark.parametrize("term", ["'ΟΔΟΣ'", "iff(s == '', '', 'ΟΔΟΣ')"])
@pytest.mark.parametrize("operator", ["has", "contains", "startswith", "hassuffix", "endswith"])
def test_a_last_sigma_is_a_sigma_like_any_other(ask, operator, term):
    """Python's small letters of a word in capitals end in another sigma than the database's, and nothing is found."""
    assert ask(f"datatable(s: string) ['ΟΔΟΣ'] | project s {operator} {term}, s has_any ({term}), s =~ {term}") == (
        True,
        True,
        True,
    )
