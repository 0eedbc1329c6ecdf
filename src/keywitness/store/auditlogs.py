"""`AZKVAuditLogs` as a view over the Key Vault rows of `AzureDiagnostics`.

Both tables hold the same events under other names (crosswalk: `model.tables.audit_crosswalk`). The events are stored
once, flat; the dynamic columns of `AZKVAuditLogs` are put together again from the flat ones, as JSON text, by an
expression that costs nothing in a query that does not use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from keywitness.model.schema import ROW_COLUMN, Column, KqlType, Schema
from keywitness.model.tables import CrosswalkColumn, audit_crosswalk, json_path
from keywitness.store.ledger import StoredColumn
from keywitness.store.relation import Member, Path, Relation
from keywitness.store.segments import default_sql, literal, operand, sql_type
from keywitness.store.sqltext import as_json, as_member, as_text

_CLAIM_PREFIX = "identity_claim_"


def audit_relation(stored: Sequence[StoredColumn], base: Relation, schema: Schema) -> Relation:
    """The view's relation.

    Args:
        stored: The columns of `AzureDiagnostics` that evidence brought.
        base: How `AzureDiagnostics` is read; has an expression for each of them.
        schema: The documented columns of `AZKVAuditLogs`.
    """
    origins = {c.column: c for c in audit_crosswalk()}
    types = {c.name: KqlType(c.type) for c in stored}
    columns = {c.name: operand(_expression(c, origins.get(c.name), stored, types, base.columns)) for c in schema}
    columns[ROW_COLUMN.name] = base.columns[ROW_COLUMN.name]
    documents = ((c.name, origins.get(c.name)) for c in schema)
    members = {
        name: _root(o, stored, base.columns).leaves() for name, o in documents if o is not None and o.object_path
    }
    return Relation(f"(SELECT * FROM {base.sql} WHERE {_is_vault_audit(base.columns)})", columns, members)


def _is_vault_audit(base: Mapping[str, str]) -> str:
    provider, category = base["ResourceProvider"], base["Category"]
    return f"upper({provider}) = 'MICROSOFT.KEYVAULT' AND {category} = 'AuditEvent'"


def _expression(
    column: Column,
    origin: CrosswalkColumn | None,
    stored: Sequence[StoredColumn],
    types: Mapping[str, KqlType],
    base: Mapping[str, str],
) -> str:
    if origin is None:
        return default_sql(str(column.type))
    if origin.constant is not None:
        return literal(origin.constant)
    if origin.object_path:
        return _object(origin, stored, base)
    parts = [_converted(base[s], types[s], column.type, undashed=origin.undashed) for s in origin.sources if s in types]
    if not parts:
        return default_sql(str(column.type))
    if len(parts) == 1:
        return parts[0]
    if column.type is KqlType.STRING:
        parts = [f"nullif({p}, '')" for p in parts] + ["''"]
    return f"coalesce({', '.join(parts)})"


def _converted(sql: str, found: KqlType, wanted: KqlType, *, undashed: bool) -> str:
    if wanted is KqlType.STRING:
        text = sql if found is KqlType.STRING else f"coalesce({as_text(sql, found)}, '')"
        return f"replace({text}, '-', '')" if undashed else text
    return sql if wanted is found else f"TRY_CAST({sql} AS {sql_type(wanted)})"


@dataclass(slots=True)
class _Node:
    """A member of a JSON object: values of the columns that stand there, and members below."""

    values: list[tuple[str, KqlType]] = field(default_factory=list)
    members: dict[str, _Node] = field(default_factory=dict)

    def at(self, path: Iterable[str]) -> _Node:
        node = self
        for key in path:
            node = node.members.setdefault(key, _Node())
        return node

    def sql(self) -> str:
        """JSON text, or NULL when nothing is there."""
        parts = [as_json(value, type) for value, type in self.values]
        if self.members:
            inside = ", ".join(
                f"{literal(as_key(key))} || ({member.sql()})" for key, member in self.members.items()
            )  # NULL members vanish: concat_ws skips them
            parts.insert(0, f"'{{' || nullif(concat_ws(',', {inside}), '') || '}}'")
        return parts[0] if len(parts) == 1 else f"coalesce({', '.join(parts)})"

    def leaves(self, path: Path = ()) -> dict[Path, Member | None]:
        """The values below by their paths; None where one has several columns, or may be value and object."""
        found: dict[Path, Member | None] = {}
        for key, member in self.members.items():
            if not member.values:
                found |= member.leaves((*path, key))
            elif member.members or len(member.values) > 1:
                found[*path, key] = None
            else:
                found[*path, key] = as_member(*member.values[0])
        return found


def as_key(key: str) -> str:
    """A JSON object key with its colon."""
    import json

    return json.dumps(key, ensure_ascii=False) + ":"


def _object(origin: CrosswalkColumn, stored: Sequence[StoredColumn], base: Mapping[str, str]) -> str:
    root = _root(origin, stored, base)
    return root.sql() if root.members or root.values else default_sql("dynamic")


def _root(origin: CrosswalkColumn, stored: Sequence[StoredColumn], base: Mapping[str, str]) -> _Node:
    root = _Node()
    depth = len(origin.object_path)
    for c in stored:
        path = json_path(c.name) or c.path or _claim_path(c.name)
        below = path[depth:]
        if path[:depth] != origin.object_path or (origin.members and (not below or below[0] not in origin.members)):
            continue
        root.at(below).values.append((base[c.name], KqlType(c.type)))
    return root


def _claim_path(column: str) -> tuple[str, ...]:
    """The path of a claim that an export brought under its flat name only."""
    if not column.startswith(_CLAIM_PREFIX):
        return ()
    return ("identity", "claim", column.removeprefix(_CLAIM_PREFIX).rsplit("_", 1)[0])
