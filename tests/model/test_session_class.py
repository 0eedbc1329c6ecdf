"""Class names stand in reports and truth files: they do not change."""

from __future__ import annotations

from keywitness.model.session_class import SessionClass


def test_the_names_are_stable() -> None:
    assert [str(c) for c in SessionClass] == [
        "portal-browsing",
        "portal-show-secret",
        "portal-certificate-download",
        "azure-cli",
        "powershell",
        "sdk-application",
        "pipeline",
        "app-service-reference",
        "arm-deployment",
        "backup-or-scan",
        "dump-tool",
        "name-guessing",
        "denied-enumeration",
        "unknown",
    ]
