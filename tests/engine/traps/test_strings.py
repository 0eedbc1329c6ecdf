"""String functions whose nearest SQL relative answers another question."""

from __future__ import annotations

import pytest

from keywitness import query
from keywitness.errors import QueryError


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("substring('abcdefg', 1, 3)", "bcd"),
        ("substring('abcdefg', -3, 2)", "ef"),
        ("substring('abc', -10)", ""),  # further back than the text begins: empty, not all of it
        ("substring('abc', 1, -1)", ""),
        ("substring('héllo', 1, 3)", "éll"),
        ("trim(@'[^\\w]+', '--a b--')", "a b"),
        ("replace_regex('abc', '(b)(c)', @'\\2\\1')", "acb"),
        ("replace_string('a.c', '.', '|')", "a|c"),
        ("extract('x=([0-9]+)', 1, 'x=45')", "45"),
        ("extract('x=([0-9]+)', 1, 'y')", ""),
        ("reverse('abc')", "cba"),
        ("strcat_delim('-', 'a', int(null), 'b')", "a--b"),  # concat_ws of SQL skips nulls
        ("base64_decode_tostring('/w==')", ""),  # bytes that are no text
        ("url_decode('a%20b+c')", "a b c"),
        ("hash_md5('')", ""),
        ("hash_sha256('World')", "78ae647dc5544d227130a0682a51e30bc7777fbb6d8a8f17007463a3ecd1d524"),
    ],
)
def test_text(ask, call, text):
    assert ask(f"print {call}") == (text,)


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("trim('z', 'zzkzz')", "zkz"),
        ("trim_start('z', 'zzz')", "zz"),
        ("trim_end('[z!]', 'kz!')", "kz"),
        ("trim('z', 'z')", ""),
        ("trim(@'\\s+', '  k  ')", "k"),
    ],
)
def test_trim_takes_one_match_of_each_end(ask, call, text):
    """All of them, as SQL's trim takes. Measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql."""
    assert ask(f"print {call}") == (text,)


@pytest.mark.parametrize("call", ["split(s, d)", "split(s, d, 1)", "split(s, '')"])
def test_an_empty_delimiter_is_refused_in_a_column_too(ask, call):
    """DuckDB gives the characters."""
    with pytest.raises(QueryError, match="empty delimiter"):
        ask(f"datatable(s: string, d: string) ['abc', ''] | project {call}")
    assert ask("datatable(s: string, d: string) ['a,b', ','] | project split(s, d)") == (["a", "b"],)


def test_a_part_that_split_does_not_have_is_null(ask):
    """A list of one empty text. Measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project."""
    assert ask("print split('k;l', ';', 2), isnull(split('k', ';', 1)), split('k;', ';', 1)") == (None, True, [""])


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("countof('aaaa', 'aa')", 3),  # overlapping
        ("countof('aaaa', 'aa', 'regex')", 2),  # not overlapping
        ("indexof('abcabc', 'b', 0, -1, 2)", 4),
        ("indexof('abc', 'x')", -1),
        ("indexof('abcdefgabcdefg', 'cde', 1, 10, 2)", 9),  # the length counts anew from each occurrence
        ("indexof('abcdefg', 'cde', 1, 2)", -1),
        ("array_sort_asc(dynamic(['b', 2, 'a', 1.5, null]))", [1.5, 2, "a", "b", None]),
        ("strlen('⒦⒰')", 2),
        ("string_size('⒦⒰')", 6),
        ("split('a_b_c', '_')", ["a", "b", "c"]),
        ("split('a_b_c', '_', 1)", ["b"]),
        ("split('a_b', '_')[-1]", "b"),
        ("split('a_b', '_')[7]", None),
        ("extract('([0-9]+)', 1, 'a12', typeof(long))", 12),
        ("isnull(extract_all('([0-9])', 'x'))", True),
        ("extract_all('([a-z])([0-9])', 'a1b2')", [["a", "1"], ["b", "2"]]),
        ("extract_all('([a-z])([0-9])', dynamic([2]), 'a1b2')", ["1", "2"]),
        ("extract_all('(?P<letter>[a-z])(?<digit>[0-9])', dynamic(['digit', 1]), 'a1b2')", [["1", "a"], ["2", "b"]]),
        ("extract_all('([0-9])?k', 'k5k')", ["", "5"]),  # a group without a match is empty text, not null
        ("indexof_regex('kv1-kv2-kv3', 'kv[0-9]', 1)", 4),
        ("indexof_regex('kv1-kv2-kv3', 'kv[0-9]', 0, -1, 3)", 8),
        ("indexof_regex('kv1', 'v', 0, 1)", -1),
        ("indexof_regex('ononon', 'on.n', 0, -1, 2)", -1),  # matches do not overlap
        ("indexof_regex('kv1', 'v', -1)", None),  # unlike indexof(), no counting from the end
        ("indexof_regex('kv1', 'v', 0, -2)", None),
        ("indexof_regex('größe1', '(ß)(e)', 2)", 3),
    ],
)
def test_values(ask, call, value):
    assert ask(f"print {call}") == (value,)


