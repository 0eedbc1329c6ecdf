"""How an object is replaced: commands of names that Azure allows, and of nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from keywitness.report.document import Exposure, ExposureReader
from keywitness.report.rotation import Rotation, by_urgency, rotation

VERSION = "0123456789abcdef0123456789abcdef"


def exposed(**values: Any) -> Exposure:
    made: dict[str, Any] = {
        "vault": "kv-a",
        "object_type": "secret",
        "name": "db",
        "version": VERSION,
        "private_key_left": False,
        "how": "SecretGet",
        "readers": (),
        "reads": 1,
        "first_at": "",
        "last_at": "",
        "rotate_now": True,
        "reason": "",
    }
    return Exposure(**made | values)


def test_a_secret_gets_a_new_version_and_the_old_one_is_disabled() -> None:
    commands = rotation(exposed())
    assert commands.azure_cli == (
        "az keyvault secret set --vault-name kv-a --name db --file NEW_VALUE_FILE && "
        f"az keyvault secret set-attributes --vault-name kv-a --name db --version {VERSION} --enabled false"
    )
    assert "Read-Host -AsSecureString" in commands.powershell
    assert "set-attributes" not in rotation(exposed(version="")).azure_cli


def test_a_certificate_whose_key_left_through_its_secret_is_made_anew() -> None:
    assert "keyvault certificate create" in rotation(exposed(private_key_left=True)).azure_cli
    assert rotation(exposed(object_type="key")).azure_cli == "az keyvault key rotate --vault-name kv-a --name db"


@pytest.mark.parametrize(
    "hostile",
    [{"name": "x; rm -rf /"}, {"name": "$(id)"}, {"vault": "kv a"}, {"vault": "-kv"}, {"name": ""}, {"name": "é"}],
)
def test_a_name_that_azure_does_not_allow_makes_no_command(hostile: dict[str, str]) -> None:
    assert rotation(exposed(**hostile)) == Rotation()


def test_a_version_that_is_none_stays_out_of_the_command() -> None:
    assert "evil" not in rotation(exposed(version="evil --enabled true")).azure_cli


def test_private_keys_come_first_then_what_most_have() -> None:
    marked = ExposureReader(
        identity="a", identity_id="1", application="", address="", reads=1, first_at="", last_at="", session_ids=(),
        rows=(), suspicious=True,
    )  # fmt: skip
    one, two = exposed(name="one", readers=(marked,)), exposed(name="two", readers=(marked, marked))
    key, calm = exposed(name="key", private_key_left=True), exposed(name="calm", rotate_now=False)
    assert [i.name for i in by_urgency((calm, one, two, key))] == ["key", "two", "one", "calm"]
