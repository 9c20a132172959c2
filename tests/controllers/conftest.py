"""Real controllers, unmodified, each from its own package: marked `controllers`, and `live`."""

from pathlib import Path

import pytest

from tests.live.conftest import lab, ovs, pytest_runtest_makereport  # noqa: F401  (fixtures, a hook)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this folder."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.live)
            item.add_marker(pytest.mark.controllers)