def test_a_second_match_beyond_the_length_is_refused():
    """The length could bound all of the search or each match of it: the page shows neither."""
    with pytest.raises(QueryError, match="beyond its length"):
        query("print indexof_regex('kv1-kv2-kv3', 'kv[0-9]', 0, 6, 2)")


def test_a_word_boundary_beside_a_letter_beyond_ascii_is_refused():
    r"""RE2 finds a boundary between `a` and `ö`; Kusto's expressions follow Unicode and have none there."""
    with pytest.raises(QueryError, match="word boundary"):
        query(r"print extract(@'\bö', 0, 'aö')")
    assert query(r"print r = extract(@'\ba\w*', 0, '– ab')").to_pylist() == [{"r": "ab"}]


def test_an_expression_from_a_column_is_read_like_a_constant(ask_rows):
    asked = "datatable(p: string) [@'^\\w+$', '^k', 'x'] | project 'kö' matches regex p"
    assert ask_rows(asked) == [(True,), (True,), (False,)]
    with pytest.raises(QueryError, match="look-around"):
        query("datatable(p: string) ['(?=k)'] | project 'k' matches regex p")


def test_look_around_is_refused():
    with pytest.raises(QueryError, match="look-around"):
        query("print extract('(?=a)a', 0, 'a')")


def test_a_pattern_that_is_none_is_refused_not_crashed():
    with pytest.raises(QueryError):
        query("print 'a' matches regex '('")


def test_the_place_of_an_empty_text_is_null(ask):
    """Most languages find it at 0.

    Source: measured on Microsoft's emulator, recorded by the MIT-licensed kql-to-sql project.
    """
    assert ask("datatable(s:string, x:string)['vault', ''] | project indexof(s, ''), indexof(s, x)") == (None, None)


@pytest.mark.parametrize("kind", ["", "kind=regex "])
def test_parsed_columns_need_a_text_between_them(ask, kind):
    """A regular expression would give some split; Microsoft's emulator rejects it, recorded by kql-to-sql (MIT)."""
    with pytest.raises(QueryError, match="where the column before this one ends"):
        ask(f"datatable(s: string) ['a1'] | parse {kind}s with a: string b: long")


@pytest.mark.parametrize("kind", ["", "kind=regex ", "kind=relaxed "])
def test_a_star_of_a_parse_pattern_has_an_end(ask, kind):
    """A regular expression would give some split, `with "a=" x *` the empty text.

    The page: `*` is followed by a constant, and "can't be used after a string type column".
    """
    for pattern in ("* x: string", "* x: long", "* * 'a=' x", "'a=' x *", "'a=' x: string *", "'a=' x: datetime *"):
        with pytest.raises(QueryError, match=r"before this ends|has no end|is not documented"):
            ask(f"print s = 'a=1 b' | parse {kind}s with {pattern}")


@pytest.mark.parametrize(("kind", "rest"), [("simple", None), ("relaxed", 3)])
def test_a_number_before_a_star_ends_with_its_digits(ask_rows, kind, rest):
    """The shortest text before `*` is the empty one, and null as a number: so relaxed patterns lost every number.

    The page's relaxed example reads `sliceNumber: long * "lockTime="` from `sliceNumber=15, lockTime=`.
    """
    pattern = f"parse kind={kind} s with 'a=' x: long * 'b=' y: long"
    assert ask_rows(f"print s = 'a=12, b=3' | {pattern} | project x, y") == [(12, 3)]
    assert ask_rows(f"print s = 'a=none, b=3' | {pattern} | project x, y") == [(None, rest)]
    assert ask_rows(f"print s = 'a=1.5x' | parse kind={kind} s with 'a=' x: real * | project x") == [(1.5,)]


def test_blanks_in_front_of_a_value_are_no_end_of_it(ask):
    """Also where a blank separates pairs; cutting at blanks first would leave the value empty.

    Source: pairs with blanks around their signs, recorded by the MIT-licensed kql-to-sql project.
    """
    pairs = "parse-kv t as (a: string, b: string) with (pair_delimiter=' ', kv_delimiter=':'"
    assert ask(f"print t = 'x  a  :  1  b: 2' | {pairs}) | project a, b") == ("1", "2")
    assert ask(f"print t = 'a : 1 1  b  :2' | {pairs}, greedy=true) | project a, b") == ("1 1", "2")


@pytest.mark.parametrize(("text", "more"), [("a: b:2", ""), ("a:x:y b:2", ", greedy=true")])
def test_a_value_that_may_be_the_next_key_is_refused(ask, text, more):
    """Whether the first key has no value, or one that holds the sign, no page says."""
    with pytest.raises(QueryError, match="parse-kv"):
        ask(f"print t = '{text}' | parse-kv t as (a: string) with (pair_delimiter=' ', kv_delimiter=':'{more})")


