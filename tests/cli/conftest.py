"""The command line, run in process, with what it printed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from keywitness.cli.main import run


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def keywitness(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., Ran]:
    """Run `keywitness ARGS...`; gives exit code, stdout and stderr."""

    def call(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["keywitness", *map(str, arguments)])
        capfdbinary.readouterr()
        code = run()
        sys.stdout.flush()
        sys.stderr.flush()
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape"))

    return call


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small company with the article's attack: logs/ and truth.json."""
    from keywitness.lab.simulate import simulate

    out = tmp_path_factory.mktemp("lab")
    simulate(out, days=5, vaults=12, seed=7, events=3000)
    return out


@pytest.fixture(scope="session")
def case(lab: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A case with the lab's logs."""
    from keywitness.case import create_case

    place = tmp_path_factory.mktemp("cases") / "case"
    create_case(place).ingest([lab / "logs"])
    return place
