"""IPv4 and IPv6 addresses and ranges."""

from __future__ import annotations

from keywitness.engine import sql
from keywitness.engine.lowering.conversions import text
from keywitness.engine.lowering.dynamics import json_arguments
from keywitness.engine.lowering.lowering import Lowering, Table, Use
from keywitness.engine.sql import Expr
from keywitness.model.schema import KqlType


def _kernel(name: str) -> Lowering:
    """A kernel of `addresses`: strings first, then whole numbers."""

    def lowered(use: Use) -> Expr:
        args = [a if use.type(i) is KqlType.STRING else sql.cast(a, "BIGINT") for i, a in enumerate(use.args)]
        return sql.call(f"kx_addresses_{name}", *args)

    return lowered


def _any(name: str) -> Lowering:
    """A kernel over a string and ranges, given one by one or as arrays."""
    return lambda use: sql.call(f"kx_addresses_{name}", use.args[0], *json_arguments(use, 1))


def _format(name: str) -> Lowering:
    def lowered(use: Use) -> Expr:
        prefix = sql.cast(use.args[1], "BIGINT") if len(use) > 1 else sql.number(32)
        return sql.call(f"kx_addresses_{name}", text(use, 0), prefix)

    return lowered


LOWERINGS: Table = {
    **{
        name: _kernel(name)
        for name in [
            "ipv4_compare",
            "ipv4_is_match",
            "ipv4_is_private",
            "ipv4_is_in_range",
            "ipv4_netmask_suffix",
            "ipv4_range_to_cidr_list",
            "ipv6_compare",
            "ipv6_is_match",
            "ipv6_is_in_range",
            "parse_ipv4",
            "parse_ipv4_mask",
            "parse_ipv6",
            "parse_ipv6_mask",
            "has_ipv4",
            "has_ipv4_prefix",
        ]
    },
    **{
        name: _any(name)
        for name in ("ipv4_is_in_any_range", "ipv6_is_in_any_range", "has_any_ipv4", "has_any_ipv4_prefix")
    },
    "format_ipv4": _format("format_ipv4"),
    "format_ipv4_mask": _format("format_ipv4_mask"),
}
