"""A tenant's port-mods, which hold for its sliver and for nobody else's."""

import pytest

from tests.live.lab import Lab, command, wait_for
from tests.live.sliced import LISTEN, hosts_and_switch, slicer

RED, BLUE = "tcp:127.0.0.1:7000", "tcp:127.0.0.1:7100"
POLICY = f"""
listen: [{LISTEN}]
slices:
  red: {{controllers: [ptcp:7000]}}
  blue: {{controllers: [ptcp:7100]}}
flowspace:
  - {{slice: red, priority: 10, match: {{eth_type: ipv4, ip_proto: icmp}}}}
  - {{slice: blue, priority: 1}}
"""


def ofctl(tool: str, verb: str, *arguments: str) -> str:
    """What a tenant's ovs-ofctl says; it must succeed."""
    return command("ovs-ofctl", "-O", "OpenFlow13", verb, tool, *arguments)


@pytest.mark.parametrize("action", ["down", "no-forward", "no-receive"])
def test_a_port_that_one_tenant_shuts_works_for_the_other(lab: Lab, action: str) -> None:
    hosts_and_switch(lab)
    lab.uncached()
    first = slicer(lab, POLICY)
    for tool in (RED, BLUE):
        ofctl(tool, "add-flow", "actions=FLOOD")
    h1, h2 = lab.hosts["h1"], lab.hosts["h2"]
    assert h1.ping(h2.ip, 3) == 3
    ofctl(RED, "mod-port", "2", action)
    assert h1.ping(h2.ip, 2) == 0
    # ARP is blue's, and still goes both ways.
    h1.run(["ip", "neighbour", "flush", "dev", "eth0"])
    h1.ping(h2.ip, 1)
    assert h2.mac in h1.run(["ip", "neighbour", "show"]).stdout
    shown = {"down": "PORT_DOWN", "no-forward": "NO_FWD", "no-receive": "NO_RECV"}[action]
    assert shown in ofctl(RED, "show").split(" 2(")[1].split(" 3(")[0]
    assert shown not in ofctl(BLUE, "show").split(" 2(")[1].split(" 3(")[0]
    first.kill()
    slicer(lab, POLICY, "slicer-again").wait_for_log("listening at ptcp:7000")
    wait_for(lambda: shown in ofctl(RED, "show"), "configuration after a restart")
    assert h1.ping(h2.ip, 2) == 0
    ofctl(RED, "mod-port", "2", {"down": "up"}.get(action, action.removeprefix("no-")))
    assert h1.ping(h2.ip, 3) == 3
