"""Which sessions are meant, and which are shown first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from keywitness.errors import UsageError
from keywitness.investigate.choosing import SHOWN_SESSIONS, asked, chosen, fitting, shown_rows
from keywitness.investigate.scope import Filter, make_scope
from keywitness.investigate.visits import Visits
from keywitness.kql.literals import parse_datetime
from keywitness.model.session_class import Mismatch
from keywitness.sessions.table import MISMATCH_BITS

AT = parse_datetime("2026-03-02T10:00:00Z") or 0
HOUR = 36_000_000_000


def made(*rows: dict[str, Any]) -> Visits:
    plain: dict[str, Any] = {
        "identity": "alice@contoso.com", "caller": "id-1", "app_id": "app", "managed_name": "", "family": "Azure CLI",
        "address": "198.51.100.20", "vaults": ["kv-a"], "first": AT, "last": AT + HOUR, "class": "azure-cli",
        "mismatches": 0, "person": True, "failures": 0, "count": 1, "rows": ["E1:1"],
    }  # fmt: skip
    return Visits(pa.Table.from_pylist([plain | row for row in rows]), {}, len(rows))


def met(visits: Visits, classes: tuple[str, ...] = (), mismatches: tuple[str, ...] = (), **scope: Any) -> list[int]:
    return fitting(visits, Filter(make_scope(**scope)), {1}, asked(classes, mismatches)).tolist()


def test_sessions_come_in_order_of_their_beginning() -> None:
    assert met(made({"first": AT + 2}, {"first": AT}, {"first": AT + 1})) == [1, 2, 0]


@pytest.mark.parametrize(
    ("scope", "row"),
    [
        ({"identities": ["bob*"]}, {"identity": "bob@contoso.com"}),
        ({"identities": ["id-2"]}, {"caller": "id-2"}),
        ({"identities": ["vm-shop"]}, {"managed_name": "vm-shop"}),
        ({"addresses": ["203.0.113.0/24"]}, {"address": "203.0.113.9"}),
        ({"vaults": ["kv-b"]}, {"vaults": ["kv-c", "kv-b"]}),
        ({"since": "2026-03-03"}, {"last": AT + 30 * HOUR}),
        ({"until": "2026-03-02T09:00:00Z"}, {"first": AT - 2 * HOUR}),
        ({"secrets": ["db"]}, {}),
        ({"classes": ("dump-tool",)}, {"class": "dump-tool"}),
        ({"mismatches": ("any",)}, {"mismatches": 2}),
        ({"mismatches": ("unusual-class-of-caller",)}, {"mismatches": MISMATCH_BITS[Mismatch.UNUSUAL_CLASS]}),
    ],
)
def test_what_is_asked(scope: dict[str, Any], row: dict[str, Any]) -> None:
    assert met(made({}, row), **scope) == [1]


def test_another_mismatch_is_not_meant() -> None:
    other = {"mismatches": MISMATCH_BITS[Mismatch.TWO_ADDRESSES]}
    assert met(made({}, other), mismatches=("unusual-class-of-caller",)) == []


@pytest.mark.parametrize(("classes", "mismatches"), [(("portal",), ()), ((), ("odd",))])
def test_unknown_names_are_refused(classes: tuple[str, ...], mismatches: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="none that we know"):
        asked(classes, mismatches)


def test_the_most_telling_come_first() -> None:
    machine = {"person": False}
    visits = made(machine, {**machine, "failures": 1}, {}, {**machine, "mismatches": 1}, {**machine, "count": 9})
    assert chosen(visits, {0}, np.arange(5)) == [0, 2, 3, 1, 4]


def test_no_more_than_the_document_holds() -> None:
    assert len(chosen(made(*({} for _ in range(SHOWN_SESSIONS + 5))), set(), np.arange(SHOWN_SESSIONS + 5))) == 200


def test_fewer_steps_of_what_runs_unattended() -> None:
    many = [f"E1:{n}" for n in range(50)]
    visits = made({"rows": many}, {"rows": many, "person": False}, {"rows": many, "person": False})
    assert {p: len(rows) for p, rows in shown_rows(visits, [0, 1, 2], {2}).items()} == {0: 50, 1: 20, 2: 50}


def test_a_case_without_events_has_no_sessions() -> None:
    empty = Visits(made({}).table.slice(0, 0), {}, 0)
    assert met(empty, identities=["x"], vaults=["y"]) == []
    assert chosen(empty, set(), np.arange(0)) == []
