"""The events that sessions are made of, as codes: each text once, each event a few small integers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from keywitness.sessions.grouping import Bools, Ints, first_of_each, ticks

#: Requests without an identity belong to nobody's session. A token without `uti` is known by when it was issued. Lists
#: and vault settings are about no object.
EVENTS_QUERY = """KeyVaultEvents()
| where isnotempty(CallerId)
| project TimeGenerated, Operation, Status, Vault,
    Target = case(Operation in ("SecretList", "KeyList", "CertificateList", "VaultGet"), "",
        isempty(ResourceUri), RequestUri, ResourceUri),
    CallerId, Identity, AppId, Address, Client, Portal, IsUser, ManagedResource, Token, Row"""

#: Columns of `EVENTS_QUERY` that are kept as codes.
CODED = (
    *("Operation", "Vault", "Target", "CallerId", "Identity", "AppId", "Address", "Client"),
    *("ManagedResource", "Token"),
)
_NAME = r"^https?://[^/]+/(?:deleted)?(?:secrets|keys|certificates)/(?P<name>[^/?]+)"

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Coded:
    """A text column: per event a code, per code its text."""

    code: Codes
    texts: pa.Array

    def __len__(self) -> int:
        """How many texts there are."""
        return len(self.texts)

    def where(self, test: Callable[[str], Any]) -> Bools:
        """Events whose text passes a test, which is asked once per text."""
        passed = np.array([bool(test(text)) for text in self.texts.to_pylist()], dtype=np.bool_)
        found: Bools = passed[self.code] if len(passed) else np.zeros(len(self.code), dtype=np.bool_)
        return found

    def are(self, texts: Iterable[str]) -> Bools:
        """Events whose text is one of these."""
        if not len(self.texts):
            return np.zeros(len(self.code), dtype=np.bool_)
        wanted = pc.is_in(self.texts, value_set=pa.array(list(texts), pa.string())).to_numpy(zero_copy_only=False)
        found: Bools = wanted[self.code]
        return found

    def at(self, positions: Ints) -> pa.Array:
        """The texts of some events."""
        return self.texts.take(pa.array(self.code[positions]))

    def ordered(self, order: Ints) -> Coded:
        """The same column, its events in another order."""
        return Coded(self.code[order], self.texts)


@dataclass(frozen=True, slots=True)
class Events:
    """Events in columns.

    Args:
        at: Ticks.
        status: HTTP status; 0 when the record has none.
        name: The object that the event was about, as it was first spelled; "" for lists and vault settings.
        resource: ARM id of the resource that a managed identity belongs to.
        token: Which token it showed; "" when the record says nothing.
    """

    at: Ints
    status: npt.NDArray[np.int16]
    portal: Bools
    user: Bools
    operation: Coded
    vault: Coded
    name: Coded
    caller: Coded
    identity: Coded
    application: Coded
    address: Coded
    client: Coded
    resource: Coded
    token: Coded
    row: pa.ChunkedArray

    def __len__(self) -> int:
        return len(self.at)


def encoded(rows: pa.Table) -> pa.Table:
    """Rows of `EVENTS_QUERY` with their texts as codes; a tenth of the memory.

    All other columns are copied: one that is not keeps the texts of its whole batch in memory.
    """
    made = {
        name: rows[name].dictionary_encode() if name in CODED else _copied(rows[name]) for name in rows.column_names
    }
    return pa.table(made)


def _copied(column: pa.ChunkedArray) -> pa.Array:
    return pa.concat_arrays([*column.chunks, pa.array([], column.type)])


def events_of(parts: Sequence[pa.Table]) -> Events:
    """Events of rows as `encoded` gives them, or plain ones."""
    table = pa.concat_tables([part if _is_coded(part) else encoded(part) for part in parts]).unify_dictionaries()
    column = {name: _coded(table[name]) for name in CODED}
    return Events(
        at=ticks(table["TimeGenerated"]),
        status=_filled(table["Status"], 0, np.int16),
        portal=_filled(table["Portal"], False, np.bool_),
        user=_filled(table["IsUser"], False, np.bool_),
        operation=column["Operation"],
        vault=column["Vault"],
        name=_names(column["Target"]),
        caller=column["CallerId"],
        identity=column["Identity"],
        application=column["AppId"],
        address=column["Address"],
        client=column["Client"],
        resource=column["ManagedResource"],
        token=column["Token"],
        row=table["Row"],
    )


def _is_coded(rows: pa.Table) -> bool:
    return all(pa.types.is_dictionary(rows.schema.field(name).type) for name in CODED)


def _coded(column: pa.ChunkedArray) -> Coded:
    if not column.num_chunks:
        return Coded(np.empty(0, dtype=np.int32), pa.array([], pa.string()))
    texts = column.chunk(0).dictionary
    missing = len(texts)
    code = np.concatenate([_indices(chunk, missing) for chunk in column.chunks])
    if column.null_count:  # a missing text is an empty one
        texts = pa.concat_arrays([texts, pa.array([""], texts.type)])
    return Coded(code, texts)


def _indices(chunk: pa.DictionaryArray, missing: int) -> Codes:
    indices = chunk.indices.fill_null(missing) if chunk.null_count else chunk.indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), dtype=np.int32)


def _filled(column: pa.ChunkedArray, missing: int, kind: npt.DTypeLike) -> npt.NDArray[Any]:
    """A column of numbers or flags without nulls."""
    parts = [pc.fill_null(c, missing) if c.null_count else c for c in column.chunks]
    made = [np.asarray(part.to_numpy(zero_copy_only=False), dtype=kind) for part in parts]
    return np.concatenate(made) if made else np.empty(0, dtype=kind)


def _names(target: Coded) -> Coded:
    """The names of objects in their addresses: one code for all versions and spellings of a name."""
    found = pc.fill_null(pc.struct_field(pc.extract_regex(target.texts, _NAME), "name"), "")
    code = pc.utf8_lower(found).dictionary_encode().indices.to_numpy(zero_copy_only=False).astype(np.int64)
    texts = found.take(pa.array(first_of_each(code)))
    return Coded(code.astype(np.int32)[target.code] if len(code) else target.code, texts)
