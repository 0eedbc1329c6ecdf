"""IPv4 and IPv6 addresses and ranges."""

from __future__ import annotations

from keywitness.kql.functions.function import Function, scalar

_ANY_RANGE = ("(ip: string, ranges: dynamic) -> bool", "(ip: string, range: string*) -> bool")
_ANY_IPV4 = ("(source: string, ips: dynamic) -> bool", "(source: string, ip: string*) -> bool")

FUNCTIONS: tuple[Function, ...] = (
    scalar("ipv4_compare", "(ip1: string, ip2: string, prefix: long?) -> long"),
    scalar("ipv4_is_match", "(ip1: string, ip2: string, prefix: long?) -> bool"),
    scalar("ipv4_is_private", "(ip: string) -> bool"),
    scalar("ipv4_is_in_range", "(ip: string, range: string) -> bool"),
    scalar("ipv4_is_in_any_range", *_ANY_RANGE),
    scalar("ipv4_netmask_suffix", "(ip: string) -> long"),
    scalar("ipv4_range_to_cidr_list", "(start_ip: string, end_ip: string) -> dynamic"),
    scalar("ipv6_compare", "(ip1: string, ip2: string, prefix: long?) -> long"),
    scalar("ipv6_is_match", "(ip1: string, ip2: string, prefix: long?) -> bool"),
    scalar("ipv6_is_in_range", "(ip: string, range: string) -> bool"),
    scalar("ipv6_is_in_any_range", *_ANY_RANGE),
    scalar("parse_ipv4", "(ip: string) -> long"),
    scalar("parse_ipv4_mask", "(ip: string, prefix: long) -> long"),
    scalar("parse_ipv6", "(ip: string) -> string"),
    scalar("parse_ipv6_mask", "(ip: string, prefix: long) -> string"),
    scalar("format_ipv4", "(ip: any, prefix: long?) -> string"),
    scalar("format_ipv4_mask", "(ip: any, prefix: long?) -> string"),
    scalar("has_ipv4", "(source: string, ip: string) -> bool"),
    scalar("has_any_ipv4", *_ANY_IPV4),
    scalar("has_ipv4_prefix", "(source: string, prefix: string) -> bool"),
    scalar("has_any_ipv4_prefix", *_ANY_IPV4),
    scalar(
        "geo_info_from_ip_address",
        "(ip: string) -> dynamic",
        refusal="it needs a location database that a case does not hold; ingest your own list and `lookup` it",
    ),
)
