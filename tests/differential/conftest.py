"""The two switches that every differential test compares, made once for a module; a profile that
holds more conversations with them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.differential.play import prepare
from tests.differential.switches import Side, two_sides
from tests.live.conftest import ovs  # noqa: F401  (a fixture)
from tests.live.lab import Lab

settings.register_profile("thorough", deadline=None, max_examples=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this folder as live."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="module")
def sides(ovs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:  # noqa: F811
    """(the switch that is reached directly, the one behind the slicer)"""
    with Lab(tmp_path_factory.mktemp("differential")) as lab, two_sides(lab) as both:
        for side in both:
            prepare(side)
        yield both
        log = lab.processes["slicer"].log
        assert "Traceback" not in log, log
