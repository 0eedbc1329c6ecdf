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


def test_the_version_comes_from_the_request_when_id_names_none(record: Make, case_of: Callable[..., Case]) -> None:
    """A failure's id has no version, and some records of successes neither: the address may."""
    (exposed,) = exposed_objects(case_of(record("SecretGet", f"secrets/db/{V1}", id="secrets/db")), {})
    assert exposed.version == V1


def test_a_certificate_that_was_not_found_makes_no_secret_a_certificate(
    record: Make, case_of: Callable[..., Case]
) -> None:
    case = case_of(
        record("SecretGet", "secrets/db/", id=f"secrets/db/{V1}"),
        record("CertificateGet", "certificates/db/", status=404, at="10:00:01"),
    )
    (exposed,) = exposed_objects(case, {})
    assert (exposed.object_type, exposed.private_key_left, exposed.same_material) == ("secret", False, ())


def test_a_certificate_its_key_and_its_secret_are_one(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("CertificateGet", "certificates/web/", id=f"certificates/web/{V1}"),
        record("SecretGet", "secrets/web/", id=f"secrets/web/{V1}", at="10:00:01"),
        record("KeyBackup", "keys/web/backup", id="keys/web", at="10:00:02"),
    )
    certificate, key = exposed_objects(case, {})
    assert (certificate.object_type, certificate.same_material) == ("certificate", ("key kv-a/web", "secret kv-a/web"))
    assert (key.object_type, key.same_material) == ("key", ("certificate kv-a/web", "secret kv-a/web"))


def test_an_unversioned_read_gets_the_version_that_was_set_before(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretSet", "secrets/db", id=f"secrets/db/{V1}", at="09:00:00"),
        record("SecretGet", "secrets/db/", at="10:00:00"),
        record("SecretSet", "secrets/db", id=f"secrets/db/{V2}", at="11:00:00"),
    )
    (exposed,) = exposed_objects(case, {})
    assert (exposed.version, exposed.candidates) == (V1, ())
    assert "it was set before, and the log shows no later version" in exposed.reason


def test_a_version_whose_beginning_is_not_logged_is_a_candidate_only(
    record: Make, case_of: Callable[..., Case]
) -> None:
    """The version seen yesterday need not be the one of today: the setting may be missing from the log."""
    case = case_of(
        record("SecretGet", f"secrets/db/{V1}", id=f"secrets/db/{V1}", at="09:00:00"),
        record("SecretGet", "secrets/db/", at="10:00:00"),
    )
    opened, named = sorted(exposed_objects(case, {}), key=lambda e: e.version)
    assert (opened.version, opened.candidates, named.version) == ("", (V1,), V1)
    assert f"each that may have been current counts as read ({V1})" in opened.reason


def test_reads_around_a_rotation_have_both_versions_as_candidates(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretSet", "secrets/db", id=f"secrets/db/{V1}", at="09:00:00"),
        record("SecretGet", "secrets/db/", at="10:00:00"),
        record("SecretSet", "secrets/db", id=f"secrets/db/{V2}", at="11:00:00"),
        record("SecretGet", "secrets/db/", at="12:00:00"),
    )
    (exposed,) = exposed_objects(case, {})
    assert (exposed.version, exposed.candidates, exposed.reads) == ("", (V1, V2), 2)


def test_a_setting_that_names_no_version_leaves_it_open(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretSet", "secrets/db", id=f"secrets/db/{V1}", at="08:00:00"),
        record("SecretSet", "secrets/db", id="secrets/db", at="09:00:00"),
        record("SecretGet", "secrets/db/", at="10:00:00"),
    )
    (exposed,) = exposed_objects(case, {})
    assert exposed.version == "", "V1 was replaced by a version that no record names"


