"""Objects of inventory that come alike by the million, decoded in columns.

The exact way is the meaning. A row is taken here when its names are those of the plan, in order, every value is text or
null (true or false where the column is so) and every time can be read; all others are left to the exact way.
"""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.evidence.decoding.export import Export
from keywitness.evidence.decoding.name_counts import Mask
from keywitness.evidence.decoding.schemas import Schemas
from keywitness.evidence.decoding.shapes.inventory.plan import Plan
from keywitness.evidence.decoding.time_column import ticks_column
from keywitness.evidence.decoding.values import ticks
from keywitness.model.arrow import ARROW_TYPES
from keywitness.model.schema import KqlType

#: Fewer objects than this are not worth a query.
LEAST = 500
_COLUMN_TYPES = (KqlType.STRING, KqlType.DATETIME, KqlType.BOOL)
#: Times of Azure's tools in the one form that `ticks_column` reads; others as they are.
_TIME = """CASE WHEN length({0}) = 32 AND {0} LIKE '%+00:00' THEN left({0}, 26) || '0Z'
    WHEN length({0}) = 27 AND {0} LIKE '%Z' THEN left({0}, 26) || '0Z'
    WHEN length({0}) = 20 AND {0} LIKE '%Z' THEN left({0}, 19) || '.0000000Z' ELSE {0} END"""


class ObjectColumns:
    """Decodes objects in DuckDB.

    Args:
        connection: Used by this object alone.
        schemas: Column types.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, schemas: Schemas) -> None:
        self._connection = connection
        self._schemas = schemas

    def decode(self, lines: pa.Array, plan: Plan, export: Export) -> tuple[pa.Table, Mask]:
        """Decode what can be proved.

        Args:
            lines: Valid UTF-8, one object each, as large strings.
        Returns:
            `_key` and columns in physical form, one row for each True of the mask over `lines`.
        """
        nothing = pa.table({}), np.zeros(len(lines), np.bool_)
        columns = self._columns(plan)
        if columns is None:
            return nothing
        self._connection.register("keywitness_objects", pa.table({"line": lines}))
        try:
            found = self._connection.sql(_query(plan, columns)).to_arrow_table().combine_chunks()
        except duckdb.InvalidInputException:
            return nothing
        finally:
            self._connection.unregister("keywitness_objects")
        done = found["ok"].to_numpy(zero_copy_only=False).astype(np.bool_)
        cells: dict[str, pa.Array] = {}
        for number, (column, type_) in enumerate(columns.values()):
            cells[column], proved = _cells(found[f"c{number}"], type_)
            done &= proved
        chosen = pa.array(done)
        result: dict[str, Any] = {"_key": _keys(lines.filter(chosen), plan.table, export)}
        count = int(done.sum())
        for column, value in {**plan.fixed, "SnapshotSource": plan.source, "TimeGenerated": export.taken_at}.items():
            type_ = self._schemas.type(plan.table, column) or KqlType.STRING
            result[column] = pa.repeat(pa.scalar(value, ARROW_TYPES[type_]), count)
        result |= {column: values.filter(chosen) for column, values in cells.items()}
        return pa.table(result), done

    def _columns(self, plan: Plan) -> dict[tuple[str, ...], tuple[str, KqlType]] | None:
        """Column and type by path; None when some column is of another kind than can be read here."""
        found: dict[tuple[str, ...], tuple[str, KqlType]] = {}
        inner = plan.inner
        for above, pairs in (
            ((), plan.texts),
            ((), plan.others),
            (("properties",), inner[0]),
            (("properties",), inner[1]),
        ):
            for name, column in pairs:
                found[(*above, name)] = (column, self._schemas.type(plan.table, column) or KqlType.STRING)
        return found if all(type_ in _COLUMN_TYPES for _, type_ in found.values()) else None


def _query(plan: Plan, columns: dict[tuple[str, ...], tuple[str, KqlType]]) -> str:
    rest = [(name,) for name in plan.rest] + [("properties", name) for name in plan.inner[2]]
    paths = [*columns, *rest, ("type",)]
    listed = ", ".join(_text(_path(path)) for path in paths)
    ok = [f"k = {_texts(plan.names)}"]
    if plan.below is not None:
        ok.append(f"b = {_texts(plan.below)}")
    for number, (_, type_) in enumerate(columns.values(), 1):
        ok.append(f"t[{number}] IN ('{'BOOLEAN' if type_ is KqlType.BOOL else 'VARCHAR'}', 'NULL')")
    ok += [f"t[{len(columns) + number}] = 'NULL'" for number in range(1, len(rest) + 1)]
    if plan.type is not None:
        ok.append(f"v[{len(paths)}] = {_text(plan.type)}")
    if not plan.typed:
        place = list(columns).index(("id",)) + 1
        ok.append(f"NOT contains(coalesce(v[{place}], ''), '/')")
    cells = [
        f"{_TIME.format(f'v[{number}]') if type_ is KqlType.DATETIME else f'v[{number}]'} AS c{number - 1}"
        for number, (_, type_) in enumerate(columns.values(), 1)
    ]
    below = ", json_keys(line, '$.properties') AS b" if plan.below is not None else ""
    return f"""SELECT coalesce({" AND ".join(ok)}, false) AS ok, {", ".join(cells)} FROM (
    SELECT json_keys(line) AS k{below}, json_type(line, [{listed}]) AS t, json_extract_string(line, [{listed}]) AS v
    FROM keywitness_objects)"""


def _cells(values: pa.ChunkedArray, type_: KqlType) -> tuple[pa.Array, Mask]:
    """A column in physical form, and where it is proved."""
    texts = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    texts = texts.cast(pa.string())
    if type_ is KqlType.STRING:
        return texts.fill_null(""), np.ones(len(texts), np.bool_)
    if type_ is KqlType.BOOL:
        return pc.equal(texts, "true"), np.ones(len(texts), np.bool_)
    filled = texts.fill_null("")
    made = ticks_column(filled)
    unread = np.flatnonzero(made.is_null().to_numpy(zero_copy_only=False))
    proved = np.ones(len(texts), np.bool_)
    if len(unread):
        numbers = made.to_pylist()
        for index in unread.tolist():
            text = filled[index].as_py()
            numbers[index] = ticks(text) if text else None
            proved[index] = not text or numbers[index] is not None
        made = pa.array(numbers, pa.int64())
    return made, proved


def _keys(lines: pa.Array, table: str, export: Export) -> pa.Array:
    """As `objects` makes them: of the table, the export and the object's bytes."""
    base = hashlib.sha256(export.identity(table, 0))
    bounds: npt.NDArray[np.int64] = np.frombuffer(lines.buffers()[1], np.int64, count=len(lines) + 1 + lines.offset)
    data = memoryview(lines.buffers()[2]) if lines.buffers()[2] is not None else memoryview(b"")
    keys = []
    for begin, end in pairwise(bounds[lines.offset :].tolist()):
        digest = base.copy()
        digest.update(data[begin:end])
        keys.append(digest.digest()[:16])
    return pa.array(keys, pa.binary(16))


def _path(path: tuple[str, ...]) -> str:
    return "$" + "".join('."' + name + '"' for name in path)


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _texts(names: tuple[str, ...]) -> str:
    return "[" + ", ".join(map(_text, names)) + "]::VARCHAR[]"
