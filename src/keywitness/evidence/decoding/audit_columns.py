"""Raw AuditEvent records in columns: the path that a million records take.

DuckDB reads only the properties that records of this evidence were seen to have (`learn`), so most columns of the
documented table cost nothing. A line takes this path only when it is proved that nothing of it is lost. The proof is a
count: the names in its text (`":` outside strings; inside them the quote is escaped, which only makes the count too
high) less those that are null or `{}` must equal the values and objects that came out non-null. A name nobody knows, a
repeated name, an object where a value was expected, an array that holds objects: each makes the text's count higher,
and a value that its column's type does not hold exactly comes out null; all these go the exact way, and so does every
line with white space before a colon, or with more than one space behind it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.evidence.decoding.flatten import Path, columns_by_path, leaves
from keywitness.evidence.decoding.identity import MILLISECONDS, SEPARATOR, TICKS, digests
from keywitness.evidence.decoding.json_record import MOST_LEVELS, parse_json
from keywitness.evidence.decoding.row import Unfit
from keywitness.evidence.decoding.shapes.audit import resource_columns
from keywitness.evidence.decoding.time_column import ticks_column
from keywitness.evidence.decoding.values import NotExact, own_type, physical
from keywitness.model.arrow import ARROW_TYPES
from keywitness.model.schema import KqlType
from keywitness.model.tables import AUDIT_TABLE, flat_name, json_path

_BLOCK = 1 << 18
#: Properties read in columns; what is beyond goes the exact way.
_MOST_PATHS = 250
_KEY_COLUMNS = (
    "OperationName",
    "CorrelationId",
    "httpStatusCode_d",
    "requestUri_s",
    "DurationMs",
    "CallerIPAddress",
    "clientInfo_s",
)
#: Their text stands in the key, so only one spelling of a number may pass.
_WHOLE_IN_KEY = ("httpStatusCode_d", "DurationMs")
_WHOLE = re.compile(r"(0|[1-9]\d{0,14})\Z", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_.:/ -]{1,200}\Z", re.ASCII)
_DERIVED = (
    "ResourceId",
    "_ResourceId",
    "SubscriptionId",
    "ResourceGroup",
    "ResourceProvider",
    "ResourceType",
    "Resource",
)
_FIRST = (("time",), ("resourceId",))
Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def name_counts(octets: npt.NDArray[np.uint8], bounds: npt.NDArray[np.int64]) -> Counts:
    """Names with a value (not null, not `{}`) in each line of a buffer; -1 where the count would prove nothing.

    Args:
        octets: The buffer.
        bounds: First byte of each line, and the end of the last.
    """
    names: list[Counts] = [np.empty(0, np.int64)]
    unsafe: list[Counts] = [np.empty(0, np.int64)]
    for begin in range(0, len(octets), _BLOCK):
        block = octets[begin : begin + _BLOCK + 1]
        colons = np.flatnonzero(block[1:] == 58)
        before = block[colons]
        names.append(colons[before == 34] + (begin + 1))
        unsafe.append(colons[before <= 32] + begin)
    colons = np.concatenate(names)
    last = len(octets) - 1
    following, after = octets[np.minimum(colons + 1, last)], octets[np.minimum(colons + 2, last)]
    absent = (following == 110) | ((following == 123) & (after == 125))
    blank = np.flatnonzero((following <= 32) | ((following == 123) & (after <= 32)))
    if len(blank):  # written with spaces: one before the value is allowed
        next_two = octets[np.minimum(colons[blank, None] + (2, 3), last)]
        one_space = (following[blank] == 32) & (next_two[:, 0] > 32)
        empty = (next_two[:, 0] == 123) & ((next_two[:, 1] == 125) | (next_two[:, 1] <= 32))
        absent[blank] = one_space & (next_two[:, 0] == 110)
        unsafe.append(colons[blank[~one_space | empty]])
    counts = _per_line(colons, bounds) - _per_line(colons[absent], bounds)
    counts[_per_line(np.sort(np.concatenate(unsafe)), bounds) > 0] = -1
    return counts


def _per_line(positions: Counts, bounds: npt.NDArray[np.int64]) -> Counts:
    return np.diff(np.searchsorted(positions, bounds)).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One property that is read in columns."""

    path: Path
    name: str
    type: KqlType
    documented: bool

    @property
    def plain(self) -> bool:
        """The text of the value is the cell."""
        return self.documented and self.type is KqlType.STRING