def test_a_backup_holds_the_versions_of_its_time(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretSet", "secrets/db", id=f"secrets/db/{V1}", at="09:00:00"),
        record("SecretBackup", "secrets/db/backup", id="secrets/db", at="10:00:00"),
        record("SecretSet", "secrets/db", id=f"secrets/db/{V2}", at="11:00:00"),
    )
    (exposed,) = exposed_objects(case, {})
    assert exposed.candidates == (V1,)
    assert f"a backup holds every version, and the log names {V1}" in exposed.reason


def test_what_is_read_where_a_backup_was_restored_is_read_at_home(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretBackup", "secrets/db/backup", id="secrets/db", at="09:00:00"),
        record("SecretRestore", "secrets/restore", id="secrets/db", at="10:00:00", vault="kv-b", identity=OTHER),
        record("SecretGet", "secrets/db/", id=f"secrets/db/{V1}", at="11:00:00", vault="kv-b", identity=OTHER),
    )
    (row,) = case.query("AzureDiagnostics | where OperationName == 'SecretGet' | project R = _Row")
    home = next(e for e in exposed_objects(case, {row["R"]: ("Watched",)}) if e.vault == "kv-a")
    assert [(r.vault, r.identity_id, r.only) for r in home.restored] == [("kv-b", OTHER["claim"]["oid"], True)]
    assert home.rotate_now
    assert "its backup was restored in kv-b, where 7f1e0c1c" in home.reason


def test_a_restore_before_the_backup_or_of_another_kind_is_none_of_it(
    record: Make, case_of: Callable[..., Case]
) -> None:
    case = case_of(
        record("SecretRestore", "secrets/restore", id="secrets/db", at="08:00:00", vault="kv-b"),
        record("SecretBackup", "secrets/db/backup", id="secrets/db", at="09:00:00"),
        record("KeyRestore", "keys/restore", id="keys/db", at="10:00:00", vault="kv-b"),
        record("SecretRestore", "secrets/restore", id="secrets/db", at="11:00:00", vault="kv-b", status=409),
    )
    (exposed,) = exposed_objects(case, {})
    assert exposed.restored == ()


def test_two_backups_of_one_name_leave_open_which_was_restored(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretBackup", "secrets/db/backup", id="secrets/db", at="09:00:00"),
        record("SecretBackup", "secrets/db/backup", id="secrets/db", at="09:30:00", vault="kv-c"),
        record("SecretRestore", "secrets/restore", id="secrets/db", at="10:00:00", vault="kv-b"),
    )
    assert [[r.only for r in e.restored] for e in exposed_objects(case, {})] == [[False], [False]]


def test_who_restores_what_he_backed_up_himself_restored_no_other_vaults(
    record: Make, case_of: Callable[..., Case]
) -> None:
    """A nightly backup of another vault's secret of that name is not what the thief restored."""
    case = case_of(
        record("SecretBackup", "secrets/db/backup", id="secrets/db", at="02:00:00", vault="kv-c"),
        record("SecretBackup", "secrets/db/backup", id="secrets/db", at="09:00:00", identity=OTHER),
        record("SecretRestore", "secrets/restore", id="secrets/db", at="10:00:00", vault="kv-b", identity=OTHER),
    )
    (row,) = case.query("AzureDiagnostics | where OperationName == 'SecretRestore' | project R = _Row")
    found = {e.vault: e.rotate_now for e in exposed_objects(case, {row["R"]: ("Restored",)})}
    assert found == {"kv-a": True, "kv-c": False}


def test_a_version_set_after_the_suspicious_read_is_told(record: Make, case_of: Callable[..., Case]) -> None:
    case = case_of(
        record("SecretGet", "secrets/db/", id=f"secrets/db/{V1}"),
        record("SecretSet", "secrets/db", id=f"secrets/db/{V2}", at="12:00:00"),
    )
    (exposed,) = exposed_objects(case, {}, everyone="asked")
    assert exposed.replaced_at.startswith("2026-03-02T12:00:00")
    assert "another version was set at 2026-03-02 12:00:00 UTC" in exposed.reason
