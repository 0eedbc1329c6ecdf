"""Times of the document as people read them. Everything is UTC; headings say so, cells need not repeat it."""

from __future__ import annotations

from datetime import UTC, datetime


def parse(text: str) -> datetime | None:
    """The instant of an ISO 8601 text, to the microsecond; None when there is none or it is no time."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def minute(text: str) -> str:
    """`2026-03-14 09:26`; the text itself when it is no time."""
    instant = parse(text)
    return f"{instant:%Y-%m-%d %H:%M}" if instant else text


def second(text: str) -> str:
    """`2026-03-14 09:26:53`; the text itself when it is no time."""
    instant = parse(text)
    return f"{instant:%Y-%m-%d %H:%M:%S}" if instant else text


def exact(text: str) -> str:
    """All digits that the document has, `2026-03-14 09:26:53.5897932`."""
    return text.replace("T", " ").removesuffix("Z") if parse(text) else text


def period(first: str, last: str) -> str:
    """`2026-03-14 09:26:53 to 09:31:07`: the date once when both lie on one day."""
    begin, end = second(first), second(last)
    if not last or begin == end:
        return begin
    same_day = parse(first) is not None and parse(last) is not None and begin[:10] == end[:10]
    return f"{begin} to {end[11:] if same_day else end}"


def length(first: str, last: str) -> str:
    """How long from one time to another, two units: `3 d 4 h`, `2 h 14 min`, `48 s`; "" when either is no time."""
    begin, end = parse(first), parse(last)
    return duration((end - begin).total_seconds()) if begin and end else ""


def duration(seconds: float) -> str:
    """Seconds in the two largest units."""
    whole = max(0, round(seconds))
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    for index, (name, size) in enumerate(units):
        if whole < size:
            continue
        count, rest = divmod(whole, size)
        text = f"{count} {name}"
        if index + 1 < len(units):
            next_name, next_size = units[index + 1]
            if rest // next_size:
                text += f" {rest // next_size} {next_name}"
        return text
    return "0 s"
