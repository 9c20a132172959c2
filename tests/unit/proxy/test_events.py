"""Events and commands: how endpoints read, and what tells them apart."""

from dataclasses import replace

import pytest

from slicer.proxy.events import ControllerEndpoint, DatapathEndpoint, Endpoint

DIALLED = ControllerEndpoint("red", 1, 0, "10.0.0.1", 6653, False)


@pytest.mark.parametrize(
    ("endpoint", "text"),
    [
        (DatapathEndpoint("127.0.0.1", 6633), "tcp:127.0.0.1:6633"),
        (DatapathEndpoint("::1", 6633), "tcp:[::1]:6633"),
        (DIALLED, "tcp:10.0.0.1:6653"),
        (replace(DIALLED, host="fe80::1"), "tcp:[fe80::1]:6653"),
        (replace(DIALLED, passive=True), "ptcp:6653:10.0.0.1"),
        (replace(DIALLED, passive=True, host="::"), "ptcp:6653:[::]"),
    ],
)
def test_an_endpoint_reads_as_the_policy_spells_it(endpoint: Endpoint, text: str) -> None:
    assert str(endpoint) == text


@pytest.mark.parametrize("change", [{"slice": "blue"}, {"dpid": 2}, {"index": 1}])
def test_one_address_may_serve_several_slivers(change: dict[str, object]) -> None:
    other = replace(DIALLED, **change)  # type: ignore[arg-type]
    assert len({DIALLED, other, replace(DIALLED)}) == 2
    assert str(other) == str(DIALLED)
