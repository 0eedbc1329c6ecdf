"""The list of what to rotate against what the attacker received: exact, or the difference."""

from __future__ import annotations

import msgspec

from keywitness.lab.truth import Exposed
from keywitness.report.document import Exposure
from keywitness.score.exposures import difference

from ..lab.conftest import Simulated


def taken(name: str, version: str = "1", *, logged: bool = True) -> Exposed:
    return Exposed(vault="kv-a", type="secret", name=name, version=version, private_key=False, at="", logged=logged)


def listed(name: str, version: str = "1", *, rotate: bool = True, candidates: tuple[str, ...] = ()) -> Exposure:
    return Exposure(
        vault="KV-A", object_type="secret", name=name, version=version, private_key_left=False, how="SecretGet",
        readers=(), reads=1, first_at="", last_at="", rotate_now=rotate, reason="", candidates=candidates,
    )  # fmt: skip


def compared(article: Simulated, exposed: tuple[Exposed, ...], *entries: Exposure) -> tuple[object, object]:
    return difference(msgspec.structs.replace(article.truth, exposed=exposed), entries)


def test_exact_whatever_the_case_of_names(article: Simulated) -> None:
    assert compared(article, (taken("Db"),), listed("db")) == ((), ())


def test_another_version_is_missing_and_extra(article: Simulated) -> None:
    assert compared(article, (taken("db"),), listed("db", "2")) == ((("", "kv-a/db/1"),), ("kv-a/db/2",))


def test_what_need_not_be_rotated_is_not_listed(article: Simulated) -> None:
    assert compared(article, (taken("db"),), listed("db", rotate=False)) == ((("", "kv-a/db/1"),), ())


def test_no_log_no_entry(article: Simulated) -> None:
    assert compared(article, (taken("db", logged=False),)) == ((), ())


def test_a_backup_holds_every_version(article: Simulated) -> None:
    whole = (taken("db", ""),)
    assert compared(article, whole, listed("db", ""), listed("db", "2")) == ((), ())
    assert compared(article, whole) == ((("", "kv-a/db"),), ())


def test_candidates_cover_the_version_that_the_log_does_not_say(article: Simulated) -> None:
    assert compared(article, (taken("db"),), listed("db", "", candidates=("0", "1"))) == ((), ())
    assert compared(article, (taken("db"),), listed("db", "", candidates=("0",))) == (
        (("", "kv-a/db/1"),),
        ("kv-a/db",),
    )