@pytest.mark.parametrize(
    ("lookups", "rewrites", "text"),
    [
        ("['secret', 'secrets']", "['S', 'M']", "Ss of a vault"),  # the first in the list, not the longest
        ("['e', 'secrets']", "['E', 'M']", "sEcrEts of a vault"),  # ... and not the one that begins first
        ("['secrets', 'e']", "['see', 'E']", "see of a vault"),  # what was put in is not searched
        ("['secrets', 'e', 'v']", "[7, 'E', '']", "secrets of a ault"),  # found and left as it is
        ("[3, 'of']", "['x', 'OF']", "secrets OF a vault"),
    ],
)
def test_several_texts_are_replaced_in_the_order_of_the_list(ask, lookups, rewrites, text):
    """One pass from left to right takes what begins first; a chain of replacements finds its own results again.

    The page: earlier lookups take precedence, elements that are no text are passed over.
    """
    assert ask(f"print replace_strings('secrets of a vault', dynamic({lookups}), dynamic({rewrites}))") == (text,)


@pytest.mark.parametrize(
    ("call", "what"),
    [
        ("replace_strings('a', dynamic(['a']), dynamic(['x', 'y']))", "as many"),
        ("strrep('a', 0)", "strrep"),  # the page: from 1
        ("strrep('a', 1025)", "strrep"),  # 1024 times, or 1025: the page says both
        ("indexof('a', 'a', 0, -1, 0)", "occurrence 0"),
        ("countof('a', 'a', 'Regex')", "kind"),
        ("extract_all('(a)(b)', dynamic([3]), 'ab')", "capture groups"),
        ("extract_all('(a)(b)', dynamic([]), 'ab')", "capture groups"),
        ("toupper('Straße')", "ß"),  # ẞ of a database is neither of Unicode's answers
        ("tolower('İ')", "İ"),
        (r"parse_path(@'\\?\C:\a.txt')", "parse_path"),
        ("parse_path('C:a.txt')", "parse_path"),
        ("weekofyear(now())", "weekofyear"),
    ],
)
def test_what_the_pages_leave_open_is_refused(ask, call, what):
    with pytest.raises(QueryError, match=what):
        ask(f"print {call}")


def test_a_part_from_an_unknown_place_is_no_null_text(ask):
    """SQL's null: a string is never null, and `!contains` would lose the row."""
    assert ask(
        "print s = substring('abc', int(null)), t = substring('abc', 1, int(null)) | project s, t, s !has 'x'"
    ) == (
        "",
        "",
        True,
    )


def test_a_text_of_what_is_no_code_point_is_empty(ask):
    """The others alone. The page: null if any argument is not valid."""
    assert ask(
        "print unicode_codepoints_to_string(107, 1114112), unicode_codepoints_to_string(dynamic([107, 'v'])), "
        "unicode_codepoints_to_string(107, dynamic([118]))"
    ) == ("", "", "kv")


def test_a_stream_needs_no_drive(ask):
    """Left in the name. The page names `file1.exe:file2.exe`; behind the scheme of an address it is the port."""
    assert ask(
        "print p = parse_path('tools/k.exe:run.exe'), q = parse_path('https://v.example:443/k.exe') "
        "| project tostring(p.Filename), tostring(p.AlternateDataStreamName), tostring(q.DirectoryPath)"
    ) == ("k.exe", "run.exe", "v.example:443")


@pytest.mark.parametrize(
    ("options", "cause"),
    [
        ("pair_delimiter='', kv_delimiter='='", "empty"),
        ("regex='(a)'", "two groups"),
        ("regex='(a)(b)(c)'", "two groups"),
    ],
)
def test_options_of_parse_kv_that_find_nothing_are_refused(ask, options, cause):
    """The page asks for two groups; each gave null in silence."""
    with pytest.raises(QueryError, match=cause):
        ask(f"print s = 'a=1' | parse-kv s as (a:long) with ({options})")
    named = "with (regex='(?<key>[a-z]+)=(?<value>[0-9]+)')"
    assert ask(f"print s = 'a=1' | parse-kv s as (a:long) {named} | project a") == (1,)


def test_groups_of_an_expression_beyond_the_ninth(ask):
    """DuckDB's functions take a group from 0 to 9 and fail on the tenth: a rule that parses an event has a dozen."""
    numbers, names = [str(n) for n in range(1, 13)], "abcdefghijkl"
    pattern = " ',' ".join(f"{n}: long" for n in names)
    assert ask(f"print s = '{','.join(numbers)}' | parse s with {pattern} | project k, l") == (11, 12)
    groups = "(a)(b)(c)(d)(e)(f)(g)(h)(i)[(](?P<ten>[)j])(k|(z))"
    texts = f"extract('{groups}', 10, 'abcdefghi(jz'), extract('{groups}', 12, 'abcdefghi(jz'), "
    assert ask(f"print {texts}extract('{groups}', 12, 'abcdefghi(jk')") == ("j", "z", "")
    assert ask(f"print extract_all('{groups}', dynamic(['ten', 1, 11]), 'abcdefghi(jk')") == ([["j", "a", "k"]],)
