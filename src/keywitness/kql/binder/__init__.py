"""Syntax tree -> bound plan: names, types and conversions; no engine."""

from __future__ import annotations

from keywitness.kql.binder.statements import bind

__all__ = ["bind"]
