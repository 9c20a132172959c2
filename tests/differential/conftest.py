"""The two switches that every differential test compares, made once for a module; a profile that
holds more conversations with them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import settings

from slicer.openflow.dialect import Dialect
from slicer.openflow.v10 import V10
from tests.differential.play import prepare
from tests.differential.switches import BESIDE, POLICY, Side, two_sides
from tests.live.conftest import ovs  # noqa: F401  (a fixture)
from tests.live.lab import Lab

settings.register_profile("thorough", deadline=None, derandomize=False, max_examples=10_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test in this folder as live."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.live)


@pytest.fixture(scope="module")
def sides(ovs: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Side, Side]]:  # noqa: F811
    """(the switch that is reached directly, the one behind the slicer)"""
    with prepared(tmp_path_factory.mktemp("differential")) as both:
        yield both


@pytest.fixture(scope="module", params=[POLICY, BESIDE], ids=["alone", "beside another"])
def clipped(
    ovs: None,  # noqa: F811
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Side, Side]]:
    """Likewise, of switches that speak only OpenFlow 1.0."""
    with prepared(tmp_path_factory.mktemp("clipped"), V10, request.param) as both:
        yield both


@contextmanager
def prepared(
    folder: Path, spoken: Dialect | None = None, slices: str = POLICY
) -> Iterator[tuple[Side, Side]]:
    """Both sides; at the end the slicer's log has no fault in it."""
    with Lab(folder) as lab, two_sides(lab, spoken=spoken, slices=slices) as both:
        for side in both:
            prepare(side)
        yield both
        log = lab.processes["slicer"].log
        assert "Traceback" not in log, log
