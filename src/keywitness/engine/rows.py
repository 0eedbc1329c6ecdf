"""Rows: what a query gives back, an Arrow table with KQL types beside it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from keywitness.errors import QueryError
from keywitness.kql.literals import format_datetime, format_timespan, parse_datetime
from keywitness.model.schema import TICKS_PER_SECOND, UNIX_EPOCH_TICKS, Column, KqlType, Schema

if TYPE_CHECKING:
    import pyarrow as pa

#: What int64 nanoseconds since 1970 can hold, in ticks.
_NS_TICKS = (2**63 - 1) // 100
_BATCH = 10_000


class Rows:
    """The result of a query.

    Args:
        data: Columns in physical form (see `model.schema`) as an Arrow table named as in KQL, or the rows as tuples.
        schema: Their names and KQL types.
        notes: Remarks for the user that belong beside the rows.
        render: Kind and properties of the query's `render`, or None.
        others: The results of the query before this one, where it has several.
        name: What the query calls this result, or empty.

    Example:
        >>> rows = rows_from_records([Column("n", KqlType.LONG)], [(1,), (2,)])
        >>> len(rows), rows.to_pylist()
        (2, [{'n': 1}, {'n': 2}])
    """

    def __init__(
        self,
        data: pa.Table | list[tuple[Any, ...]],
        schema: Schema,
        notes: tuple[str, ...] = (),
        render: tuple[str, tuple[tuple[str, Any], ...]] | None = None,
        *,
        others: tuple[Rows, ...] = (),
        name: str = "",
    ) -> None:
        self._data = data
        self.schema = schema
        self.notes = notes
        self.render = render
        self.others = others
        self.name = name

    @property
    def table(self) -> pa.Table:
        """The columns as Arrow in physical form."""
        if isinstance(self._data, list):
            self._data = _arrow_table(self.schema, self._data)
        return self._data

    def batches(self) -> Iterator[list[list[Any]]]:
        """The rows in slices: per slice a list of physical cells per column."""
        if isinstance(self._data, list):
            yield [list(column) for column in zip(*self._data, strict=True)] or [[] for _ in self.schema]
            return
        for batch in self._data.to_batches(max_chunksize=_BATCH):
            yield [column.to_pylist() for column in batch.columns]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Name and KQL type of each column, in order."""
        return tuple(self.schema)

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Each row as `to_pylist` gives it."""
        for columns in self.batches():
            yield from _records(columns, self.schema)

    def __repr__(self) -> str:
        columns = ", ".join(f"{c.name}: {c.type}" for c in self.schema)
        return f"<Rows {len(self)} ({columns})>"

    def to_pylist(self) -> list[dict[str, Any]]:
        """One dict per row.

        Datetimes and timespans come as Kusto's text (`2026-01-02T03:04:05.1234567Z`, `1.02:03:04`), because Python's
        own types stop at microseconds; dynamic values come parsed, decimals as `Decimal`, all else as Python has it.
        """
        return list(self)

    def physical(self) -> list[tuple[Any, ...]]:
        """One tuple per row in physical form: ticks for times, JSON text for dynamic."""
        return [row for columns in self.batches() for row in zip(*columns, strict=True)]

    def to_arrow(self) -> pa.Table:
        """An Arrow table with datetimes as timestamp[ns, UTC] and timespans as duration[ns].

        Raises:
            QueryError: If a time does not fit nanoseconds (1677 to 2262), which must not be cut in silence.
        """
        import pyarrow as pa  # start-up time: printing needs no conversion

        arrays = [
            _to_nanoseconds(column, c) if c.type in (KqlType.DATETIME, KqlType.TIMESPAN) else column
            for column, c in zip(self.table.columns, self.schema, strict=True)
        ]
        return pa.Table.from_arrays(arrays, names=[c.name for c in self.schema])


def _to_nanoseconds(column: pa.ChunkedArray, of: Column) -> pa.ChunkedArray:
    import pyarrow as pa  # start-up time, as above
    import pyarrow.compute as pc

    offset = UNIX_EPOCH_TICKS if of.type is KqlType.DATETIME else 0
    target = pa.timestamp("ns", tz="UTC") if of.type is KqlType.DATETIME else pa.duration("ns")
    ends = pc.min_max(column).as_py()
    if ends["min"] is not None and not (ends["min"] - offset >= -_NS_TICKS and ends["max"] - offset <= _NS_TICKS):
        raise QueryError(
            f"column '{of.name}' holds times outside of the years 1677 to 2262, which Arrow's nanoseconds cannot hold",
            help=f"add `| extend {of.name} = tostring({of.name})`, or take `Rows.table` with its ticks",
        )
    return pc.multiply(pc.subtract(column, offset), 100).cast(target)


def _arrow_table(schema: Schema, rows: list[tuple[Any, ...]]) -> pa.Table:
    import pyarrow as pa  # start-up time, as above

    from keywitness.model.arrow import ARROW_TYPES

    arrays = [pa.array([row[i] for row in rows], ARROW_TYPES[c.type]) for i, c in enumerate(schema)]
    return pa.Table.from_arrays(arrays, schema=pa.schema([pa.field(c.name, ARROW_TYPES[c.type]) for c in schema]))


def _records(columns: Sequence[list[Any]], schema: Schema) -> Iterator[dict[str, Any]]:
    names = [c.name for c in schema]
    shown = [[python_value(v, c.type) for v in cells] for cells, c in zip(columns, schema, strict=True)]
    for cells in zip(*shown, strict=True):
        yield dict(zip(names, cells, strict=True))


def python_value(value: Any, type_: KqlType) -> Any:
    """A physical cell as `Rows.to_pylist` gives it."""
    if value is None:
        return None
    match type_:
        case KqlType.DATETIME:
            return format_datetime(value)
        case KqlType.TIMESPAN:
            return format_timespan(value)
        case KqlType.DYNAMIC:
            return json.loads(value)
    return value


def rows_from_records(
    columns: Sequence[Column], records: Iterable[Sequence[Any]], *, notes: tuple[str, ...] = ()
) -> Rows:
    """Rows that are no query result, to print with the same writers.

    Args:
        columns: Names and types.
        records: One sequence of cells per row. Datetimes may be ticks, aware `datetime`s or ISO text, timespans ticks
            or `timedelta`s, dynamic cells JSON text (str) or anything `json.dumps` takes.
        notes: Remarks for the user.
    """
    rows = [tuple(physical_value(v, c.type) for v, c in zip(r, columns, strict=True)) for r in records]
    return Rows(rows, Schema(columns), notes)


def physical_value(value: Any, type_: KqlType) -> Any:
    """A Python value in the physical form of a KQL type."""
    if value is None:
        return "" if type_ is KqlType.STRING else None
    match type_:
        case KqlType.STRING:
            return str(value)
        case KqlType.DATETIME:
            return _ticks(value)
        case KqlType.TIMESPAN if isinstance(value, timedelta):
            return (value.days * 86_400 + value.seconds) * TICKS_PER_SECOND + value.microseconds * 10
        case KqlType.DYNAMIC if not isinstance(value, str):
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return value


def _ticks(value: Any) -> int:
    if isinstance(value, int):
        return value
    ticks = parse_datetime(value.isoformat() if isinstance(value, datetime) else str(value))
    if ticks is None:
        raise ValueError(f"not a datetime: {value!r}")
    return ticks
