"""Product data: functions that a query calls stand in front of it, those they call first."""

from __future__ import annotations

from keywitness.model.content import function_names, functions_of, with_functions


def test_a_query_without_functions_stays_as_it_is() -> None:
    assert with_functions("AzureDiagnostics | take 1") == "AzureDiagnostics | take 1"
    assert functions_of("print strcat('KeyVaultEvents')") == ""


def test_functions_come_after_those_they_call() -> None:
    text = functions_of("AccessGrants() | take 1")
    order = [text.index(f"let {name} =") for name in ("KeyVaultEvents", "ActivityActs", "AccessGrants")]
    assert order == sorted(order)
    assert text.count("let KeyVaultEvents =") == 1


def test_remarks_stay_in_the_file() -> None:
    assert "//" not in functions_of("KeyVaultEvents()").replace("https://", "").replace("?://", "")
    assert "CertificateExports" in function_names()
