"""`parse_user_agent` by the list of uap-core."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from keywitness import QueryError, query
from keywitness.engine.kernels import agents

CURL = "curl/8.4.0"


def parsed(agent: str, look_for: str) -> Any:
    (row,) = query(f"print x = parse_user_agent('{agent}', {look_for})").to_pylist()
    return row["x"]


def test_without_the_package_the_query_is_refused_and_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ua_parser", None)
    agents._parser.cache_clear()
    agents.parsed.memory.clear()
    with pytest.raises(QueryError, match="pip install ua-parser"):
        parsed(CURL, "'browser'")
    agents._parser.cache_clear()


@pytest.fixture
def installed() -> None:
    """The package, or a test that is skipped."""
    pytest.importorskip("ua_parser", reason="ua-parser is not installed: parse_user_agent() is refused")


@pytest.mark.usefixtures("installed")
def test_every_part_has_its_fields_and_what_is_not_there_is_empty() -> None:
    """A null for a missing version would compare otherwise than Kusto's empty text."""
    assert parsed(CURL, "'browser'") == {
        "Browser": {"Family": "curl", "MajorVersion": "8", "MinorVersion": "4", "Patch": "0"}
    }
    assert parsed(CURL, "dynamic(['device', 'os'])") == {
        "OperatingSystem": {
            "Family": "Other", "MajorVersion": "", "MinorVersion": "", "Patch": "", "PatchMinor": "",
        },
        "Device": {"Family": "Other", "Brand": "", "Model": ""},
    }  # fmt: skip


@pytest.mark.usefixtures("installed")
def test_the_date_of_the_list_is_said_beside_the_rows() -> None:
    assert any("ua-parser" in note for note in query(f"print parse_user_agent('{CURL}', 'os')").notes)


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("look_for", ["'Browser'", "'engine'", "dynamic([])", "dynamic(['os', 1])"])
def test_what_is_no_part_is_refused(look_for: str) -> None:
    with pytest.raises(QueryError, match="looks for browser, os, device"):
        parsed(CURL, look_for)
