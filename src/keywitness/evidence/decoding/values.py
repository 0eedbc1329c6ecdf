"""Single values into the physical form of KQL types, exactly or not at all."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import date
from typing import Any

from keywitness.model.schema import TICKS_PER_SECOND, KqlType

#: JSON, `az` (Python's spelling), CSV of the portal (JavaScript's or Excel's spelling).
_BOOLS = {"true": True, "false": False}

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*([Zz]|[+-]\d\d:?\d\d)?\Z", re.ASCII
)
_PORTAL = re.compile(
    r"(\d{1,2})/(\d{1,2})/(\d{4}),?\s+(\d{1,2}):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:[\s\u202f\xa0]*([AaPp])\.?[Mm]\.?)?\Z",
    re.ASCII,
)
_GUID = re.compile(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\Z")
_HEX32 = re.compile(r"[0-9A-Fa-f]{32}\Z")
_INTEGER = re.compile(r"-?(?:0|[1-9]\d*)\Z", re.ASCII)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?\Z", re.ASCII)
_DAY_SECONDS = 86_400
#: Integers beyond this are not exact as `real`.
_EXACT_REAL = 1 << 53


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class NotExact(ValueError):  # noqa: N818  a signal between decoders, never shown
    """The value cannot be that type without loss."""


def ticks(text: str) -> int | None:
    """Ticks of a time in ISO 8601 or as the portal writes it (US dates); None when it is no time.

    A time without zone is read as UTC, which is what Azure writes. Digits beyond the seventh are cut.

    Example:
        >>> ticks("2021-04-28T14:42:47.6411234Z") - ticks("4/28/2021, 2:42:47.641 PM")
        1234
    """
    if match := _ISO.match(text):
        year, month, day, hour, minute, second, fraction, zone = match.groups()
    elif match := _PORTAL.match(text):
        month, day, year, hour, minute, second, fraction, half = match.groups()
        zone = None
        if half:
            if not 1 <= int(hour) <= 12:
                return None
            hour = str(int(hour) % 12 + (12 if half in "Pp" else 0))
    else:
        return None
    try:
        days = date(int(year), int(month), int(day)).toordinal() - 1
    except ValueError:
        return None
    if int(hour) > 23 or int(minute) > 59 or int(second or 0) > 59:
        return None
    seconds = days * _DAY_SECONDS + int(hour) * 3600 + int(minute) * 60 + int(second or 0)
    if zone and zone not in "Zz":
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    result = seconds * TICKS_PER_SECOND + int((fraction or "0")[:7].ljust(7, "0"))
    return result if result >= 0 else None


def guid(text: str) -> str | None:
    """The canonical form of a dashed GUID, or None."""
    return text.lower() if _GUID.match(text) else None


def guid_of_hex(text: str) -> str | None:
    """The canonical form of a GUID, dashed or of 32 hex digits, or None."""
    if _HEX32.match(text):
        t = text.lower()
        return f"{t[:8]}-{t[8:12]}-{t[12:16]}-{t[16:20]}-{t[20:]}"
    return guid(text)


def json_text(value: Any) -> str:
    """Compact JSON, keys in the order of the record."""
    return _encode(value)


def as_text(value: Any) -> str:
    """The text of a value in a string column: a string as it is, everything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json_text(value)


def own_type(value: Any) -> KqlType:
    """The type that Log Analytics gives to a custom property that holds this value."""
    if isinstance(value, bool):
        return KqlType.BOOL
    if isinstance(value, int | float):
        exact = math.isfinite(value) if isinstance(value, float) else abs(value) <= _EXACT_REAL
        return KqlType.REAL if exact else KqlType.STRING
    if isinstance(value, str):
        if guid(value):
            return KqlType.GUID
        if len(value) >= 19 and "T" in value and _ISO.match(value) and ticks(value) is not None:
            return KqlType.DATETIME
    return KqlType.STRING


def physical(value: Any, type: KqlType) -> Any:
    """A decoded JSON value (or CSV text) in the physical form of a type. None stays None.

    Raises:
        NotExact: The value cannot be that type without loss.
    """
    if value is None:
        return "" if type is KqlType.STRING else None
    return _FORMS[type](value)


def _required(value: Any) -> Any:
    if value is None:
        raise NotExact
    return value


def _dynamic(value: Any) -> str:
    """JSON text. A string that is itself JSON (exports print dynamic cells so) is that JSON, else a JSON string."""
    if isinstance(value, str):
        text = value.strip()
        if text[:1] in ("{", "[", '"') or text in ("null", "true", "false") or _NUMBER.match(text):
            try:
                json.loads(text)
            except (ValueError, RecursionError):
                return json_text(value)
            return text
    return json_text(value)


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in _BOOLS:
        return _BOOLS[value.lower()]
    raise NotExact


def _integer(value: Any, bits: int) -> int:
    if (isinstance(value, str) and _INTEGER.match(value)) or (isinstance(value, float) and value.is_integer()):
        value = int(value)
    elif isinstance(value, str) and _NUMBER.match(value) and float(value).is_integer():
        value = int(float(value))  # "200.0", as the real column of another export prints it
    if isinstance(value, bool) or not isinstance(value, int) or not -(1 << bits) <= value < 1 << bits:
        raise NotExact
    return value


def _real(value: Any) -> float:
    if isinstance(value, str):
        if not _NUMBER.match(value):
            raise NotExact
        value = int(value) if _INTEGER.match(value) else float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotExact
    if own_type(value) is not KqlType.REAL:
        raise NotExact
    return float(value)


def _datetime(value: Any) -> int:
    return int(_required(ticks(value) if isinstance(value, str) else None))


def _as_guid(value: Any) -> str:
    return str(_required(guid_of_hex(value) if isinstance(value, str) else None))


def _timespan(value: Any) -> Any:
    raise NotExact


_FORMS: dict[KqlType, Callable[[Any], Any]] = {
    KqlType.STRING: as_text,
    KqlType.DYNAMIC: _dynamic,
    KqlType.BOOL: _bool,
    KqlType.INT: lambda value: _integer(value, 31),
    KqlType.LONG: lambda value: _integer(value, 63),
    KqlType.REAL: _real,
    KqlType.DECIMAL: _real,
    KqlType.DATETIME: _datetime,
    KqlType.GUID: _as_guid,
    KqlType.TIMESPAN: _timespan,
}
