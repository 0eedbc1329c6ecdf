"""The sample document and a browser, for every test of the report."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from keywitness.report.browser import find

HERE = Path(__file__).parent


def _load(name: str) -> ModuleType:
    """A module beside this file; pytest's importlib mode does not put the folder on the path."""
    full = f"report_{name}"
    if full not in sys.modules:
        spec = importlib.util.spec_from_file_location(full, HERE / f"{name}.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)
    return sys.modules[full]


@pytest.fixture(scope="session")
def sample() -> ModuleType:
    """`sample.document()`, `sample.big_document()` and what they are made of."""
    return _load("sample")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """A headless Chromium; skips where none is installed."""
    chromium = _load("chromium")
    path = find()
    if path is None:
        pytest.skip("no Chromium: the page is not tested in a browser (apt-get install chromium)")
    with chromium.Browser(path) as browser:
        yield browser
