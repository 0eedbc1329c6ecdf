"""Strings: searching, cutting, parsing of URLs, paths, CSV and XML."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import Any

from keywitness.engine.kernels.documents import plain, read, write
from keywitness.engine.kernels.kernel import NoExactAnswerError, kernel
from keywitness.engine.letters import small
from keywitness.engine.regex import RegexError
from keywitness.engine.regex import read as read_regex
from keywitness.model.schema import KqlType

_TEXT, _LONG, _BOOL, _DYNAMIC = KqlType.STRING, KqlType.LONG, KqlType.BOOL, KqlType.DYNAMIC
_LONGEST_REPEAT = 1024


# ---------------------------------------------------------------- terms


def holds_term(text: str, term: str, *, fold: bool, start: bool, end: bool) -> bool:
    """Does the term stand in the text with no letter or digit continuing it on the sides asked for?"""
    if fold:
        text, term = small(text), small(term)
    if not term:
        return True
    start, end = start and term[0].isalnum(), end and term[-1].isalnum()
    at = text.find(term)
    while at >= 0:
        after = at + len(term)
        free_before = not start or at == 0 or not text[at - 1].isalnum()
        if free_before and (not end or after == len(text) or not text[after].isalnum()):
            return True
        at = text.find(term, at + 1)
    return False


@kernel(_TEXT, _TEXT, _BOOL, _BOOL, _BOOL, result=_BOOL)
def has_term(text: str, term: str, fold: bool, start: bool, end: bool) -> bool:
    return holds_term(text, term, fold=fold, start=start, end=end)


def _terms(array: str | None) -> list[str]:
    value = read(array)
    return [plain(v) for v in value] if isinstance(value, list) else [] if value is None else [plain(value)]


@kernel(_TEXT, _DYNAMIC, _BOOL, result=_BOOL)
def has_terms(text: str, array: str | None, every: bool) -> bool:
    found = (holds_term(text, t, fold=True, start=True, end=True) for t in _terms(array))
    return all(found) if every else any(found)


@kernel(_TEXT, _DYNAMIC, result=_LONG)
def has_any_index(text: str, array: str | None) -> int:
    for i, term in enumerate(_terms(array)):
        if holds_term(text, term, fold=True, start=True, end=True):
            return i
    return -1


# ---------------------------------------------------------------- places


@kernel(_TEXT, _TEXT, _LONG, _LONG, _LONG, result=_LONG)
def index_of(
    text: str, lookup: str, start: int | None = 0, length: int | None = -1, occurrence: int | None = 1
) -> int | None:
    """The place of an occurrence; `length` bounds each search from where it begins, as the page's examples show."""
    length = -1 if length is None else length
    if occurrence == 0:
        raise NoExactAnswerError("indexof() of the occurrence 0: they count from 1")
    if not lookup or length < -1 or (occurrence is not None and occurrence < 0):
        return None
    place = start or 0
    place = max(0, len(text) + place) if place < 0 else place
    found = -1
    for _ in range(1 if occurrence is None else occurrence):
        found = text.find(lookup, place, len(text) if length == -1 else place + length)
        if found < 0:
            return -1
        place = found + 1
    return found


@kernel(_TEXT, _TEXT, result=_LONG)
def count_of(text: str, lookup: str) -> int:
    """Occurrences, overlapping ones too."""
    count, place = 0, text.find(lookup) if lookup else -1
    while place >= 0:
        count, place = count + 1, text.find(lookup, place + 1)
    return count


@kernel(_TEXT, _LONG, _TEXT, result=_TEXT)
def repeated(value: str, count: int | None, delimiter: str) -> str:
    """The page allows 1 to 67108864 times, and says that more than 1024 times are 1024."""
    if count is None:
        return ""
    if not 1 <= count <= _LONGEST_REPEAT:
        raise NoExactAnswerError(f"strrep() less than once or more than {_LONGEST_REPEAT} times")
    return delimiter.join([value] * count)


# ---------------------------------------------------------------- regular expressions


@kernel(_TEXT, result=_TEXT)
def regex(pattern: str) -> str:
    """An expression that is no constant, in RE2."""
    try:
        found = read_regex(pattern)
    except RegexError as error:
        raise NoExactAnswerError(str(error)) from None
    if found.bounded:
        raise NoExactAnswerError(
            "matches regex with a word boundary in an expression that is no constant; write the expression out"
        )
    return found.text


# ---------------------------------------------------------------- replacing


@kernel(_TEXT, result=_TEXT)
def quoted_pattern(text: str) -> str:
    return re.sub(r"([^\w\s]|_)", lambda m: m.group() if m.group() == "_" else "\\" + m.group(), text, flags=re.ASCII)


