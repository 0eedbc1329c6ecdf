"""DuckDB connections of the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb


def connected(path: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """A connection that keeps quiet: by itself DuckDB draws a progress bar into whatever the output is."""
    import duckdb  # start-up time: most commands read no rows

    connection = duckdb.connect(path)
    connection.execute("SET enable_progress_bar = false")
    connection.execute("SET enable_progress_bar_print = false")
    return connection
