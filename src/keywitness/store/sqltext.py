"""Stored values as text and as JSON, in DuckDB's SQL."""

from __future__ import annotations

from keywitness.model.schema import UNIX_EPOCH_TICKS, KqlType
from keywitness.store.relation import Member


def as_text(sql: str, type: KqlType) -> str:
    """The text a KQL value has as a column of type string; NULL stays NULL."""
    match type:
        case KqlType.DATETIME:
            return _iso(sql)
        case KqlType.BOOL:
            return f"CASE WHEN {sql} THEN 'true' WHEN NOT {sql} THEN 'false' END"
        case KqlType.REAL:
            return _number(sql)
        case _:
            return f"CAST({sql} AS VARCHAR)"


def as_json(sql: str, type: KqlType) -> str:
    """JSON text of a value; NULL where the record had nothing (null, or an empty string).

    An array or object in a string column is what Log Analytics makes of an array: it becomes one again.
    """
    match type:
        case KqlType.STRING:
            return (
                f"CASE WHEN {sql} = '' THEN NULL WHEN {sql}[1] IN ('[', '{{') AND json_valid({sql}) THEN {sql} "
                f"ELSE CAST(to_json({sql}) AS VARCHAR) END"
            )
        case KqlType.DYNAMIC:
            return sql
        case KqlType.GUID:
            return f"'\"' || {sql} || '\"'"
        case KqlType.DATETIME:
            return f"'\"' || {_iso(sql)} || '\"'"
        case KqlType.REAL:
            return _number(sql)
        case _:
            return f"CAST({sql} AS VARCHAR)"


def as_member(sql: str, type: KqlType) -> Member | None:
    """What extraction gives where `as_json` stands in a document; None where its spelling could differ."""
    match type:
        case KqlType.STRING:
            # by the bytes: the first character of every row would cost more than all the rest
            nested = f"({sql} >= '[' AND {sql} < '\\' OR {sql} >= '{{' AND {sql} < '|') AND json_valid({sql})"
            whole = f"CAST(json({sql}) AS VARCHAR)"
            quoted = f"CAST(to_json({sql}) AS VARCHAR)"
            return Member(
                json=f"CASE WHEN {sql} = '' THEN NULL WHEN {nested} THEN {whole} ELSE {quoted} END",
                text=f"CASE WHEN {nested} THEN {whole} ELSE {sql} END",
                column=sql,
            )
        case KqlType.GUID | KqlType.DATETIME | KqlType.BOOL | KqlType.INT | KqlType.LONG:
            return Member(as_json(sql, type), f"coalesce({as_text(sql, type)}, '')")
    return None


def _number(sql: str) -> str:
    """Whole numbers without a point, as the raw record had them: 200, not 200.0."""
    whole = f"CAST(CAST({sql} AS BIGINT) AS VARCHAR)"
    return f"CASE WHEN abs({sql}) < 9e15 AND {sql} = floor({sql}) THEN {whole} ELSE CAST({sql} AS VARCHAR) END"


def _iso(ticks: str) -> str:
    """ISO 8601 with seven digits, as Kusto prints a datetime."""
    seconds = f"(({ticks}) - {UNIX_EPOCH_TICKS}) // 10000000"
    text = f"strftime(make_timestamp(({seconds}) * 1000000), '%Y-%m-%dT%H:%M:%S')"
    return f"{text} || '.' || lpad(CAST(({ticks}) % 10000000 AS VARCHAR), 7, '0') || 'Z'"
