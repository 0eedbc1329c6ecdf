"""Users, groups, service principals and managed identities by number, under every name they are known by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(slots=True)
class Principals:
    """Object ids by number. Ids are compared without case.

    Args:
        ids: In lower case.
        kinds: User, Group, ServicePrincipal or "", by number.
        names: What people call it, or "".
        recorded: Numbers that a table of the directory holds; the others are only named by assignments.
    """

    ids: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    recorded: set[int] = field(default_factory=set)
    _numbers: dict[str, int] = field(default_factory=dict)
    _other_names: dict[str, list[int]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, id: str) -> int:
        """The number of an id, which is taken in when it is new."""
        key = id.lower()
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.ids)
            self.ids.append(key)
            self.kinds.append("")
            self.names.append("")
        return number

    def column(self, column: pa.ChunkedArray) -> NDArray[np.int32]:
        """The numbers of a column of ids; -1 where the text is empty."""
        import numpy as np

        indices, texts = encoded(column)
        numbers = np.array([self.add(t) if t else -1 for t in texts] or [-1], np.int32)
        return numbers[indices]

    def describe(self, number: int, kind: str, name: str) -> None:
        """Keep what a row says of a principal; the first that says something counts."""
        kinds = {"user": "User", "group": "Group", "serviceprincipal": "ServicePrincipal"}
        self.kinds[number] = self.kinds[number] or kinds.get(kind.lower(), kind)
        if name:
            self.names[number] = self.names[number] or name
            self.also(number, name)

    def also(self, number: int, name: str) -> None:
        """Another name under which a principal is found: user name, application id, display name."""
        if name:
            numbers = self._other_names.setdefault(name.lower(), [])
            if number not in numbers:
                numbers.append(number)

    def find(self, text: str) -> tuple[int, ...]:
        """The principals of that object id, or else of that name."""
        key = text.strip().lower()
        return (self._numbers[key],) if key in self._numbers else tuple(self._other_names.get(key, ()))

    def title(self, number: int) -> str:
        """The name with the id, or the id alone."""
        name = self.names[number]
        return f"{name} ({self.ids[number]})" if name else self.ids[number]

    def known_names(self) -> Iterable[str]:
        return self._other_names.keys()


def encoded(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    """A column of text as indices into its distinct values, in lower case and without blanks around; null is ""."""
    import numpy as np
    import pyarrow.compute as pc

    lowered = pc.utf8_trim_whitespace(pc.utf8_lower(pc.fill_null(column, "")))
    joined = pc.dictionary_encode(lowered).combine_chunks()
    return np.asarray(joined.indices).astype(np.int64), joined.dictionary.to_pylist()
