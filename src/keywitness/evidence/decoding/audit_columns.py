"""Audit records in columns: the path that a million records take, blobs and rows of tables alike.

DuckDB reads only the properties that records of this evidence were seen to have (`learn`), so most columns of the
documented table cost nothing. A line takes this path only when it is proved that nothing of it is lost. The proof is a
count: the names in its text less those without a value (`name_counts`) must equal the values and objects that came out
non-null. A name nobody knows, a repeated name, an object where a value was expected, an array that holds objects: each
makes the text's count higher, and a value that its column's type does not hold exactly comes out null; all these go the
exact way. Where an object came as JSON text, that text is counted and read for itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.evidence.decoding.audit_shapes import Place, Shape
from keywitness.evidence.decoding.cells import REST
from keywitness.evidence.decoding.flatten import Path
from keywitness.evidence.decoding.identity import KEY_COLUMNS, MILLISECONDS, SEPARATOR, TICKS, digests
from keywitness.evidence.decoding.json_record import parse_json
from keywitness.evidence.decoding.name_counts import Counts, Mask, name_counts
from keywitness.evidence.decoding.row import Unfit
from keywitness.evidence.decoding.shapes.audit import resource_columns
from keywitness.evidence.decoding.time_column import ticks_column
from keywitness.evidence.decoding.values import NotExact, own_type, physical
from keywitness.model.arrow import ARROW_TYPES
from keywitness.model.schema import KqlType
from keywitness.model.tables import AUDIT_TABLE

#: Properties read in columns; what is beyond goes the exact way.
_MOST_PATHS = 250
#: Numbers whose text stands in the key, so only one spelling may pass, with or without the zero of a real.
_WHOLE_IN_KEY = ("httpStatusCode_d", "DurationMs")
_WHOLE = re.compile(r"(0|[1-9]\d{0,14})(\.0)?\Z", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_.:/ -]{1,200}\Z", re.ASCII)
#: Arrays that every writer of JSON prints alike.
_PLAIN_ARRAY = re.compile(r'\[(?:(?:"[^"\\]*"|-?[1-9]\d{0,14}|0|true|false|null)(?:,(?!\])|(?=\])))*\]\Z', re.ASCII)
_DERIVED = (
    "ResourceId",
    "_ResourceId",
    "SubscriptionId",
    "ResourceGroup",
    "ResourceProvider",
    "ResourceType",
    "Resource",
)
#: What all records that come this way have in common.
_CONSTANT = {"Category": "AuditEvent", "Type": AUDIT_TABLE}


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One property that is read in columns.

    Args:
        path: In the record.
        place: Where it goes.
        alias: In the query.
        blanks: Texts that are no value.
        embedded: It stands in an object that came as text.
    """

    path: Path
    place: Place
    alias: str
    blanks: tuple[str, ...]
    embedded: bool

    @property
    def rest(self) -> bool:
        """A member of AdditionalFields."""
        return not self.place.column

    @property
    def as_json(self) -> bool:
        """Its JSON type decides where it goes."""
        return self.place.by_value or self.rest

    @property
    def plain(self) -> bool:
        """The text of the value is the cell."""
        return self.place.type is KqlType.STRING and not self.as_json