@kernel(_TEXT, _DYNAMIC, _DYNAMIC, result=_TEXT)
def replaced(text: str, lookups: str | None, rewrites: str | None) -> str:
    """A lookup takes its places before the later ones in the list do; what was put in is not searched again.

    Elements that are no text are passed over: as a rewrite they leave what was found as it is.
    """
    wanted, new = read(lookups), read(rewrites)
    if not (isinstance(wanted, list) and isinstance(new, list) and len(wanted) == len(new)):
        raise NoExactAnswerError("replace_strings() without as many rewrites as lookups, both in arrays")
    pieces = [(text, True)]
    for lookup, rewrite in zip(wanted, new, strict=True):
        if isinstance(lookup, str) and lookup:
            put = rewrite if isinstance(rewrite, str) else lookup
            pieces = [cut for piece in pieces for cut in _cut(piece, lookup, put)]
    return "".join(piece for piece, _ in pieces)


def _cut(piece: tuple[str, bool], lookup: str, rewrite: str) -> list[tuple[str, bool]]:
    """An open piece cut at each lookup, and what stands for those closed in between; a closed piece as it is."""
    text, is_open = piece
    if not is_open:
        return [piece]
    first, *rest = text.split(lookup)
    return [(first, True), *(cut for part in rest for cut in ((rewrite, False), (part, True)))]


@kernel(_TEXT, _TEXT, _TEXT, result=_TEXT)
def translated(search: str, replacement: str, text: str) -> str:
    if not search:
        return text
    padded = replacement + (replacement[-1:] or "") * (len(search) - len(replacement))
    table = {ord(a): (padded[i] if i < len(padded) else None) for i, a in reversed(list(enumerate(search)))}
    return text.translate(table)


# ---------------------------------------------------------------- code points


@kernel(_TEXT, result=_BOOL)
def is_ascii(text: str) -> bool:
    return text.isascii()


@kernel(_TEXT, result=_DYNAMIC)
def codepoints(text: str) -> str:
    return "[" + ",".join(str(ord(c)) for c in text) + "]"


@kernel(_DYNAMIC, result=_TEXT, variadic=True)
def from_codepoints(*values: str | None) -> str:
    """The empty string, Kusto's null of a text, as soon as one value is no code point."""
    numbers: list[Any] = []
    for value in map(read, values):
        numbers += value if isinstance(value, list) else [value]
    return "".join(map(chr, numbers)) if all(map(_is_codepoint, numbers)) else ""


def _is_codepoint(value: Any) -> bool:
    """No surrogate is one: they stand for a character in pairs only."""
    return type(value) is int and 0 <= value < 0x110000 and not 0xD800 <= value < 0xE000


#: What separates labels of a domain name (RFC 3490, 3.1).
_DOTS = re.compile("[.\u3002\uff0e\uff61]")


def _label_encoded(label: str) -> str:
    return label.encode("punycode").decode("ascii")


@kernel(_TEXT, result=_TEXT)
def punycode(text: str) -> str:
    return text.encode("punycode").decode("ascii")


@kernel(_TEXT, result=_TEXT)
def from_punycode(text: str) -> str:
    try:
        return text.encode("ascii").decode("punycode")
    except UnicodeError:
        return ""


@kernel(_TEXT, result=_TEXT)
def domain_from_punycode(domain: str) -> str:
    labels = []
    for label in _DOTS.split(domain):
        try:
            labels.append(label[4:].encode("ascii").decode("punycode") if label.lower().startswith("xn--") else label)
        except UnicodeError:
            return ""
    return ".".join(labels)


@kernel(_TEXT, result=_TEXT)
def domain_to_punycode(domain: str) -> str:
    labels = _DOTS.split(domain)
    return ".".join(label if label.isascii() else "xn--" + _label_encoded(label) for label in labels)


# ---------------------------------------------------------------- parsing


@kernel(_TEXT, _TEXT, result=_DYNAMIC)
def parse_command_line(command: str, parser: str) -> str | None:
    """Windows' rules of quoting: a backslash matters only in front of a quotation mark."""
    if parser.lower() != "windows":
        return None
    return write(_windows_arguments(command)) if command.strip() else None


