"""What was handed out: which version, private keys, readers; and what a finding makes of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from keywitness.case import Case
from keywitness.exposure.reads import exposed_objects

V1, V2 = "0" * 31 + "1", "0" * 31 + "2"
OTHER = {"claim": {"oid": "7f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e09", "appid": "8f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e0a"}}
Make = Callable[..., Any]


def test_the_version_comes_from_id_when_the_request_names_none(record: Make, case_of: Callable[..., Case]) -> None:
    (exposed,) = exposed_objects(case_of(record("SecretGet", "secrets/db/", id=f"secrets/db/{V1}")), {})
    assert (exposed.vault, exposed.object_type, exposed.name, exposed.version) == ("kv-a", "secret", "db", V1)
    assert not exposed.private_key_left
    assert not exposed.rotate_now
    assert exposed.reason == "read by 1 caller, in no request that a finding makes suspicious"


def test_versions_are_told_apart_and_cases_of_names_are_not(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretGet", "secrets/db/", id=f"secrets/db/{V1}", at="10:00:00"),
        record("SecretGet", "secrets/DB/", id=f"secrets/DB/{V1}", at="10:00:01"),
        record("SecretGet", f"secrets/db/{V2}", id=f"secrets/db/{V2}", at="10:00:02"),
    )
    assert sorted((e.version, e.reads) for e in exposed_objects(case, {})) == [(V1, 2), (V2, 1)]


def test_a_version_that_the_log_does_not_name_is_said(record: Make, case_of: Callable[..., Case]) -> None:
    (exposed,) = exposed_objects(case_of(record("SecretBackup", "secrets/db/backup", id="secrets/db")), {})
    assert exposed.version == ""
    assert "every version enabled then counts as read" in exposed.reason


@pytest.mark.parametrize(
    ("operation", "path", "status"),
    [
        ("SecretGet", "secrets/db/", 403),
        ("SecretGet", "secrets/db/", 404),
        ("SecretList", "secrets", 200),
        ("SecretListVersions", "secrets/db/versions", 200),
        ("CertificateGet", f"certificates/web/{V1}", 200),
        ("KeySign", f"keys/k/{V1}/sign", 200),
        ("KeyGet", f"keys/k/{V1}", 200),
    ],
)
def test_what_hands_out_nothing_is_no_exposure(
    record: Make, case_of: Callable[..., Case], operation: str, path: str, status: int
) -> None:
    """resultType is Success in all of them; a certificate without SecretGet keeps its private key."""
    assert exposed_objects(case_of(record(operation, path, status=status)), {}) == ()


@pytest.mark.parametrize(
    ("operation", "path", "kind"),
    [
        ("KeyBackup", "keys/k/backup", "key"),
        ("KeyRelease", f"keys/k/{V1}/release", "key"),
        ("SecretBackup", "secrets/k/backup", "secret"),
        ("CertificateBackup", "certificates/k/backup", "certificate"),
    ],
)
def test_backups_and_release_hand_out(
    record: Make, case_of: Callable[..., Case], operation: str, path: str, kind: str
) -> None:
    (exposed,) = exposed_objects(case_of(record(operation, path)), {})
    assert (exposed.object_type, exposed.name, exposed.how) == (kind, "k", operation)


def test_secret_get_of_a_certificate_takes_its_private_key(record: Make, case_of: Callable[..., Case]) -> None:
    """By content type, by a certificate of that name in the vault, or because a finding says so."""
    case = case_of(
        record("SecretGet", "secrets/typed/", id=f"secrets/typed/{V1}", type="application/x-pkcs12"),
        record("SecretGet", "secrets/Named/", id=f"secrets/Named/{V1}", at="10:00:01"),
        record("CertificateGet", "certificates/named/", id=f"certificates/named/{V1}", at="10:00:02"),
        record("SecretGet", "secrets/found/", id=f"secrets/found/{V1}", at="10:00:03"),
        record("SecretGet", "secrets/plain/", id=f"secrets/plain/{V1}", at="10:00:04"),
        record("SecretGet", "secrets/named/", id=f"secrets/named/{V1}", at="10:00:05", vault="kv-b"),
    )
    made = {(e.vault, e.name.lower()): e for e in exposed_objects(case, {}, certificates=["kv-a/Found"])}
    assert {k for k, e in made.items() if e.private_key_left} == {
        ("kv-a", "typed"),
        ("kv-a", "named"),
        ("kv-a", "found"),
    }
    assert made["kv-a", "typed"].object_type == "certificate"
    assert made["kv-b", "named"].object_type == "secret", "a certificate of another vault says nothing"
    assert "the private key left the vault" in made["kv-a", "named"].reason


def test_only_the_suspicious_reader_makes_it_rotate_now(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretGet", "secrets/db/", id=f"secrets/db/{V1}", identity=OTHER, callerIpAddress="192.0.2.9"),
        record("SecretGet", "secrets/db/", id=f"secrets/db/{V1}", at="10:00:01"),
        record("SecretGet", "secrets/api/", id=f"secrets/api/{V1}", at="10:00:02"),
    )
    (row,) = case.query("AzureDiagnostics | where TimeGenerated == datetime(2026-03-02T10:00:01Z) | project R = _Row")
    db, api = exposed_objects(case, {row["R"]: ("Watched secret read",), "E1:999": ("no such row",)})
    assert (db.name, db.rotate_now, api.rotate_now) == ("db", True, False)
    assert [(r.identity, r.suspicious) for r in db.readers] == [
        ("alice@contoso.com", True),
        ("7f1e0c1c-8f0c-4a8f-9d11-0a8f5b1c7e09", False),
    ]
    assert db.readers[0].reasons == ("Watched secret read",)
    assert row["R"] in db.readers[0].rows
    assert db.reason == "read by alice@contoso.com: Watched secret read"


def test_everyone_who_was_asked_about_is_suspicious(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretGet", "secrets/db/", id=f"secrets/db/{V1}", identity=OTHER),
        record("SecretGet", "secrets/api/", id=f"secrets/api/{V1}", at="10:00:01"),
    )
    condition = 'Identity == "alice@contoso.com"'
    (exposed,) = exposed_objects(case, {}, condition=condition, everyone="by a caller who was asked about")
    assert (exposed.name, exposed.rotate_now) == ("api", True)
