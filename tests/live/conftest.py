"""Fixtures of the live tests: the sandbox they need, and a `lab` in it for each test."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from mininet_topos import sandbox
from tests.live.lab import Lab

HOW_TO_RUN = (
    "live tests need a private Open vSwitch: run scripts/test, or as root\n"
    "  .venv/bin/python -m mininet_topos.sandbox -- .venv/bin/python -m pytest tests/live"
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this folder as live."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.live)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the logs of the lab's processes with a failed test."""
    report = yield
    lab = getattr(item, "funcargs", {}).get("lab")
    if report.failed and isinstance(lab, Lab):
        for process in lab.processes.values():
            report.sections.append((f"log of {process.name}", process.log))
    return report


@pytest.fixture(scope="session")
def ovs() -> None:
    """The sandbox's own Open vSwitch; outside of a sandbox, fail."""
    if not sandbox.inside():
        pytest.fail(HOW_TO_RUN, pytrace=False)


@pytest.fixture
def lab(ovs: None, tmp_path: Path) -> Iterator[Lab]:
    """An empty lab, closed when the test ends."""
    with Lab(tmp_path) as lab:
        yield lab
