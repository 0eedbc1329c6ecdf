"""How urgent an object is: what is behind it, not what it is called alone."""

from __future__ import annotations

from typing import Any

import pytest

from keywitness.exposure.opens import Opening
from keywitness.exposure.reads import Exposed, Reader
from keywitness.investigate.grading import Described, grade, openings


def exposed(*, reasons: tuple[str, ...] = ("found",), **values: Any) -> Exposed:
    reader = Reader(
        identity="a", identity_id="1", application_id="", managed_identity="", address="192.0.2.1", reads=1,
        first_at="1", last_at="1", rows=("E1:0",), reasons=reasons,
    )  # fmt: skip
    facts: dict[str, Any] = {"vault": "kv-a", "object_type": "secret", "name": "x", "version": "v", "how": "SecretGet"}
    return Exposed(**{"private_key_left": False, "readers": (reader,), **facts, **values})


TENANT = Opening("a tenant", "likely", "", 0)
USED = Opening("the application", "seen", "")


@pytest.mark.parametrize(
    ("item", "opens", "worst", "severity"),
    [
        (exposed(), (), {}, "medium"),
        (exposed(), (), {"E1:0": "high"}, "high"),
        (exposed(), (), {"E9:9": "high"}, "medium"),
        (exposed(private_key_left=True), (), {}, "high"),
        (exposed(), (TENANT,), {}, "high"),
        (exposed(), (USED,), {}, "high"),
        (exposed(reasons=()), (TENANT,), {"E1:0": "high"}, "informational"),
    ],
)
def test_grades(item: Exposed, opens: tuple[Opening, ...], worst: dict[str, str], severity: str) -> None:
    assert grade(item, opens, worst) == severity


def test_the_inventory_says_what_the_log_does_not() -> None:
    known = {"kv-a/x": Described("", '{"use":"storage"}')}
    assert [o.what for o in openings(exposed(name="X"), (), known)] == ["a storage account"]
    assert openings(exposed(name="y"), (), known) == ()
