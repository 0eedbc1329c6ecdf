"""Dynamic values: arrays, sets and bags as JSON text in, JSON text out."""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from keywitness.engine.digits import shortest_text
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.kql.literals import format_datetime, format_timespan, parse_timespan
from keywitness.model.schema import KqlType

_DYNAMIC, _LONG, _TEXT, _BOOL = KqlType.DYNAMIC, KqlType.LONG, KqlType.STRING, KqlType.BOOL
_REAL = KqlType.REAL

#: Kusto's limit of elements in a made array.
LONGEST_ARRAY = 1_048_576

_PATH_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\[(-?\d+)\]|\[(?:'([^']*)'|\"([^\"]*)\")\]")


def read(text: str | None) -> Any:
    """The value of JSON text, None for null."""
    return None if text is None else json.loads(text)


def write(value: Any) -> str | None:
    """The JSON text of a value, None for null."""
    return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def key(value: Any) -> Any:
    """What makes two values one element of a set: 1 and 1.0 are, 1 and true are not."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, (int, float)):
        return ("number", value)
    if isinstance(value, str):
        return ("string", value)
    return ("json", json.dumps(value, sort_keys=True))


def arrays_of(texts: Iterable[str | None]) -> list[list[Any]] | None:
    """All arguments as arrays, or None when one is none."""
    values = [read(t) for t in texts]
    return values if all(isinstance(v, list) for v in values) else None


@kernel(_DYNAMIC, result=_DYNAMIC)
def flat(text: str) -> str | None:
    """The values for which `in` searches: the elements of an array and of the arrays in it.

    Raises:
        NoExactAnswerError: For what is no array; the page knows arrays, scalars and tables.
    """
    value = read(text)
    if not isinstance(value, list):
        raise NoExactAnswerError("in over a dynamic value that is no array; convert it, for instance with tostring()")
    return write(list(_leaves(value)))


def _leaves(value: Any) -> Iterator[Any]:
    if not isinstance(value, list):
        yield value
        return
    for item in value:
        yield from _leaves(item)


# ---------------------------------------------------------------- access


@kernel(_DYNAMIC, _TEXT, result=_DYNAMIC)
def member(text: str | None, name: str) -> str | None:
    value = read(text)
    return write(value.get(name)) if isinstance(value, dict) else None


@kernel(_DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def access(text: str | None, name: str | None) -> str | None:
    wanted = read(name)
    return write(_stepped_into(read(text), wanted)) if type(wanted) in (str, int) else None


def _refuse_constant(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


@kernel(_TEXT, _TEXT, result=_DYNAMIC)
def extract(path: str, document: str) -> str | None:
    """`$.a.b[0]['c']` of a JSON document."""
    try:
        value = json.loads(document, parse_constant=_refuse_constant)
    except ValueError:
        return None
    for step in _known_steps(path):
        value = _stepped_into(value, step)
    return write(value)


def _known_steps(path: str) -> list[str | int]:
    """The steps of a JSON path of the forms that the page on them lists.

    Raises:
        NoExactAnswerError: For another one, and for a place counted from the end of an array.
    """
    steps = path_steps(path)
    if steps is None or any(isinstance(step, int) and step < 0 for step in steps):
        raise NoExactAnswerError(f"the JSON path {path!r}; paths are $.a.b, $['a b'] and $.a[0]")
    return steps


def _stepped_into(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step) if isinstance(value, dict) else None
    return value[step] if isinstance(value, list) and -len(value) <= step < len(value) else None


def path_steps(path: str) -> list[str | int] | None:
    """The steps of a JSON path, None when it is not one."""
    if not path.startswith("$"):
        return None
    steps: list[str | int] = []
    rest = path[1:]
    while rest:
        match = _PATH_STEP.match(rest)
        if match is None:
            return None
        name, index, single, double = match.groups()
        steps.append(int(index) if index is not None else next(s for s in (name, single, double) if s is not None))
        rest = rest[match.end() :]
    return steps


def _quotient(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int):
        return None if b == 0 else abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return a / b if b else None


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": _quotient,
    "modulo": lambda a, b: a % abs(b) if b else None,
}


@kernel(_TEXT, _DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def calculated(name: str, left: str | None, right: str | None) -> str | None:
    values = [read(left), read(right)]
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in values):
        return None
    return write(_ARITHMETIC[name](*values))


# ---------------------------------------------------------------- bags


@kernel(_TEXT, _DYNAMIC, result=_DYNAMIC, variadic=True)
def pack(*pairs: str) -> str:
    return write({k: json.loads(v) for k, v in zip(pairs[::2], pairs[1::2], strict=True)}) or ""


@kernel(_TEXT, _DYNAMIC, result=_DYNAMIC, variadic=True)
def pack_nonempty(*pairs: str) -> str:
    """Only the pairs whose value is neither null nor the empty string."""
    values = ((k, json.loads(v)) for k, v in zip(pairs[::2], pairs[1::2], strict=True))
    return write({k: v for k, v in values if v not in (None, "")}) or ""


@kernel(_DYNAMIC, _TEXT, result=_BOOL)
def has_key(text: str | None, name: str) -> bool | None:
    value = read(text)
    if not isinstance(value, dict):
        return None if value is None else False
    if not name.startswith("$"):
        return name in value
    *way, last = _bag_steps(name, "bag_has_key()")
    for step in way:
        value = value.get(step) if isinstance(value, dict) else None
    return isinstance(value, dict) and last in value


def _bag_steps(path: str, function: str) -> list[str]:
    """The steps of a JSON path from bag to bag.

    Raises:
        NoExactAnswerError: For places in arrays, which the pages leave out, and for the whole document.
    """
    steps = _known_steps(path)
    keys = [step for step in steps if isinstance(step, str)]
    if not keys or len(keys) < len(steps):
        raise NoExactAnswerError(f"{function} of the path {path!r}; it goes through keys alone, and at least one")
    return keys


@kernel(_DYNAMIC, result=_DYNAMIC, variadic=True)
def merge(*texts: str | None) -> str | None:
    """The first bag that has a key wins."""
    merged: dict[str, Any] = {}
    found = False
    for text in texts:
        value = read(text)
        if isinstance(value, dict):
            found = True
            merged = {**merged, **{k: v for k, v in value.items() if k not in merged}}
    return write(merged) if found else None


@kernel(_DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def remove_keys(text: str | None, keys: str | None) -> str | None:
    value, names = read(text), read(keys)
    if not isinstance(value, dict) or not isinstance(names, list):
        return text if isinstance(value, dict) else None
    for name in names:
        if isinstance(name, str) and name.startswith("$"):
            _remove(value, _bag_steps(name, "bag_remove_keys()"))
        elif isinstance(name, str):
            value.pop(name, None)
    return write(value)


def _remove(value: Any, steps: list[str]) -> None:
    *way, last = steps
    for step in way:
        if not (isinstance(value, dict) and step in value):
            return
        value = value[step]
    if isinstance(value, dict):
        value.pop(last, None)


@kernel(_DYNAMIC, _TEXT, _DYNAMIC, result=_DYNAMIC)
def set_key(text: str | None, name: str, new: str) -> str | None:
    value = read(text)
    if not isinstance(value, dict):
        return None
    steps = _bag_steps(name, "bag_set_key()") if name.startswith("$") else [name]
    inner = value
    for step in steps[:-1]:
        inner = inner.setdefault(step, {})
        if not isinstance(inner, dict):
            raise NoExactAnswerError("bag_set_key() below a value that is no bag")
    inner.pop(steps[-1], None)
    inner[steps[-1]] = json.loads(new)
    return write(value)


@kernel(_DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def bag_zip(keys: str | None, values: str | None) -> str | None:
    names, items = read(keys), read(values)
    if not isinstance(names, list):
        return None
    items = items if isinstance(items, list) else []
    padded = items + [None] * (len(names) - len(items))
    return write({k: v for k, v in zip(names, padded, strict=False) if isinstance(k, str)})


@kernel(_DYNAMIC, result=_TEXT)
def sorted_json(text: str | None) -> str:
    """Canonical text: keys in order."""
    if text is None:
        return ""
    written = json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return _NUMBERS.sub(_with_digits, written)


@kernel(_DYNAMIC, result=_DYNAMIC)
def treepath(text: str | None) -> str | None:
    paths: list[str] = []

    def walk(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for name, inner in value.items():
                place = f"{path}['{name}']" if path else f"['{name}']"
                paths.append(place)
                walk(inner, place)
        elif isinstance(value, list):
            paths.append(f"{path}[0]")
            for inner in value:
                walk(inner, f"{path}[0]")

    walk(read(text), "")
    return write(list(dict.fromkeys(paths))) if paths else None


# ---------------------------------------------------------------- arrays


@kernel(_DYNAMIC, result=_DYNAMIC, variadic=True)
def concatenated(*texts: str | None) -> str | None:
    arrays = [v for v in map(read, texts) if isinstance(v, list)]
    return write([item for array in arrays for item in array]) if arrays else None


@kernel(_DYNAMIC, _DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def array_iff(condition: str | None, then: str | None, otherwise: str | None) -> str | None:
    tests, yes, no = read(condition), read(then), read(otherwise)
    if not isinstance(tests, list):
        return None

    def pick(source: Any, index: int) -> Any:
        if not isinstance(source, list):
            return source
        return source[index] if index < len(source) else None

    def verdict(test: Any) -> bool | None:
        return bool(test) if isinstance(test, (bool, int, float)) else None

    picked = [None if verdict(t) is None else pick(yes if verdict(t) else no, i) for i, t in enumerate(tests)]
    return write(picked)


@kernel(_DYNAMIC, _DYNAMIC, _LONG, _LONG, _LONG, result=_LONG)
def index_of(
    text: str | None, wanted: str | None, start: int | None = 0, length: int | None = -1, occurrence: int | None = 1
) -> int | None:
    array = read(text)
    if occurrence == 0:
        raise NoExactAnswerError("array_index_of() of the occurrence 0: they count from 1")
    if not isinstance(array, list) or (length or 0) < -1 or (occurrence or 1) < 0:
        return None
    first = start or 0
    first = max(0, first + len(array)) if first < 0 else first
    last = len(array) if length is None or length < 0 else min(len(array), first + length)
    target, left = key(read(wanted)), 1 if occurrence is None else occurrence
    for i in range(first, last):
        if key(array[i]) == target:
            left -= 1
            if left <= 0:
                return i
    return -1


@kernel(_DYNAMIC, result=_DYNAMIC)
def reversed_array(text: str | None) -> str | None:
    array = read(text)
    return write(array[::-1]) if isinstance(array, list) else None


@kernel(_DYNAMIC, _LONG, _LONG, result=_DYNAMIC)
def rotated(text: str | None, count: int | None, sign: int) -> str | None:
    array = read(text)
    if not isinstance(array, list) or count is None:
        return None
    if not array:
        return text
    by = count * sign % len(array)
    return write(array[by:] + array[:by])


@kernel(_DYNAMIC, _LONG, _LONG, _DYNAMIC, result=_DYNAMIC)
def shifted(text: str | None, count: int | None, sign: int, filler: str) -> str | None:
    """The elements moved; without a filler nulls follow.

    Raises:
        NoExactAnswerError: Without a filler, of texts: the page says null or the empty string.
    """
    array = read(text)
    if not isinstance(array, list) or count is None:
        return None
    by, size = count * sign, len(array)
    if not filler and by and any(isinstance(element, str) for element in array):
        name = f"array_shift_{'left' if sign > 0 else 'right'}"
        raise NoExactAnswerError(f"{name}() of texts without a default value; give it as the third argument")
    fill = json.loads(filler) if filler else None
    kept = array[by:] if by >= 0 else array[: max(0, size + by)]
    padding = [fill] * (size - len(kept))
    return write(kept + padding if by >= 0 else padding + kept)


@kernel(_DYNAMIC, _LONG, _LONG, result=_DYNAMIC)
def sliced(text: str | None, start: int | None, end: int | None) -> str | None:
    """Both ends included; negative ones count from the end."""
    array = read(text)
    if not isinstance(array, list) or start is None or end is None:
        return None
    size = len(array)
    first = max(0, start + size) if start < 0 else start
    last = end + size if end < 0 else min(end, size - 1)
    return write(array[first : last + 1] if last >= first else [])


@kernel(_DYNAMIC, _DYNAMIC, result=_DYNAMIC)
def split(text: str | None, places: str | None) -> str | None:
    array, at = read(text), read(places)
    if not isinstance(array, list) or at is None:
        return None
    cuts = at if isinstance(at, list) else [at]
    cuts = [max(0, c + len(array)) if c < 0 else min(c, len(array)) for c in cuts]
    edges = [0, *cuts, len(array)]
    return write([array[a:b] if b > a else [] for a, b in pairwise(edges)])


def _in_order(array: list[Any], descending: bool) -> tuple[list[int], list[int]]:
    """The places of what is no null, sorted, and of the nulls.

    Numbers, then strings, then all others: the pages name this order for both directions.

    Raises:
        NoExactAnswerError: If there are others that differ; no page orders them among each other.
    """
    _check_texts(array)
    numbers, strings, others, absent = _by_kind(array)
    if len({write(array[i]) for i in others}) > 1:
        name = f"array_sort_{'desc' if descending else 'asc'}"
        raise NoExactAnswerError(f"{name}(): the order among truths, arrays and bags in one array is not documented")
    for places in (numbers, strings):
        places.sort(key=array.__getitem__, reverse=descending)
    return [*numbers, *strings, *others], absent


def _by_kind(array: list[Any]) -> tuple[list[int], list[int], list[int], list[int]]:
    """The places of numbers, strings, others and nulls."""
    kinds: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
    for place, value in enumerate(array):
        match value:
            case None:
                kinds[3].append(place)
            case bool():
                kinds[2].append(place)
            case int() | float():
                kinds[0].append(place)
            case str():
                kinds[1].append(place)
            case _:
                kinds[2].append(place)
    return kinds


_SPAN = re.compile(r"-?(\d+\.)?\d\d:\d\d:\d\d(\.\d{7})?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")
_GUID = re.compile(r"[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}")


def _check_texts(array: list[Any]) -> None:
    """Refuse times, spans and guids where they may stand elsewhere: in Kusto they are no text, as they are here."""
    kinds = {next((p for p in (_SPAN, _MOMENT, _GUID) if p.fullmatch(v)), None) for v in array if isinstance(v, str)}
    if _SPAN in kinds and not _same_as_spans(array):
        raise NoExactAnswerError("the order of timespans that, as text, are in another one")
    if kinds - {None} and (len(kinds) > 1 or not all(isinstance(v, str | None) for v in array)):
        raise NoExactAnswerError("the order of times, spans or guids beside other elements")


def _same_as_spans(array: list[Any]) -> bool:
    """Are the timespans among the values in the order of their texts?"""
    texts = sorted(v for v in array if isinstance(v, str) and _SPAN.fullmatch(v))
    return texts == sorted(texts, key=lambda text: (parse_timespan(text) or 0, text))


def _sorted(descending: bool, nulls_last: bool | None, texts: tuple[str | None, ...]) -> str | None:
    """The first array sorted, the others in its order; an array of another length is null."""
    arrays = arrays_of(texts)
    if arrays is None:
        return None
    first = arrays[0]
    present, absent = _in_order(first, descending)
    order = present + absent if nulls_last in (True, None) else absent + present
    outputs = [[a[i] for i in order] if len(a) == len(first) else None for a in arrays]
    return write(outputs[0] if len(outputs) == 1 else outputs)


@kernel(_BOOL, _DYNAMIC, result=_DYNAMIC, variadic=True)
def sorted_ascending(nulls_last: bool | None, *texts: str | None) -> str | None:
    return _sorted(False, nulls_last, texts)


@kernel(_BOOL, _DYNAMIC, result=_DYNAMIC, variadic=True)
def sorted_descending(nulls_last: bool | None, *texts: str | None) -> str | None:
    return _sorted(True, nulls_last, texts)


@kernel(_DYNAMIC, _TEXT, result=_TEXT)
def joined(text: str | None, delimiter: str) -> str:
    array = read(text)
    return delimiter.join(plain(v) for v in array) if isinstance(array, list) else plain(array)


def plain(value: Any) -> str:
    """A value as `tostring` of a dynamic prints it."""
    if value is None:
        return ""
    return value if isinstance(value, str) else _NUMBERS.sub(_with_digits, write(value) or "")


_NUMBERS = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?')


def _with_digits(found: re.Match[str]) -> str:
    number = found[0]
    real = number[0] != '"' and not number.lstrip("-").isdigit()
    return shortest_text(float(number)) if real else number


@kernel(_TEXT, _TEXT, result=_TEXT)
def text(kind: str | None, value: str) -> str:
    """What a dynamic of this JSON type says, its reals in the digits that Kusto writes."""
    return value if kind == "VARCHAR" else _NUMBERS.sub(_with_digits, value)


@kernel(_DYNAMIC, result=_REAL)
def summed(text: str | None) -> float | None:
    """The sum of the numbers, nulls passed over; null where there is none, or anything else stands among them."""
    array = read(text)
    if not isinstance(array, list):
        return None
    values = [v for v in array if v is not None]
    numbers = [v for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    return math.fsum(numbers) if numbers and len(numbers) == len(values) else None


@kernel(_DYNAMIC, result=_DYNAMIC, variadic=True)
def zipped(*texts: str | None) -> str | None:
    values = [read(t) for t in texts]
    arrays = [v if isinstance(v, list) else [v] if v is not None else [] for v in values]
    longest = max(len(a) for a in arrays)
    return write([[a[i] if i < len(a) else None for a in arrays] for i in range(longest)])


@kernel(_DYNAMIC, _LONG, result=_DYNAMIC)
def repeated(value: str, count: int | None) -> str | None:
    """`count` times the value; of less than none null, as the page says."""
    if count is None or count < 0:
        return None
    return "[" + ",".join([value] * min(count, LONGEST_ARRAY)) + "]"


def _stepped(start: Any, stop: Any, step: Any, show: Callable[[Any], str]) -> str | None:
    if start is None or stop is None or step is None or step == 0:
        return None
    count = int((stop - start) // step) + 1
    return "[" + ",".join(show(start + i * step) for i in range(max(0, min(count, LONGEST_ARRAY)))) + "]"


@kernel(_LONG, _LONG, _LONG, result=_DYNAMIC)
def long_range(start: int | None, stop: int | None, step: int | None = 1) -> str | None:
    return _stepped(start, stop, step, str)


@kernel(_REAL, _REAL, _REAL, result=_DYNAMIC)
def real_range(start: float | None, stop: float | None, step: float | None = 1.0) -> str | None:
    return _stepped(start, stop, step, repr)


@kernel(KqlType.DATETIME, KqlType.DATETIME, KqlType.TIMESPAN, result=_DYNAMIC)
def datetime_range(start: int | None, stop: int | None, step: int | None = 36_000_000_000) -> str | None:
    return _stepped(start, stop, step, lambda t: f'"{format_datetime(t)}"')


@kernel(KqlType.TIMESPAN, KqlType.TIMESPAN, KqlType.TIMESPAN, result=_DYNAMIC)
def timespan_range(start: int | None, stop: int | None, step: int | None = 36_000_000_000) -> str | None:
    return _stepped(start, stop, step, lambda t: f'"{format_timespan(t)}"')


# ---------------------------------------------------------------- gathered bags


@kernel(_DYNAMIC, _LONG, result=_DYNAMIC)
def made_bag(text: str | None, limit: int) -> str | None:
    """One bag of collected bags: of a repeated key any value will do, here the first."""
    bag: dict[str, Any] = {}
    for value in read(text) or []:
        if isinstance(value, dict):
            for name, inner in value.items():
                if name not in bag and len(bag) < limit:
                    bag[name] = inner
    return write(bag)


_SCHEMA_NAMES = {bool: "bool", int: "long", float: "double", str: "string"}


def _schema(values: list[Any]) -> Any:
    """The type of values as `buildschema` writes it: a name, a bag of members, an array's `indexer`.

    Raises:
        NoExactAnswerError: For what its page shows no schema of.
    """
    if not values or None in values:
        raise NoExactAnswerError("buildschema() of a null inside of a value, or of an empty array")
    bags = [v for v in values if isinstance(v, dict)]
    arrays = [v for v in values if isinstance(v, list)]
    found: list[Any] = []
    if bags:
        names = list(dict.fromkeys(n for b in bags for n in b))
        found.append({n: _schema([b[n] for b in bags if n in b]) for n in names})
    if arrays:
        found.append({"`indexer`": _schema([i for a in arrays for i in a])})
    plain_names = {_SCHEMA_NAMES[type(v)] for v in values if type(v) in _SCHEMA_NAMES}
    if {"long", "double"} <= plain_names:
        raise NoExactAnswerError("buildschema() where a long and a real meet")
    found += sorted(plain_names)
    return found[0] if len(found) == 1 else found


@kernel(_DYNAMIC, result=_DYNAMIC)
def built_schema(text: str | None) -> str | None:
    """The schema of collected values, null of none: the page of `summarize` shows no schema of an empty table."""
    values = [v for v in read(text) or [] if v is not None]
    return write(_schema(values)) if values else None
