"""What a name, a type or tags hint at: whole words only, the gravest hint first, never more than a hint."""

from __future__ import annotations

import pytest

from keywitness.exposure.opens import likely_opens


@pytest.mark.parametrize(
    ("name", "what", "reason"),
    [
        (
            "BreakGlassAccountTenant",
            "an emergency or administrator account of the tenant",
            "its name says 'break glass'",
        ),
        ("crm-sql-password", "a database", "its name says 'sql'"),
        ("StorageAccountKey", "a storage account", "its name says 'storage'"),
        ("web_JwtSigning", "tokens that it signs or encrypts", "its name says 'jwt'"),
    ],
)
def test_names(name: str, what: str, reason: str) -> None:
    (found,) = likely_opens(name, "")
    assert (found.what, found.certainty, found.reason) == (what, "likely", reason)


@pytest.mark.parametrize("name", ["pattern", "sqlite", "Mysqlish", "x", "", "dbx"])
def test_a_part_of_a_word_says_nothing(name: str) -> None:
    assert likely_opens(name, "") == ()


def test_tags_and_types_say_it_where_the_name_does_not() -> None:
    assert likely_opens("x", "", tags='{"purpose":"sql"}')[0].reason == "its tags say 'sql'"
    assert likely_opens("x", "Connection String")[0].reason == "its content type says 'connection string'"


def test_a_private_key_is_told_beside_the_name() -> None:
    assert [o.what[:9] for o in likely_opens("db", "", private_key=True)] == ["what trus", "a databas"]
    assert likely_opens("breakglass-sql", "")[0].tier == 0, "the gravest first"
