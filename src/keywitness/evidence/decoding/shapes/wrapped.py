"""Records that a collector put into a record of its own, as text or as an object, alone or several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keywitness.evidence.decoding.json_record import parse_json
from keywitness.evidence.decoding.row import Unfit

#: Where collectors put the original record.
_FIELDS = ("_raw", "raw", "message", "event", "body", "log", "input.message", "event.original", "rawlog", "RawData")
_NESTED = (("input", "message"), ("event", "original"), ("log", "original"), ("data", "message"))
_LISTS = ("records", "Records")


def wrapped(record: dict[str, Any]) -> Iterator[Any]:
    """What the record may wrap: objects, in their order."""
    for name in _LISTS:
        if isinstance(record.get(name), list):
            yield from record[name]
            return
    for value in _candidates(record):
        if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
            try:
                value = parse_json(value)
            except Unfit:
                continue
        if isinstance(value, dict):
            yield value
            return
        if isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
            yield from value
            return


def _candidates(record: dict[str, Any]) -> Iterator[Any]:
    for name in _FIELDS:
        if name in record:
            yield record[name]
    for outer, inner in _NESTED:
        value = record.get(outer)
        if isinstance(value, dict) and inner in value:
            yield value[inner]
