"""Connections that keep quiet."""

from __future__ import annotations

import pytest

from keywitness.store.connection import connected


def test_long_work_draws_nothing_into_the_output(capfd: pytest.CaptureFixture[str]) -> None:
    with connected() as connection:
        connection.execute("SET progress_bar_time = 1")
        connection.execute("SELECT sum(hash(a.range + b.range)) FROM range(3000) a, range(3000) b").fetchall()
    assert capfd.readouterr() == ("", "")