def _windows_arguments(command: str) -> list[str]:
    arguments: list[str] = []
    current, quoted, started, i = "", False, False, 0
    while i < len(command):
        char = command[i]
        if char == "\\":
            run = len(command[i:]) - len(command[i:].lstrip("\\"))
            i += run
            if command[i : i + 1] == '"':
                current += "\\" * (run // 2)
                if run % 2:
                    current += '"'
                    i += 1
            else:
                current += "\\" * run
            started = True
            continue
        if char == '"':
            quoted, started = not quoted, True
        elif char in " \t" and not quoted:
            if started:
                arguments.append(current)
            current, started = "", False
        else:
            current, started = current + char, True
        i += 1
    return [*arguments, current] if started else arguments


@kernel(_TEXT, result=_DYNAMIC)
def parse_csv(text: str) -> str | None:
    """The fields of the first record."""
    for record in csv.reader(io.StringIO(text)):
        return write(record)
    return write([""])


@kernel(_TEXT, result=_DYNAMIC)
def parse_path(path: str) -> str | None:
    scheme, _, rest = path.rpartition("://")
    local = scheme in ("", "file")
    if local and re.match(r"\\\\\?\\|[A-Za-z]:[^\\/]", rest):
        raise NoExactAnswerError(r"parse_path() of a path that begins with \\?\ or with a drive and no slash")
    drive = re.match(r"[A-Za-z]:[\\/]", rest)
    root = drive.group() if drive else ""
    body, stream = rest[len(root) :], ""
    if drive:
        body, _, stream = body.partition(":")
    elif local:
        last = max(body.rfind("/"), body.rfind("\\")) + 1
        name, _, stream = body[last:].partition(":")
        body = body[:last] + name
    whole = root + body
    cut = max(whole.rfind("/"), whole.rfind("\\"))
    folder, name = (whole[:cut], whole[cut + 1 :]) if cut >= 0 else ("", whole)
    if root and len(folder) < len(root):
        folder = root
    tail = folder[len(root) :] if folder.startswith(root) else folder
    return write(
        {
            "Scheme": scheme,
            "RootPath": root,
            "DirectoryPath": folder,
            "DirectoryName": re.split(r"[\\/]", tail)[-1],
            "Filename": name,
            "Extension": name.rpartition(".")[2] if "." in name else "",
            "AlternateDataStreamName": stream,
        }
    )


_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<user>[^:@/?#]*):(?P<password>[^@/?#]*)@)?"
    r"(?P<host>\[[^\]]*\]|[^:/?#]*)(?::(?P<port>\d*))?(?P<path>/[^?#]*)?(?:\?(?P<query>[^#]*))?(?:#(?P<fragment>.*))?",
    re.DOTALL,
)


@kernel(_TEXT, result=_DYNAMIC)
def parse_url(url: str) -> str | None:
    """The parts of an absolute URL, all empty for anything else. Nothing is decoded.

    A user without a password stays in the host; a path of nothing but the last slash is empty.
    """
    match = _URL.fullmatch(url)
    part = (
        {name: value or "" for name, value in match.groupdict().items()}
        if match
        else dict.fromkeys(_URL.groupindex, "")
    )
    path = "" if part["path"] == "/" and url.endswith("/") else part["path"]
    return write(
        {
            "Scheme": part["scheme"],
            "Host": part["host"],
            "Port": part["port"],
            "Path": path,
            "Username": part["user"],
            "Password": part["password"],
            "Query Parameters": _parameters(part["query"]),
            "Fragment": part["fragment"],
        }
    )


def _parameters(query: str) -> dict[str, str | list[str]]:
    """By name, in the order of the names; a name that repeats has all its values, without a value it is left out."""
    values: dict[str, list[str]] = {}
    for piece in query.split("&"):
        name, _, value = piece.partition("=")
        if name and value:
            values.setdefault(name, []).append(value)
    return {name: found[0] if len(found) == 1 else found for name, found in sorted(values.items())}


@kernel(_TEXT, result=_DYNAMIC)
def parse_urlquery(query: str) -> str | None:
    return write({"Query Parameters": _parameters(query.removeprefix("?"))})


_LONGEST_XML = 1 << 20


@kernel(_TEXT, result=_DYNAMIC)
def parse_xml(text: str) -> str | None:
    """Elements as bags, attributes as `@name`, text beside either as `#text`; null for what is no XML or beyond 1 MB.

    Names keep their prefix, text stays text, also where it is a number.
    """
    from xml.parsers.expat import ExpatError, ParserCreate  # loaded by this function alone

    if "<!DOCTYPE" in text or "<!ENTITY" in text:  # entity expansion is how XML attacks its readers
        return None
    if len(text.encode()) > _LONGEST_XML:
        return None
    reader = _XmlReader()
    parser = ParserCreate("utf-8")
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(text.encode(), True)
    except ExpatError:
        return None
    return write(reader.open[0].bag)


@dataclass(slots=True)
class _XmlElement:
    """An element that is being read: its attributes and elements, its text, and the pieces that the text came in."""

    bag: dict[str, Any]
    text: str = ""
    pieces: int = 0
    in_text: bool = False


class _XmlReader:
    """Builds bags while the elements go by; the first one stands for the document."""

    def __init__(self) -> None:
        self.open = [_XmlElement({})]

    def start(self, _name: str, attributes: dict[str, str]) -> None:
        self.open[-1].in_text = False
        self.open.append(_XmlElement({f"@{name}": value for name, value in attributes.items()}))

    def text(self, data: str) -> None:
        element = self.open[-1]
        element.pieces += bool(data.strip()) and not element.in_text
        element.in_text |= bool(data.strip())
        element.text += data
        if data.strip():
            element.bag.setdefault("#text", "")  # its place among the elements

    def end(self, name: str) -> None:
        element = self.open.pop()
        if element.pieces > 1:
            raise NoExactAnswerError("parse_xml() of text in several pieces between elements")
        content = element.text.strip()
        if content:
            element.bag["#text"] = content
        value = content if element.bag.keys() == {"#text"} else element.bag or None
        bag = self.open[-1].bag
        if name not in bag:
            bag[name] = value
        elif isinstance(bag[name], list):
            bag[name].append(value)
        else:
            bag[name] = [bag[name], value]