class AuditColumns:
    """Decodes lines of one form in DuckDB.

    Args:
        connection: Used by this object alone.
        shape: The form.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, shape: Shape) -> None:
        self._connection = connection
        self._shape = shape
        self._first = {(name,) for name in (shape.time, shape.resource, *shape.said)}
        self._leaves: dict[Path, _Leaf] = {}
        self._passed: set[Path] = set()  # properties that cannot be read in columns
        self._structure: dict[str, Any] = {name: "VARCHAR" for (name,) in self._first}
        self._texts: dict[str, dict[str, Any]] = {}  # structures of the objects that come as text
        self._sql = ""

    def has_news(self, record: dict[str, Any]) -> bool:
        """True when the record has a property that was not met before."""
        return any(
            path not in self._leaves and path not in self._passed and path not in self._first
            for path, _ in self._shape.leaves(record)
        )

    def learn(self, record: dict[str, Any]) -> bool:
        """Read the properties of such records in columns from now on. True when there was something to learn."""
        known = len(self._leaves)
        for path, value in self._shape.leaves(record):
            if path in self._leaves or path in self._first:
                continue
            if len(self._leaves) < _MOST_PATHS:
                self._learn(path, value)
            if path not in self._leaves and len(self._passed) < _MOST_PATHS:
                self._passed.add(path)
        if len(self._leaves) > known:
            self._sql = ""
        return len(self._leaves) > known

    def counts(self, octets: Any, bounds: Counts) -> Counts:
        """Names with a value in each line of a buffer, as `decode` wants them."""
        return name_counts(octets, bounds, self._shape.blanks, embedded=self._shape.texts)

    def decode(self, lines: pa.ChunkedArray, counts: Counts) -> tuple[pa.Table, Mask]:
        """Decode the lines that this path can prove.

        Args:
            lines: Valid UTF-8.
            counts: What `counts` says of each.

        Returns:
            `_key` and columns of `AzureDiagnostics` in physical form, one row for each True of the mask over `lines`.
        """
        possible = counts > 0
        result = self._run(lines, possible)
        if result is None and possible.any():  # some line is not JSON: leave those out and ask again
            chosen = np.flatnonzero(possible)
            possible[chosen] = self._is_json(lines.take(pa.array(chosen)))
            result = self._run(lines, possible)
        if result is None:
            return pa.table({}), np.zeros(len(counts), np.bool_)
        chosen = np.flatnonzero(possible)
        texts, proved = self._read_texts(result)
        if not proved.any():
            return pa.table({}), np.zeros(len(counts), np.bool_)
        read = self._typed(result, texts)
        proved &= self._proved(result, read, counts[chosen])
        done = np.zeros(len(counts), np.bool_)
        done[chosen[proved]] = True
        return self._finish(read if proved.all() else read.filter(pa.array(proved))), done

    def _run(self, lines: pa.ChunkedArray, possible: Mask) -> pa.Table | None:
        if not possible.any():
            return None
        chosen = lines if possible.all() else lines.filter(pa.array(possible))
        self._sql = self._sql or self._query()
        return self._asked(self._sql, pa.table({"line": chosen}))

    def _asked(self, sql: str, table: pa.Table) -> pa.Table | None:
        """The answer to a query over `keywitness_lines`; None when something in there is not JSON."""
        self._connection.register("keywitness_lines", table)
        try:
            return self._connection.sql(sql).to_arrow_table().combine_chunks()
        except duckdb.InvalidInputException:
            return None
        finally:
            self._connection.unregister("keywitness_lines")

    def _is_json(self, lines: pa.ChunkedArray | pa.Array) -> Mask:
        valid = self._asked("SELECT json_valid(line) AS v FROM keywitness_lines", pa.table({"line": lines}))
        return _mask(valid["v"]) if valid is not None else np.zeros(len(lines), np.bool_)

    # ------------------------------------------------------------ learning

    def _learn(self, path: Path, value: Any) -> None:
        place = self._shape.place(path, value)
        if place is None or not all(_NAME.match(part) for part in path):
            return  # names that SQL could not hold, or that someone chose to break it
        embedded = self._shape.texts and len(path) > 1
        if not (self._alone(place) and self._room(path, embedded=embedded)):
            return
        node, parts = self._structure, path
        if embedded:
            self._structure[path[0]] = "VARCHAR"
            node, parts = self._texts.setdefault(path[0], {}), path[1:]
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        blanks = self._shape.blanks if len(path) == 1 else self._shape.blanks[:1]
        leaf = _Leaf(path, place, f"c{len(self._leaves)}", blanks, embedded)
        node[parts[-1]] = "JSON" if leaf.as_json else "VARCHAR"
        self._leaves[path] = leaf

    def _alone(self, place: Place) -> bool:
        """Only documented columns may be said twice, and none of the key."""
        if place.column and (place.by_value or place.column in KEY_COLUMNS):
            return all(leaf.place.column != place.column for leaf in self._leaves.values())
        return True

    def _room(self, path: Path, *, embedded: bool) -> bool:
        """No other property is in the way."""
        if not embedded:
            return _room(self._structure, path)
        return (path[0] in self._texts or _room(self._structure, path[:1])) and _room(
            self._texts.get(path[0], {}), path[1:]
        )

    # ------------------------------------------------------------ reading

    def _query(self) -> str:
        """One projection without CASE, so that DuckDB parses each line once."""
        shape = self._shape
        columns = {leaf.place.column: _field(leaf.path) for leaf in self._outer()}
        text = {name: f"coalesce({columns[name]}, '')" if name in columns else "''" for name in KEY_COLUMNS}
        length = f"{MILLISECONDS} + {TICKS - MILLISECONDS} * ({text['CorrelationId']} = '')::INTEGER"
        text |= {name: f"replace({text[name]}, '.0', '')" for name in _WHOLE_IN_KEY}
        time = f"rpad(rtrim({_field((shape.time,))}, 'Z'), {TICKS}, '0')"
        key = ", ".join([f"lower({_field((shape.resource,))})", f"substr({time}, 1, {length})", *text.values()])
        shown = [f"concat_ws({_literal(SEPARATOR)}, {key}) AS _identity"]
        shown += [f"{_field((shape.time,))} AS _time", f"{_field((shape.resource,))} AS _resource"]
        shown += [f"{_field((name,))} AS {_quoted(f'_said {name}')}" for name in shape.said]
        shown += [f"{_field((name,))} AS {_quoted(f'_text {name}')}" for name in self._texts]
        shown += [f"{_field(leaf.path)}::VARCHAR AS {leaf.alias}" for leaf in self._outer()]
        return f"SELECT {', '.join(shown)} FROM ({_parsed(self._structure)})"

    def _outer(self) -> list[_Leaf]:
        return [leaf for leaf in self._leaves.values() if not leaf.embedded]

    def _read_texts(self, table: pa.Table) -> tuple[dict[str, pa.Array], Mask]:
        """The properties of objects that came as text, by alias; and the lines whose objects are proved."""
        found: dict[str, pa.Array] = {}
        proved = np.ones(table.num_rows, np.bool_)
        for name in self._texts:
            texts = _without(_one_chunk(table[f"_text {name}"]), self._shape.blanks)
            named = pc.and_(pc.starts_with(texts, "{"), pc.not_equal(texts, "{}"))  # `{}` may have been no text
            objects = _mask(pc.fill_null(named, True))
            read = self._read_objects(name, texts)
            if read is None:  # some text is not JSON
                objects &= self._is_json(texts.fill_null("{}"))
                texts = pc.if_else(pa.array(objects), texts, None)
                read = self._read_objects(name, texts)
            if read is None:
                return {}, np.zeros_like(proved)
            leaves = [leaf for leaf in self._leaves.values() if leaf.embedded and leaf.path[0] == name]
            typed = {leaf.alias: _typed(read[leaf.alias], leaf) for leaf in leaves}
            filled = texts.fill_null("")
            counts = name_counts(_octets(filled), _offsets(filled), self._shape.blanks[:1])
            proved &= objects & (self._present(pa.table(typed), leaves, 2) == counts)
            found |= typed
        return found, proved

    def _read_objects(self, name: str, texts: pa.Array) -> pa.Table | None:
        shown = ", ".join(
            f"{_field(leaf.path[1:])}::VARCHAR AS {leaf.alias}"
            for leaf in self._leaves.values()
            if leaf.embedded and leaf.path[0] == name
        )
        return self._asked(f"SELECT {shown} FROM ({_parsed(self._texts[name])})", pa.table({"line": texts}))

    def _typed(self, table: pa.Table, texts: Mapping[str, pa.Array]) -> pa.Table:
        """Columns in the physical form of their types; null where a value is not exact as that type."""
        columns = {"_identity": table["_identity"], "_resource": table["_resource"]}
        columns["TimeGenerated"] = ticks_column(_one_chunk(table["_time"]))
        for leaf in self._leaves.values():
            columns[leaf.alias] = texts[leaf.alias] if leaf.embedded else _typed(table[leaf.alias], leaf)
        return pa.table(columns)

    # ------------------------------------------------------------ proof

    def _proved(self, table: pa.Table, read: pa.Table, counts: Counts) -> Mask:
        """The lines of which nothing is lost.

        Args:
            table: The texts.
            read: What was made of them.
            counts: Names with a value.
        """
        present = self._present(read, self._outer(), 1) + 2 + len(self._shape.said)
        for name in self._texts:
            present += _valid(_without(_one_chunk(table[f"_text {name}"]), self._shape.blanks))
        proved: Mask = (present == counts) & _valid(read["TimeGenerated"])
        proved &= _resources(table["_resource"])
        for name, text in self._shape.said.items():
            proved &= _mask(pc.fill_null(pc.equal(table[f"_said {name}"], text), False))
        for leaf in self._leaves.values():
            column = _one_chunk(read[leaf.alias])
            if leaf.plain:
                proved &= ~_told_apart(column)
            if leaf.place.column in KEY_COLUMNS:
                for blank in (*leaf.blanks[1:], "{}"):  # the key would say it
                    proved &= ~_mask(pc.fill_null(pc.equal(table[leaf.alias], blank), False))
        for several in self._columns().values():
            for other in several[1:]:
                same = pc.equal(read[several[0].alias], read[other.alias])
                proved &= _mask(pc.fill_null(same, True))
        return proved

    def _present(self, table: pa.Table, leaves: Iterable[_Leaf], first: int) -> Counts:
        """Values that came out, and the objects that they stand in, from that level of their paths on."""
        present = np.zeros(table.num_rows, np.int64)
        objects: dict[Path, Mask] = {}
        for leaf in leaves:
            valid = _valid(table[leaf.alias])
            present += valid
            for level in range(first, len(leaf.path)):
                outer = leaf.path[:level]
                objects[outer] = objects[outer] | valid if outer in objects else valid
        for valid in objects.values():
            present += valid
        return present

    # ------------------------------------------------------------ rows

    def _columns(self) -> dict[str, list[_Leaf]]:
        columns: dict[str, list[_Leaf]] = {}
        for leaf in self._leaves.values():
            if not leaf.rest:
                columns.setdefault(leaf.place.column, []).append(leaf)
        return columns

    def _finish(self, table: pa.Table) -> pa.Table:
        columns: dict[str, pa.Array | pa.ChunkedArray] = {
            "_key": digests(_one_chunk(table["_identity"])),
            "TimeGenerated": table["TimeGenerated"],
        }
        columns |= _derived(table["_resource"])
        if self._shape.resource_as_said:
            columns[self._shape.resource] = table["_resource"]
        for name, leaves in self._columns().items():
            column = table[leaves[0].alias]
            for other in leaves[1:]:
                column = pc.coalesce(column, table[other.alias])
            if name in columns:
                column = pc.coalesce(column, columns[name])  # the row's own word comes before what its id says
            if column.null_count < len(column):  # a column that no record of the batch fills is no column
                columns[name] = _filled(column) if leaves[0].place.type is KqlType.STRING else column
        columns |= {name: pa.repeat(pa.scalar(text), table.num_rows) for name, text in _CONSTANT.items()}
        if (rest := _rest(table, [leaf for leaf in self._leaves.values() if leaf.rest])) is not None:
            columns[REST] = rest
        return pa.table(columns)


def _typed(column: pa.ChunkedArray, leaf: _Leaf) -> pa.Array:
    """A column in physical form; null where there is no value, or none that can be proved to be what it seems."""
    array = _one_chunk(column)
    if leaf.plain:
        return _without(array, leaf.blanks)
    if leaf.rest:
        texts = _without(array, tuple(f'"{blank}"' for blank in leaf.blanks))
        return pc.if_else(pc.and_(pc.starts_with(texts, '"'), pc.invert(pc.match_substring(texts, "\\"))), texts, None)
    encoded = array.dictionary_encode()
    cells = [_cell(text, leaf) for text in encoded.dictionary.to_pylist()]
    return pa.array(cells, ARROW_TYPES[leaf.place.type]).take(encoded.indices)


def _cell(text: str, leaf: _Leaf) -> Any:
    """Convert a text by the very functions of the exact way."""
    if text == "{}" or (leaf.place.column in _WHOLE_IN_KEY and not _WHOLE.match(text)):
        return None  # an empty object is absence
    try:
        if not leaf.place.by_value:
            return physical(text, leaf.place.type)
        if text.startswith("[") and not _PLAIN_ARRAY.match(text):
            return None
        value = parse_json(text)  # its JSON type decides where it goes, so the text is JSON
        if isinstance(value, dict) or value in leaf.blanks:
            return None
        return physical(value, leaf.place.type) if own_type(value) is leaf.place.type else None
    except (NotExact, Unfit):
        return None


def _rest(table: pa.Table, leaves: list[_Leaf]) -> pa.Array | pa.ChunkedArray | None:
    """AdditionalFields: members in the order of their names."""
    filled = [leaf for leaf in leaves if table[leaf.alias].null_count < table.num_rows]
    if not filled:
        return None
    members = [
        pc.fill_null(pc.binary_join_element_wise(json.dumps(leaf.path[0]) + ":", table[leaf.alias], ",", ""), "")
        for leaf in sorted(filled, key=lambda leaf: leaf.path)
    ]
    inside = pc.utf8_rtrim(pc.binary_join_element_wise(*members, ""), ",")
    return pc.if_else(pc.equal(inside, ""), None, pc.binary_join_element_wise("{", inside, "}", ""))


def _derived(resource: pa.ChunkedArray) -> dict[str, pa.Array]:
    """The columns that follow from the resource id, worked out once per resource."""
    encoded = _one_chunk(resource).dictionary_encode()
    parts = [resource_columns(r) for r in encoded.dictionary.to_pylist()]
    empty = {"SubscriptionId": None}
    return {
        name: pa.array([p.get(name, empty.get(name, "")) for p in parts], pa.string()).take(encoded.indices)
        for name in _DERIVED
    }


def _resources(column: pa.ChunkedArray) -> Mask:
    """Texts that are a resource id: one in ASCII, whose small letters are the same for Python and DuckDB."""
    return _mask(pc.fill_null(pc.and_(pc.starts_with(column, "/"), pc.string_is_ascii(column)), False))


def _told_apart(column: pa.Array) -> Mask:
    """Texts that may be an object or an array of which another writer would print another text: the exact way looks."""
    result = np.zeros(len(column), np.bool_)
    opens = pc.or_(pc.starts_with(column, "["), pc.starts_with(column, "{"))
    places = np.flatnonzero(_mask(pc.fill_null(opens, False)))
    if len(places):
        encoded = column.take(pa.array(places)).dictionary_encode()
        odd = np.array([not _PLAIN_ARRAY.match(text) for text in encoded.dictionary.to_pylist()], np.bool_)
        result[places] = odd[encoded.indices.to_numpy()]
    return result


def _without(column: pa.Array, blanks: tuple[str, ...]) -> pa.Array:
    """Null where the text is one of these."""
    if not blanks:
        return column
    blank = pc.is_in(column, pa.array(blanks, column.type))
    return pc.if_else(blank, None, column) if pc.any(blank).as_py() else column


def _filled(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """Null becomes ""."""
    return pc.fill_null(column, "") if column.null_count else column


def _valid(column: pa.ChunkedArray | pa.Array) -> Mask:
    if column.null_count == 0:
        return np.ones(len(column), np.bool_)
    return _mask(pc.is_valid(column))


def _mask(column: pa.ChunkedArray | pa.Array) -> Mask:
    return np.asarray(_one_chunk(column).to_numpy(zero_copy_only=False), np.bool_)


def _octets(texts: pa.Array) -> Any:
    buffer = texts.buffers()[2]
    return np.frombuffer(buffer if buffer is not None else b"", np.uint8)


def _offsets(texts: pa.Array) -> Counts:
    return np.frombuffer(texts.buffers()[1], np.int32, count=len(texts) + 1 + texts.offset)[texts.offset :].astype(
        np.int64
    )


def _room(node: dict[str, Any], path: Path) -> bool:
    """A property can be added to a structure; DuckDB compares names in there without case."""
    for part in path:
        inner = node.get(part)
        if inner is None:
            return all(other.lower() != part.lower() for other in node)
        if not isinstance(inner, dict):
            return False
        node = inner
    return False


def _one_chunk(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    if column.num_chunks == 1:
        return column.chunk(0)
    array = column.combine_chunks()
    return array.chunk(0) if isinstance(array, pa.ChunkedArray) else array


def _parsed(structure: dict[str, Any]) -> str:
    return f"SELECT from_json(line, {_literal(json.dumps(structure))}) AS s FROM keywitness_lines"


def _field(path: Path) -> str:
    return "s" + "".join(f".{_quoted(part)}" for part in path)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
