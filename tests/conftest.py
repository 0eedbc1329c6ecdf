"""What holds for all tests, and what a run says at its end beside its verdicts."""

from __future__ import annotations

import pytest
from hypothesis import settings

# A busy machine is no fault of the code: time is measured in benchmarks, not by a deadline of 200 ms per example.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests recorded with `record_property`."""
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    figures = [pair for report in reports for pair in report.user_properties if report.when == "call"]
    if figures:
        terminalreporter.section("figures")
        for name, value in figures:
            terminalreporter.write_line(f"{name}: {value}")
