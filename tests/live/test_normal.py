"""NORMAL on real Open vSwitch: for a slice that owns everything, and no longer than it does."""

from tests.live.lab import Lab, command, wait_for
from tests.live.sliced import hosts_and_switch, slicer, tenant_flows
from tests.live.test_groups import ofctl

ALONE = """\
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [ptcp:7000]}
flowspace:
  - {slice: red, priority: 1}
"""
WITH_BLUE = """\
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [ptcp:7000]}
  blue: {controllers: [ptcp:7100]}
flowspace:
  - {slice: blue, priority: 2, ports: [4]}
  - {slice: red, priority: 1}
"""
RED = "tcp:127.0.0.1:7000"


def test_it_forwards_as_long_as_the_slice_owns_everything(lab: Lab) -> None:
    hosts_and_switch(lab)
    first = slicer(lab, ALONE)
    ofctl(RED, "add-flow", "actions=NORMAL")
    assert tenant_flows(RED) == ["cookie=0x0, table=0, actions=NORMAL"]
    h = lab.hosts
    assert h["h1"].ping(h["h4"].ip, 3) == 3
    first.kill()
    second = slicer(lab, WITH_BLUE, "with-blue")
    second.wait_for_log("listening at ptcp:7000")
    assert h["h1"].ping(h["h4"].ip, 2) == 0
    assert h["h1"].ping(h["h2"].ip, 2) == 0
    assert tenant_flows(RED) == ["cookie=0x0, table=0, actions=NORMAL"]
    refused = lab.start(["ovs-ofctl", "-O", "OpenFlow13", "add-flow", RED, "actions=NORMAL"], "no")
    assert refused.wait() == 1
    assert "OFPBAC_BAD_OUT_PORT" in refused.log
    second.kill()
    third = slicer(lab, ALONE, "alone-again")
    third.wait_for_log("listening at ptcp:7000")
    wait_for(lambda: h["h1"].ping(h["h4"].ip, 1) == 1, "a reply again")
    assert "NORMAL" in command("ovs-ofctl", "-O", "OpenFlow13", "dump-flows", "s1", "table=252")
