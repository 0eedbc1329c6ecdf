"""Letters of any script."""

from __future__ import annotations


def small(text: str) -> str:
    """Small letters, each by itself as DuckDB's `lower` has them; Python's ends a Greek word with another sigma."""
    return text.lower() if text.isascii() else "".join(letter.lower()[0] for letter in text)
