"""What a case knows of evidence before reading it: whole files by hash, interrupted ones by name."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from keywitness.store.ledger import EvidenceEntry
from keywitness.store.state import CaseState

if TYPE_CHECKING:
    from keywitness.evidence.source import Found, OpenItem


class KnownFiles:
    """The evidence of a case as it was when a load began.

    Args:
        state: The case; only read here, before the load changes it.
    """

    def __init__(self, state: CaseState) -> None:
        self._items = dict(state.evidence)
        self._begun = {
            (e.path, e.member, e.size, e.modified_at): e.number for e in self._items.values() if not e.complete
        }
        self._whole: dict[int, dict[str, EvidenceEntry]] = defaultdict(dict)
        self._complete: dict[tuple[str, str, str], EvidenceEntry] = {}
        self._sizes = {e.size for e in self._items.values() if e.complete}
        for entry in self._items.values():
            if entry.complete:
                self._complete[entry.path, entry.member, entry.sha256] = entry
            if entry.complete and not entry.member and not entry.same_as:
                self._whole[entry.size].setdefault(entry.sha256, entry)
        self._digests: dict[str, str] = {}
        #: Items met again under the path they were loaded from.
        self.already: list[EvidenceEntry] = []
        #: Known files met under another path, with the item they equal.
        self.copies: list[tuple[Found, EvidenceEntry]] = []

    def next_number(self) -> int:
        """The number of the next new item."""
        return max(self._items, default=0) + 1

    def begun(self, item: OpenItem) -> int | None:
        """The number of an item whose load was interrupted, if this is it."""
        return self._begun.get((item.path, item.member, item.size, item.modified_at))

    def has_member(self, item: OpenItem) -> bool:
        """True when this member of an unchanged archive is complete; it is then noted as met again."""
        entry = self._complete.get((item.path, item.member, self._digests.get(item.path, "")))
        if entry is None:
            return False
        self.already.append(entry)
        return True

    def holds(self, file: Found) -> bool:
        """True when a file is one item that is complete in the case; it is then noted as met again, or as a copy.

        Only a file of a known size is hashed for it.
        """
        if file.size not in self._sizes:
            return False
        try:
            with Path(file.path).open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError:
            return False  # the reader will meet the same error and say it
        self._digests[file.path] = digest
        here = self._complete.get((file.path, "", digest))
        if here is not None:
            self.already.append(here)
            return True
        elsewhere = self._whole.get(file.size, {}).get(digest)
        if elsewhere is not None:
            self.copies.append((file, elsewhere))
        return elsewhere is not None
