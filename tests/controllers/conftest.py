"""Real controllers, unmodified, each from its own package: marked `controllers`, and `live`."""

from pathlib import Path

import pytest

from tests.live.conftest import lab, ovs, pytest_runtest_makereport  # noqa: F401  (fixtures, a hook)

NOTE = "note"
"""The property in which a test leaves what there is to say of it in the summary."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.live)
            item.add_marker(pytest.mark.controllers)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each of the tests: what has been tried, how it went, how long it took."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        if report.when == "call" and "controllers" in report.keywords
    ]
    if not reports:
        return
    terminalreporter.section("real controllers")
    for report in sorted(reports, key=lambda each: each.nodeid):
        name = report.nodeid.partition("test_")[2].replace(".py::test_", ": ").replace("_", " ")
        terminalreporter.line(f"{report.outcome:6} {report.duration:4.0f} s  {name}")
        for key, value in report.user_properties:
            if key == NOTE:
                terminalreporter.line(f"                {value}")