class AuditColumns:
    """Decodes lines in DuckDB.

    Args:
        connection: Used by this object alone.
        admitted: Whether a path without documentation owns the column name that it would get.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, admitted: Callable[[str, Path], bool]) -> None:
        self._connection = connection
        self._admitted = admitted
        self._leaves: dict[Path, _Leaf] = {}
        self._by_name: dict[str, _Leaf] = {}
        self._passed: set[Path] = set()  # properties that cannot be read in columns
        self._structure: dict[str, Any] = {"time": "VARCHAR", "resourceId": "VARCHAR"}
        self._sql = ""

    def has_news(self, record: dict[str, Any]) -> bool:
        """True when the record has a property that was not met before."""
        for key, value in record.items():
            for path, _ in leaves(value, (key,)):
                if path not in self._leaves and path not in self._passed and path not in _FIRST:
                    return True
        return False

    def learn(self, record: dict[str, Any]) -> bool:
        """Read the properties of such records in columns from now on. True when there was something to learn."""
        known = len(self._leaves)
        for key, value in record.items():
            for path, leaf in leaves(value, (key,)):
                if path in self._leaves or path in _FIRST:
                    continue
                if len(self._leaves) < _MOST_PATHS:
                    self._learn(path, leaf)
                if path not in self._leaves and len(self._passed) < _MOST_PATHS:
                    self._passed.add(path)
        if len(self._leaves) > known:
            self._sql = ""
        return len(self._leaves) > known

    def decode(self, lines: pa.ChunkedArray, counts: Counts) -> tuple[pa.Table, Mask]:
        """Decode the lines that this path can prove.

        Args:
            lines: Valid UTF-8.
            counts: What `name_counts` says of each.

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
        proved = self._proved(result, counts[chosen])
        rows = result if proved.all() else result.filter(pa.array(proved))
        done = np.zeros(len(counts), np.bool_)
        done[chosen[proved]] = True
        return self._finish(rows), done

    def _run(self, lines: pa.ChunkedArray, possible: Mask) -> pa.Table | None:
        if not possible.any():
            return None
        chosen = lines if possible.all() else lines.filter(pa.array(possible))
        self._sql = self._sql or self._query()
        self._connection.register("keywitness_lines", pa.table({"line": chosen}))
        try:
            table = self._connection.sql(self._sql).to_arrow_table().combine_chunks()
        except duckdb.InvalidInputException:
            return None
        finally:
            self._connection.unregister("keywitness_lines")
        return self._typed(table)

    def _is_json(self, lines: pa.ChunkedArray) -> Mask:
        self._connection.register("keywitness_lines", pa.table({"line": lines}))
        try:
            valid = self._connection.sql("SELECT json_valid(line) AS v FROM keywitness_lines").to_arrow_table()
        finally:
            self._connection.unregister("keywitness_lines")
        return np.asarray(valid["v"].to_numpy(), np.bool_)

    def _learn(self, path: Path, value: Any) -> None:
        known = columns_by_path().get(path)
        if known:
            leaf = _Leaf(path, known[0], known[1], documented=True)
        else:
            type_ = own_type(value)
            name = flat_name(path, type_)
            if isinstance(value, dict | list) or json_path(name) or not self._admitted(name, path):
                return
            if not all(_NAME.match(part) for part in path):
                return  # names that SQL could not hold, or that someone chose to break it
            leaf = _Leaf(path, name, type_, documented=False)
        if leaf.name in self._by_name:
            return
        node = self._structure
        for part in path[:-1]:
            inner = node.get(part)
            if inner is None and not _clashes(node, part):
                inner = node[part] = {}
            if not isinstance(inner, dict):
                return
            node = inner
        if path[-1] in node or _clashes(node, path[-1]):
            return
        node[path[-1]] = "VARCHAR" if known else "JSON"
        self._by_name[leaf.name] = leaf
        self._leaves[path] = leaf

    def _query(self) -> str:
        """One projection without CASE, so that DuckDB parses each line once."""
        values = {leaf.name: _field(leaf.path) for leaf in self._leaves.values()}
        shown = [f"{value}::VARCHAR AS {_quoted(name)}" for name, value in values.items()]
        text = {name: f"coalesce({values[name]}, '')" if name in values else "''" for name in _KEY_COLUMNS}
        length = f"{MILLISECONDS} + {TICKS - MILLISECONDS} * ({text['CorrelationId']} = '')::INTEGER"
        key = ", ".join(
            ['lower(s."resourceId")', f'substr(s."time", 1, {length})', *(text[name] for name in _KEY_COLUMNS)]
        )
        return f"""
            SELECT concat_ws({_literal(SEPARATOR)}, {key}) AS _identity, s."time" AS _time, s."resourceId" AS _resource,
              {", ".join(shown)}
            FROM (SELECT from_json(line, {_literal(json.dumps(self._structure))}) AS s FROM keywitness_lines)
        """

    def _typed(self, table: pa.Table) -> pa.Table:
        """Columns in the physical form of their types; null where a value is not exact as that type."""
        columns = {"TimeGenerated": ticks_column(_one_chunk(table["_time"]))}
        for name in table.column_names:
            leaf = self._by_name.get(name)
            column = table[name]
            columns[name] = column if leaf is None or leaf.plain else _converted(column, leaf)
        return pa.table(columns)

    def _proved(self, table: pa.Table, counts: Counts) -> Mask:
        present = _valid(table["TimeGenerated"]).astype(np.int64) + _valid(table["_resource"])
        objects: dict[Path, Mask] = {}
        for leaf in self._leaves.values():
            valid = _valid(table[leaf.name])
            present += valid
            for level in range(1, len(leaf.path)):
                outer = leaf.path[:level]
                objects[outer] = objects[outer] | valid if outer in objects else valid
        for valid in objects.values():
            present += valid
        proved: Mask = (present == counts) & _valid(table["TimeGenerated"])
        category = table["Category"] if "Category" in table.column_names else None
        if category is None:
            return np.zeros(len(counts), np.bool_)
        for leaf in self._leaves.values():
            if leaf.plain:
                column = _one_chunk(table[leaf.name])
                proved &= ~(_maybe_deep(column) | _maybe_empty(column))
        proved &= np.asarray(pc.fill_null(pc.equal(category, "AuditEvent"), False).to_numpy(), np.bool_)
        return proved & _valid(table["_resource"])

    def _finish(self, table: pa.Table) -> pa.Table:
        columns: dict[str, pa.Array | pa.ChunkedArray] = {
            "_key": digests(_one_chunk(table["_identity"])),
            "TimeGenerated": table["TimeGenerated"],
        }
        columns |= _derived(table["_resource"])
        for leaf in self._leaves.values():
            column = table[leaf.name]
            if column.null_count < len(column):  # a column that no record of the batch fills is no column
                columns[leaf.name] = _without_nulls(column) if leaf.type is KqlType.STRING else column
        columns["Type"] = pa.repeat(pa.scalar(AUDIT_TABLE), table.num_rows)
        return pa.table(columns)


