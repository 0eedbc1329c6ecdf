"""URLs and addresses, as measured on the emulator."""

from __future__ import annotations

import pytest

from keywitness.errors import QueryError


def test_urls(ask):
    """User information splits only on a colon; a lone last slash is no path; nothing is decoded."""
    assert ask(
        "print parse_url('https://user@h.example/p').Host, parse_url('https://u:p@h.example/a%20b').Username, "
        "parse_url('https://h.example/').Path, parse_url('https://h.example/?x=1').Path, parse_url('no url').Host"
    ) == ("user@h.example", "u", "", "/", "")


def test_url_parameters(ask):
    """Sorted by name; repeated names have all their values; those without a value are left out."""
    assert ask("print tostring(parse_url('https://h.example/p?y=2&x=1&y=3&flag&k=')['Query Parameters'])") == (
        '{"x":"1","y":["2","3"]}',
    )


@pytest.mark.parametrize(
    ("address", "number"),
    [
        ("203.0.113.10", 3405803786),
        ("203.0.113.10/24", 3405803776),
        (" 203.0.113.10", 3405803786),
        ("01.02.03.04", None),
        ("203.0.113.10/33", None),
        ("203.0.113", None),
    ],
)
def test_ipv4(ask, address, number):
    assert ask(f"datatable(a:string)['{address}'] | project parse_ipv4(a)") == (number,)


def test_ipv4_with_masks(ask):
    """The shortest of both prefixes and the argument decides."""
    assert ask("print ipv4_compare('192.0.2.1/24', '192.0.2.255', 31), ipv4_is_match('192.0.2.1', '192.0.3.1')") == (
        0,
        False,
    )
    assert ask(
        "print ipv4_is_in_any_range('192.0.2.7', '10.0.0.0/8', '192.0.2.0/24'), ipv4_is_private('172.32.0.1')"
    ) == (
        True,
        False,
    )
    assert ask(
        "print ipv4_is_private('not an address'), ipv4_is_in_any_range('192.0.2.7', dynamic(['192.0.2.0/29']))"
    ) == (
        None,
        True,
    )


def test_ipv4_in_text_stands_alone(ask):
    assert ask(
        "print has_ipv4('from 127.0.0.1:80', '127.0.0.1'), has_ipv4('1127.0.0.1', '127.0.0.1'), "
        "has_ipv4_prefix('x 192.0.2.7', '192.0.')"
    ) == (
        True,
        False,
        True,
    )


def test_ipv6(ask):
    """A dotted tail has the prefix of an IPv4 address; a zone is dropped."""
    assert ask(
        "print parse_ipv6('2001:db8::10/64'), parse_ipv6('192.0.2.7/24'), parse_ipv6('fe80::1%eth0'), parse_ipv6('x')"
    ) == (
        "2001:0db8:0000:0000:0000:0000:0000:0000",
        "0000:0000:0000:0000:0000:ffff:c000:0200",
        "fe80:0000:0000:0000:0000:0000:0000:0001",
        "",
    )


def test_zeros_before_a_dotted_tail_are_ipv4(ask):
    """Python reads an address of its own range: https://learn.microsoft.com/kusto/query/ipv6-compare-function."""
    assert ask(
        "print ipv6_compare('::198.51.100.9/28', '198.51.100.1/24'), ipv6_is_match('198.51.100.9', '::198.51.100.9'), "
        "parse_ipv6_mask('::198.51.100.9/24', 128), parse_ipv6('64:ff9b::198.51.100.9')"
    ) == (
        0,
        True,
        "0000:0000:0000:0000:0000:ffff:c633:6400",
        "0064:ff9b:0000:0000:0000:0000:c633:6409",
    )


def test_a_range_that_is_none_is_no_range_without_the_address(ask):
    """False, which `not()` turns into a row. The page: null if one of the two texts is not read."""
    assert ask(
        "print ipv4_is_in_any_range('192.0.2.7', 'x'), ipv6_is_in_any_range('::1', 'x'), "
        "ipv4_is_in_any_range('192.0.2.7', 'x', '192.0.2.0/24')"
    ) == (None, None, True)
    with pytest.raises(QueryError, match="'x' is none"):
        ask("print ipv4_is_in_any_range('192.0.2.7', dynamic(['198.51.100.0/24', 'x']))")


@pytest.mark.parametrize("text", ["192.0.2.7.5", "5.192.0.2.7"])
def test_an_address_in_a_longer_row_of_numbers_is_refused(ask, text):
    """Found in front, missed behind: the page has every sign that is no letter or digit as a delimiter."""
    with pytest.raises(QueryError, match="longer row"):
        ask(f"print has_ipv4('oid {text}', '192.0.2.7')")
    assert ask(f"print has_ipv4('{text}, 192.0.2.7.', '192.0.2.7'), has_ipv4('{text}', '192.0.2.99')") == (True, False)
