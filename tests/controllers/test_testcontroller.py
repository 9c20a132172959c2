"""`ovs-testcontroller`, as Debian packages it, on switches that another tenant shares."""

import pytest

from tests.controllers.packages import program
from tests.controllers.shared import RED_PORT, share
from tests.live.lab import Lab

HOW = {"learning": (), "hub": ("--hub",), "wildcards": ("--wildcards",)}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("version", ["1.0", "1.3"])
def test_forwarding(lab: Lab, version: str, how: str) -> None:
    shared = share(lab)
    option = f"OpenFlow{version.replace('.', '')}"
    controller = program("openvswitch-testcontroller", "ovs-testcontroller")
    lab.start(
        [str(controller), "-O", option, *HOW[how], f"ptcp:{RED_PORT}:127.0.0.1"], "testcontroller"
    )
    for one, other in (("r1", "r3"), ("r2", "r4"), ("r4", "r1")):
        shared.reach(one, other)
    shared.are_apart()
    assert ("FLOOD" in shared.ofctl("dump-flows")) == (how == "hub")