def _derived(resource: pa.ChunkedArray) -> dict[str, pa.Array]:
    """The columns that follow from the resource id, worked out once per resource."""
    encoded = _one_chunk(resource).dictionary_encode()
    parts = [resource_columns(r) for r in encoded.dictionary.to_pylist()]
    empty = {"SubscriptionId": None}
    return {
        name: pa.array([p.get(name, empty.get(name, "")) for p in parts], pa.string()).take(encoded.indices)
        for name in _DERIVED
    }


def _maybe_deep(column: pa.Array) -> Mask | np.bool_:
    """Texts that may be arrays nested deeper than records may be: the exact way looks."""
    long = pc.greater(pc.binary_length(column), MOST_LEVELS)
    if not pc.any(long).as_py():
        return np.bool_(False)
    deep = pc.and_kleene(long, pc.greater(pc.count_substring(column, "["), MOST_LEVELS // 2))
    return np.asarray(pc.fill_null(deep, False).to_numpy(zero_copy_only=False), np.bool_)


def _maybe_empty(column: pa.Array) -> Mask | np.bool_:
    """Texts that may be an empty object, which `name_counts` takes for absence: the exact way looks."""
    empty = pc.equal(column, "{}")
    if not pc.any(empty).as_py():
        return np.bool_(False)
    return np.asarray(pc.fill_null(empty, False).to_numpy(zero_copy_only=False), np.bool_)


def _valid(column: pa.ChunkedArray) -> Mask:
    if column.null_count == 0:
        return np.ones(len(column), np.bool_)
    return np.asarray(pc.is_valid(column).to_numpy(), np.bool_)


def _without_nulls(column: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    """Null becomes "": a null string has no bytes, so the same buffers without the null bitmap say it."""
    if column.null_count == 0:
        return column
    return pc.fill_null(column, "")


def _clashes(node: dict[str, Any], key: str) -> bool:
    """DuckDB compares the field names of a structure without case."""
    return any(other.lower() == key.lower() for other in node)


def _converted(column: pa.ChunkedArray, leaf: _Leaf) -> pa.Array:
    """Convert each different text once, by the very functions of the exact way."""
    encoded = _one_chunk(column).dictionary_encode()
    cells = [_cell(text, leaf) for text in encoded.dictionary.to_pylist()]
    return pa.array(cells, ARROW_TYPES[leaf.type]).take(encoded.indices)


def _cell(text: str, leaf: _Leaf) -> Any:
    if text == "{}" or (leaf.name in _WHOLE_IN_KEY and not _WHOLE.match(text)):
        return None  # an empty object is absence
    try:
        if leaf.documented:
            return physical(text, leaf.type)
        value = parse_json(text)  # its JSON type decides where it goes, so the text is JSON
        return physical(value, leaf.type) if own_type(value) is leaf.type else None
    except (NotExact, Unfit):
        return None


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    array = column.combine_chunks()
    return array.chunk(0) if isinstance(array, pa.ChunkedArray) else array


def _field(path: Path) -> str:
    return "s" + "".join(f".{_quoted(part)}" for part in path)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
