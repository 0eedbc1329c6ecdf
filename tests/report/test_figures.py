import msgspec

from keywitness.report.figures import by_severity, evidence_sum, figures


def test_the_figures_of_the_sample(sample):
    found = figures(sample.document())
    assert found.severities == (("high", 4), ("medium", 2), ("low", 1))
    assert (found.versions_read, found.versions_suspicious, found.private_keys) == (17, 8, 1)
    assert [item.name for item in found.rotate_now][:2] == ["BreakGlassAccountTenant", "graph-automation"]
    assert (found.silent_spans, found.vaults_silent, found.silent_seconds) == (2, 2, (15 + 90) * 3600)
    assert [table.table for table in found.tables_missing] == [
        "AADServicePrincipalSignInLogs",
        "MicrosoftGraphActivityLogs",
    ]
    assert (found.rules_ran, [rule.status for rule in found.rules_not_run]) == (9, ["not run", "failed"])


def test_the_sum_accounts_for_every_record(sample):
    total = evidence_sum(sample.document().coverage.evidence)
    assert (total.files, total.read, total.stored, total.duplicate, total.rejected) == (4, 103_876, 102_942, 932, 2)
    assert total.adds_up
    first, *rest = sample.document().coverage.evidence
    assert not evidence_sum((msgspec.structs.replace(first, read=first.read + 1), *rest)).adds_up


def test_findings_are_sorted_by_severity_then_time(sample):
    findings = by_severity(sample.document().findings)
    assert [finding.severity for finding in findings] == ["high"] * 4 + ["medium"] * 2 + ["low"]
    assert [finding.first_at for finding in findings[:4]] == sorted(finding.first_at for finding in findings[:4])


def test_an_unknown_severity_is_kept_and_comes_last(sample):
    odd = msgspec.structs.replace(sample.document().findings[0], severity="<catastrophic>")
    document = msgspec.structs.replace(sample.document(), findings=(odd, *sample.document().findings[1:]))
    assert by_severity(document.findings)[-1] == odd
    assert figures(document).severities[-1] == ("<catastrophic>", 1)
