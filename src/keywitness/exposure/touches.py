"""Everything that was done to objects, counted in one pass over the evidence: what reads, traces and versions stand on.

One row per object version, operation, status and caller. Ten million records give as many rows as there are different
callers of different objects: the rest is work on that small table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from keywitness.detect.run import Queryable
from keywitness.engine.limits import NO_LIMITS
from keywitness.kql.quoting import literal
from keywitness.model.content import with_functions

if TYPE_CHECKING:
    import pyarrow as pa

#: What makes two requests the same touch.
KEY = ("Vault", "ObjectType", "NameKey", "ObjectVersion", "Operation", "Status", "CallerId", "AppId", "Address")
#: References that one query names at most; more are asked in several queries.
ROWS_A_QUERY = 50_000

_QUERY = f"""KeyVaultEvents()
| where Operation startswith_cs "Secret" or Operation startswith_cs "Key" or Operation startswith_cs "Certificate"
| extend Asked = {{condition}}, NameKey = tolower(ObjectName)
| summarize Count = count(), FirstAt = min(TimeGenerated), LastAt = max(TimeGenerated),
    arg_min(TimeGenerated, Row), LastRow = max(Row), ContentType = max(ContentType), ObjectName = max(ObjectName),
    Identity = max(Identity), ManagedIdentity = max(ManagedIdentity)
    by {", ".join(KEY)}, Asked"""
_MARKED_QUERY = f"""KeyVaultEvents()
| where Row in ({{rows}})
| project Row, {", ".join("NameKey = tolower(ObjectName)" if c == "NameKey" else c for c in KEY)}"""

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Touches:
    """What was done to objects.

    Args:
        table: Columns `KEY`, and Count, FirstAt, LastAt (ticks), Row, LastRow, ContentType, ObjectName, Identity,
            ManagedIdentity and Asked: whether the requests are within the question.
        marked: Suspicious requests by touch: row reference and reasons.
    """

    table: pa.Table
    marked: Mapping[Key, Mapping[str, Sequence[str]]]

    def rows(self, *, operations: Iterable[str] = (), asked: bool = False) -> Iterator[dict[str, Any]]:
        """The touches of some operations, one after the other; of all operations when none is named.

        Args:
            asked: Only those within the question.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        table = self.table
        wanted = tuple(operations)
        if wanted:
            table = table.filter(pc.is_in(table["Operation"], value_set=pa.array(wanted, pa.string())))
        if asked:
            table = table.filter(table["Asked"])
        for batch in table.to_batches(max_chunksize=10_000):
            yield from batch.to_pylist()

    def reasons(self, row: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
        """Why requests of a touch are suspicious, by row reference; empty when none is."""
        return self.marked.get(key_of(row), {})


def key_of(row: Mapping[str, Any]) -> Key:
    """What makes a row's request the same touch as another."""
    return tuple(row[c] for c in KEY)


def touches(case: Queryable, suspicious: Mapping[str, Sequence[str]], condition: str = "") -> Touches:
    """Count what was done to objects.

    Args:
        suspicious: Reasons by row reference; rows that touch no object are left out.
        condition: The question, as a KQL predicate over `KeyVaultEvents()` columns; "" for everything.
    """
    table = case.query(with_functions(_QUERY.replace("{condition}", condition or "true")), limits=NO_LIMITS).table
    return Touches(table, _marked(case, suspicious))


def _marked(case: Queryable, suspicious: Mapping[str, Sequence[str]]) -> dict[Key, dict[str, Sequence[str]]]:
    found: dict[Key, dict[str, Sequence[str]]] = {}
    for part in _parts(list(suspicious), ROWS_A_QUERY):
        query = with_functions(_MARKED_QUERY.replace("{rows}", literal(part)))
        for row in case.query(query, limits=NO_LIMITS).to_pylist():
            found.setdefault(key_of(row), {})[str(row["Row"])] = suspicious[row["Row"]]
    return found


def _parts(rows: Sequence[str], size: int) -> Iterator[list[str]]:
    return (list(rows[start : start + size]) for start in range(0, len(rows), size))
