"""IPv4 and IPv6 addresses, prefixes and ranges.

An address may carry its prefix (`192.0.2.7/24`); two operands and an explicit prefix together use the shortest.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from keywitness.engine.kernels.documents import read, write
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.model.schema import KqlType

_TEXT, _LONG, _BOOL, _DYNAMIC = KqlType.STRING, KqlType.LONG, KqlType.BOOL, KqlType.DYNAMIC
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
#: Every place of an address, also inside of a longer row of numbers with points.
_IN_TEXT = re.compile(r"(?<![0-9A-Za-z])(?=((?:\d{1,3}\.){3}\d{1,3})(?![0-9A-Za-z]))")


@lru_cache(maxsize=4096)
def _four(text: str, limit: int = 32) -> tuple[int, int] | None:
    """Address and prefix length of IPv4 text; no prefix means the whole address."""
    address, slash, prefix = text.strip().partition("/")
    try:
        number = int(ipaddress.IPv4Address(address))
        bits = int(prefix) if slash else 32
    except ValueError:
        return None
    return (number, min(bits, limit)) if 0 <= bits <= 32 else None


@lru_cache(maxsize=4096)
def _six(text: str) -> tuple[int, int] | None:
    """Address and prefix length of IPv6 text. IPv4 is read as mapped into IPv6; a dotted tail has the prefix of IPv4.

    `::192.0.2.1` is IPv4 too, as the examples of ipv6_compare() and parse_ipv6_mask() show.
    """
    address, slash, prefix = text.strip().partition("/")
    dotted = "." in address
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
        bits = int(prefix) if slash else (32 if dotted else 128)
    except ValueError:
        return None
    if not 0 <= bits <= (32 if dotted else 128):
        return None
    number = int(parsed)
    if dotted and number >> 32 == 0:
        number |= 0xFFFF_0000_0000
    return number, bits + 96 if dotted else bits


def _top(number: int, bits: int, width: int) -> int:
    return number >> (width - bits) << (width - bits)


def _compared(
    left: tuple[int, int] | None, right: tuple[int, int] | None, prefix: int | None, width: int
) -> int | None:
    """-1, 0 or 1 by the bits of the shortest prefix; None when an operand is no address."""
    if left is None or right is None or prefix is None or not 0 <= prefix <= width:
        return None
    bits = min(left[1], right[1], prefix)
    one, two = _top(left[0], bits, width), _top(right[0], bits, width)
    return (one > two) - (one < two)


# ---------------------------------------------------------------- IPv4


@kernel(_TEXT, result=_LONG)
def parse_ipv4(text: str) -> int | None:
    found = _four(text)
    return None if found is None else _top(*found, 32)


@kernel(_TEXT, _LONG, result=_LONG)
def parse_ipv4_mask(text: str, prefix: int | None) -> int | None:
    found = _four(text)
    if found is None or prefix is None or not 0 <= prefix <= 32:
        return None
    return _top(found[0], min(found[1], prefix), 32)


@kernel(_TEXT, _TEXT, _LONG, result=_LONG)
def ipv4_compare(left: str, right: str, prefix: int | None = 32) -> int | None:
    return _compared(_four(left), _four(right), prefix, 32)


@kernel(_TEXT, _TEXT, _LONG, result=_BOOL)
def ipv4_is_match(left: str, right: str, prefix: int | None = 32) -> bool | None:
    order = _compared(_four(left), _four(right), prefix, 32)
    return None if order is None else order == 0


@kernel(_TEXT, _TEXT, result=_BOOL)
def ipv4_is_in_range(address: str, network: str) -> bool | None:
    order = _compared(_four(address), _four(network), 32, 32)
    return None if order is None else order == 0


def _in_any(address: tuple[int, int], ranges: list[str], parse: Callable[[str], Any], width: int) -> bool | None:
    """Is the address in one of the ranges? None where the only one is none.

    Raises:
        NoExactAnswerError: Where one of several is no range, and the address in none of the others.
    """
    orders = [_compared(address, parse(text), width, width) for text in ranges]
    if 0 in orders or None not in orders:
        return 0 in orders
    if len(orders) == 1:
        return None
    raise NoExactAnswerError(f"a list of ranges in which {ranges[orders.index(None)]!r} is none; leave it out")


def _networks(arguments: tuple[str | None, ...]) -> list[str]:
    texts: list[str] = []
    for value in map(read, arguments):
        texts += [str(v) for v in value] if isinstance(value, list) else [] if value is None else [str(value)]
    return texts


@kernel(_TEXT, _DYNAMIC, result=_BOOL, variadic=True)
def ipv4_is_in_any_range(address: str, *ranges: str | None) -> bool | None:
    found = _four(address)
    if found is None:
        return None
    return _in_any(found, _networks(ranges), _four, 32)


@kernel(_TEXT, result=_BOOL)
def ipv4_is_private(text: str) -> bool | None:
    found = _four(text)
    if found is None:
        return None
    return any(_compared(found, _four(network), 32, 32) == 0 for network in _PRIVATE)


@kernel(_TEXT, result=_LONG)
def ipv4_netmask_suffix(text: str) -> int | None:
    found = _four(text)
    return None if found is None else found[1]


@kernel(_TEXT, _TEXT, result=_DYNAMIC)
def ipv4_range_to_cidr_list(start: str, end: str) -> str | None:
    first, last = _four(start), _four(end)
    if first is None or last is None or first[0] > last[0]:
        return None
    blocks = ipaddress.summarize_address_range(ipaddress.IPv4Address(first[0]), ipaddress.IPv4Address(last[0]))
    return write([str(block) for block in blocks])


def _address(text: str) -> tuple[int, int] | None:
    if text.isascii() and text.isdigit() and int(text) < 2**32:
        return int(text), 32
    return _four(text)


@kernel(_TEXT, _LONG, result=_TEXT)
def format_ipv4(text: str, prefix: int | None = 32) -> str:
    found = _address(text)
    if found is None or prefix is None or not 0 <= prefix <= 32:
        return ""
    return str(ipaddress.IPv4Address(_top(found[0], min(found[1], prefix), 32)))


@kernel(_TEXT, _LONG, result=_TEXT)
def format_ipv4_mask(text: str, prefix: int | None = 32) -> str:
    found = _address(text)
    if found is None or prefix is None or not 0 <= prefix <= 32:
        return ""
    bits = min(found[1], prefix)
    return f"{ipaddress.IPv4Address(_top(found[0], bits, 32))}/{bits}"


# ---------------------------------------------------------------- IPv4 inside text


def _found_in(text: str, wanted: Callable[[str], bool]) -> bool:
    """Does an address that is wanted stand in the text?

    Raises:
        NoExactAnswerError: Where it does as a part of five or more numbers with points alone: is a point a delimiter?
    """
    found = [m for m in _IN_TEXT.finditer(text) if _four(m[1]) and wanted(m[1])]
    if any(not _in_longer_row(text, *m.span(1)) for m in found):
        return True
    if found:
        raise NoExactAnswerError(f"{found[0][1]} inside of a longer row of numbers and points")
    return False


def _in_longer_row(text: str, start: int, end: int) -> bool:
    return re.search(r"\d\.$", text[:start]) is not None or re.match(r"\.\d", text[end:]) is not None


@kernel(_TEXT, _TEXT, result=_BOOL)
def has_ipv4(text: str, address: str) -> bool:
    return _found_in(text, lambda found: found == address)


@kernel(_TEXT, _DYNAMIC, result=_BOOL, variadic=True)
def has_any_ipv4(text: str, *addresses: str | None) -> bool:
    wanted = set(_networks(addresses))
    return _found_in(text, lambda found: found in wanted)


def _is_prefix(text: str) -> bool:
    """A whole address, or leading octets that end in a dot."""
    return _four(text) is not None or (text.endswith(".") and re.fullmatch(r"(?:\d{1,3}\.){1,3}", text) is not None)


@kernel(_TEXT, _TEXT, result=_BOOL)
def has_ipv4_prefix(text: str, prefix: str) -> bool:
    return _is_prefix(prefix) and _found_in(text, lambda found: found.startswith(prefix))


@kernel(_TEXT, _DYNAMIC, result=_BOOL, variadic=True)
def has_any_ipv4_prefix(text: str, *prefixes: str | None) -> bool:
    wanted = tuple(filter(_is_prefix, _networks(prefixes)))
    return _found_in(text, lambda found: found.startswith(wanted))


# ---------------------------------------------------------------- IPv6


def _long_form(number: int) -> str:
    digits = f"{number:032x}"
    return ":".join(digits[i : i + 4] for i in range(0, 32, 4))


@kernel(_TEXT, result=_TEXT)
def parse_ipv6(text: str) -> str:
    found = _six(text)
    return "" if found is None else _long_form(_top(*found, 128))


@kernel(_TEXT, _LONG, result=_TEXT)
def parse_ipv6_mask(text: str, prefix: int | None) -> str:
    found = _six(text)
    if found is None or prefix is None or not 0 <= prefix <= 128:
        return ""
    return _long_form(_top(found[0], min(found[1], prefix), 128))


@kernel(_TEXT, _TEXT, _LONG, result=_LONG)
def ipv6_compare(left: str, right: str, prefix: int | None = 128) -> int | None:
    return _compared(_six(left), _six(right), prefix, 128)


@kernel(_TEXT, _TEXT, _LONG, result=_BOOL)
def ipv6_is_match(left: str, right: str, prefix: int | None = 128) -> bool | None:
    order = _compared(_six(left), _six(right), prefix, 128)
    return None if order is None else order == 0


@kernel(_TEXT, _TEXT, result=_BOOL)
def ipv6_is_in_range(address: str, network: str) -> bool | None:
    order = _compared(_six(address), _six(network), 128, 128)
    return None if order is None else order == 0


@kernel(_TEXT, _DYNAMIC, result=_BOOL, variadic=True)
def ipv6_is_in_any_range(address: str, *ranges: str | None) -> bool | None:
    found = _six(address)
    if found is None:
        return None
    return _in_any(found, _networks(ranges), _six, 128)
