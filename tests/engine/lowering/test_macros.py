"""Macros are static SQL, and all of them are valid DuckDB."""

from __future__ import annotations

import duckdb

from keywitness.engine.lowering import macros


def test_every_macro_can_be_defined() -> None:
    with duckdb.connect() as connection:
        for name in macros.needed(set(macros.table())):
            connection.execute(macros.definition(name))


def test_every_macro_is_defined_once() -> None:
    """Plausible and wrong: the second of two takes the place of the first without a word."""
    heads = [found.group(1) for line in macros._TEXT.splitlines() if (found := macros._HEAD.match(line))]
    assert sorted(heads) == sorted(macros.table().keys() - set(map(macros.once, macros.REPEATING)))


def test_those_used_come_first() -> None:
    order = macros.needed({"kw_datetime_text"})
    assert order.index("kw_date_text") < order.index("kw_datetime_text")
    assert order.index("kw_clock") < order.index("kw_datetime_text")


def test_every_macro_is_used() -> None:
    from pathlib import Path

    source = "\n".join(p.read_text() for p in Path(macros.__file__).parents[1].rglob("*.py") if p.name != "macros.py")
    inner = {used for name in macros.table() for used in macros.used(name)}
    named = {n for n in macros.table() if f'"{n}"' in source}
    built = {n for n in macros.table() if n.startswith(("kw_startof", "kw_item_to_")) or n.endswith("_once")}
    assert macros.table().keys() - inner - named - built == set()
