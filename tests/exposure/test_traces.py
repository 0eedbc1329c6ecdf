"""What else happened to objects, and what a list told its caller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from keywitness.case import Case
from keywitness.exposure.touches import touches
from keywitness.exposure.traces import Trace, traces

V1 = "0" * 31 + "1"
OTHER = {"claim": {"oid": "7f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e09", "appid": "8f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e0a"}}
Make = Callable[..., Any]


def told(case: Case, **options: Any) -> tuple[Trace, ...]:
    found, count = traces(touches(case, options.pop("suspicious", {}), options.pop("condition", "")), **options)
    assert count >= len(found)
    return found


@pytest.mark.parametrize(
    ("operation", "path", "status", "kind"),
    [
        ("KeyDecrypt", f"keys/k/{V1}/decrypt", 200, "used"),
        ("KeyUnwrap", f"keys/k/{V1}/unwrapkey", 200, "used"),
        ("KeySign", f"keys/k/{V1}/sign", 403, "refused"),
        ("SecretGet", "secrets/db/", 403, "refused"),
        ("SecretGet", "secrets/db/", 404, "not found"),
        ("SecretGet", "secrets/db/", 429, "refused"),
        ("KeyBackup", "keys/k/backup", 403, "refused"),
        ("SecretGetDeleted", "deletedsecrets/db", 200, "looked at, deleted"),
        ("KeyRecover", "deletedkeys/k/recover", 200, "recovered"),
        ("SecretList", "secrets", 200, "listed"),
        ("SecretList", "secrets", 403, "refused"),
    ],
)
def test_each_operation_leaves_its_trace(
    record: Make, case_of: Callable[..., Case], operation: str, path: str, status: int, kind: str
) -> None:
    (trace,) = told(case_of(record(operation, path, status=status)))
    assert (trace.kind, trace.operation, trace.status) == (kind, operation, status)


@pytest.mark.parametrize(("operation", "status"), [("SecretGet", 200), ("SecretGet", 401), ("CertificateGet", 200)])
def test_a_read_and_a_challenge_are_no_trace(
    record: Make, case_of: Callable[..., Case], operation: str, status: int
) -> None:
    assert told(case_of(record(operation, "secrets/db/", status=status))) == ()


def test_a_restore_names_its_object_by_id_alone(record: Make, case_of: Callable[..., Case]) -> None:
    named, unnamed = told(
        case_of(
            record("SecretRestore", "secrets/restore", id="secrets/db", at="10:00:00"),
            record("SecretRestore", "secrets/restore", at="10:00:01", status=409),
        )
    )
    assert (named.kind, named.name) == ("restored", "db")
    assert (unnamed.kind, unnamed.name) == ("refused", ""), "'restore' is a word of the address, no secret"


def test_a_list_tells_what_its_caller_did_not_read(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretList", "secrets", at="10:00:00"),
        record("SecretGet", "secrets/read/", id=f"secrets/read/{V1}", at="10:00:01"),
        record("SecretGet", "secrets/refused/", status=403, at="10:00:02"),
        record("SecretGet", "secrets/Others/", id=f"secrets/Others/{V1}", at="10:00:03", identity=OTHER),
        record("SecretGet", "secrets/elsewhere/", id=f"secrets/elsewhere/{V1}", at="10:00:04", vault="kv-b"),
    )
    listed = next(t for t in told(case) if t.kind == "listed")
    assert listed.not_read == ("Others",), "names that only a refused request holds need not exist"


def test_suspicious_traces_come_first_and_the_rest_is_counted(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretGet", "secrets/a/", status=403, at="10:00:00"),
        record("SecretGet", "secrets/b/", status=403, at="10:00:01"),
    )
    (row,) = case.query("AzureDiagnostics | where requestUri_s has 'secrets/b' | project R = _Row")
    found, count = traces(touches(case, {row["R"]: ("Swept",)}), most=1)
    assert count == 2
    assert [(t.name, t.reasons, t.rows) for t in found] == [("b", ("Swept",), (row["R"],))]


def test_the_question_limits_traces_but_not_what_is_known(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretList", "secrets", at="10:00:00"),
        record("SecretGet", "secrets/others/", id=f"secrets/others/{V1}", at="10:00:03", identity=OTHER),
        record("SecretGet", "secrets/more/", at="10:00:04", identity=OTHER, status=403),
    )
    (trace,) = told(case, condition='Identity == "alice@contoso.com"', everyone="asked about")
    assert (trace.kind, trace.not_read, trace.reasons) == ("listed", ("others",), ("asked about",))
