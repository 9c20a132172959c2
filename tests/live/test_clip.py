"""Slices on switches that speak only OpenFlow 1.0: Open vSwitch restricted to it, real hosts, and
Ryu's own applications for that version.
"""

import re
import sys

import pytest

from tests.live import probes
from tests.live.lab import Bridge, Host, Lab, command, wait_for
from tests.live.sliced import LISTEN, flows, hosts_and_switch, slicer
from tests.live.test_discovery import links

RED, BLUE = "tcp:127.0.0.1:7000", "tcp:127.0.0.1:7100"
BY_PORTS = f"""
listen: [{LISTEN}]
slices:
  red: {{controllers: [CONTROLLER_OF_RED]}}
  blue: {{controllers: [CONTROLLER_OF_BLUE]}}
flowspace:
  - {{slice: red, priority: 10, ports: [1, 2]}}
  - {{slice: blue, priority: 10, ports: [3-4]}}
"""
BY_TRAFFIC = f"""
listen: [{LISTEN}]
slices:
  video: {{controllers: [ptcp:7000]}}
  office: {{controllers: [ptcp:7100]}}
flowspace:
  - {{slice: video, priority: 100, match: {{eth_type: ipv4, ip_proto: udp, udp_dst: 9999}}}}
  - {{slice: video, priority: 100, match: {{eth_type: ipv4, ip_proto: udp, udp_src: 9999}}}}
  - {{slice: office, priority: 1}}
"""


def dialled(policy: str) -> str:
    """The policy with controllers of both slices that the slicer dials."""
    red = policy.replace("CONTROLLER_OF_RED", "tcp:127.0.0.1:6653")
    return red.replace("CONTROLLER_OF_BLUE", "tcp:127.0.0.1:6654")


def listened(policy: str) -> str:
    """The policy with listening ports for both slices."""
    red = policy.replace("CONTROLLER_OF_RED", "ptcp:7000")
    return red.replace("CONTROLLER_OF_BLUE", "ptcp:7100")


def only_openflow_1_0(bridge: Bridge) -> None:
    """Have a bridge speak OpenFlow 1.0 and no other version."""
    bridge.set("protocols=OpenFlow10")


def ofctl(verb: str, target: str, *arguments: str) -> str:
    """ovs-ofctl in OpenFlow 1.0."""
    return command("ovs-ofctl", "-O", "OpenFlow10", verb, target, *arguments)


@pytest.fixture
def old(lab: Lab) -> Lab:
    """Four hosts at s1, which speaks only OpenFlow 1.0 and looks every packet up."""
    hosts_and_switch(lab)
    only_openflow_1_0(lab.bridges["s1"])
    lab.uncached()
    return lab


def test_simple_switch_of_openflow_1_0_serves_two_slices(old: Lab) -> None:
    for name, port in (("red", 6653), ("blue", 6654)):
        old.start_ryu(name, "--ofp-tcp-listen-port", str(port), "ryu.app.simple_switch")
    process = slicer(old, dialled(BY_PORTS))
    for name in ("red", "blue"):
        process.wait_for_log(f"^{name} on datapath 0000000000000001 .*: connected", timeout=20)
    h = old.hosts
    wait_for(lambda: h["h1"].ping(h["h2"].ip, 1) == 1, "reply within red")
    wait_for(lambda: h["h3"].ping(h["h4"].ip, 1) == 1, "reply within blue")
    assert h["h1"].ping(h["h2"].ip, 5) == 5
    assert h["h3"].ping(h["h4"].ip, 5) == 5
    assert h["h1"].ping(h["h3"].ip, 3) == 0
    assert h["h4"].ping(h["h2"].ip, 3) == 0
    pieces = [line for line in _dump(old) if "cookie=0x51ce5" in line]
    assert len(pieces) >= 4
    assert process.stop() == 0
    assert "Traceback" not in process.log


def _dump(lab: Lab) -> list[str]:
    return flows(lab.bridges["s1"].ofctl("dump-flows", version="OpenFlow10"))


def test_a_tenant_reads_its_flows_as_it_wrote_them(old: Lab) -> None:
    slicer(old, BY_TRAFFIC)
    written = [
        "cookie=0x99, priority=7,ip,nw_dst=10.0.0.1 actions=mod_dl_dst:02:00:00:00:00:01,output:2",
        "cookie=0x0, priority=65535,arp,arp_tpa=10.0.0.0/24 actions=FLOOD",
        "cookie=0x0, priority=1,in_port=1,dl_vlan=100 actions=strip_vlan,output:3",
        "cookie=0xffffffffffffffff, priority=0 actions=drop",
    ]
    file = old.folder / "flows"
    file.write_text("\n".join(line.replace(" actions", ",actions", 1) for line in written))
    ofctl("add-flows", BLUE, str(file))
    read = [line.replace(" table=0,", "") for line in flows(ofctl("dump-flows", BLUE))]
    assert [re.sub(r",? idle_age=\d+,?", ",", line) for line in read] == sorted(written)
    assert flows(ofctl("dump-flows", RED)) == []
    ofctl("del-flows", BLUE, "ip")
    assert len(flows(ofctl("dump-flows", BLUE))) == 3


def test_a_slice_of_everything_else_does_not_see_what_lies_above_it(old: Lab) -> None:
    process = slicer(old, BY_TRAFFIC)
    ofctl("add-flow", BLUE, "priority=40000,actions=FLOOD")
    h1, h2 = old.hosts["h1"], old.hosts["h2"]
    for port in (80, 9999):
        h2.popen([sys.executable, probes.__file__, "answer", str(port)], f"answer-{port}")
        old.processes[f"answer-{port}"].wait_for_log("ready")
    assert h1.ping(h2.ip, 3) == 3
    assert _answers(h1, h2, 9999) == 0
    assert _answers(h1, h2, 80) == 3
    ofctl("add-flow", RED, "priority=1,in_port=1,actions=output:2")
    ofctl("add-flow", RED, "priority=1,in_port=2,actions=output:1")
    assert _answers(h1, h2, 9999) == 3
    assert "Traceback" not in process.log


def _answers(one: Host, other: Host, port: int) -> int:
    """How many of three UDP datagrams are answered."""
    asked = one.run([sys.executable, probes.__file__, "ask", other.ip, str(port), "3"])
    found = re.search(r"answered (\d) of 3", asked.stdout)
    assert found is not None, asked
    return int(found[1])


def test_a_restart_keeps_the_guards_and_removes_what_tenants_had(old: Lab) -> None:
    first = slicer(old, BY_TRAFFIC)
    ofctl("add-flow", BLUE, "actions=FLOOD")
    first.kill()
    before = _dump(old)
    second = slicer(old, BY_TRAFFIC, "slicer-again")
    second.wait_for_log(r"flows and groups kept, 0 added, 0 removed, 1 flows of former slices")
    assert _dump(old) == [line for line in before if "cookie=0x51ce5" not in line]


def test_flood_follows_the_ports(old: Lab) -> None:
    slicer(old, listened(BY_PORTS).replace("[1, 2]", "[1, 2, 5]"))
    ofctl("add-flow", RED, "actions=FLOOD")
    old.host("h5", "s1", 5, "10.0.0.5/24")
    wait_for(lambda: old.hosts["h1"].ping("10.0.0.5", 1) == 1, "reply by the new port")
    assert "output:5" in "".join(_dump(old))


def test_lldp_finds_each_tenants_links(lab: Lab) -> None:
    for dpid in (1, 2):
        only_openflow_1_0(lab.bridge(f"s{dpid}", dpid))
    lab.link("s1", 3, "s2", 3)
    lab.link("s1", 4, "s2", 4)
    policy = dialled(BY_PORTS).replace("[1, 2]", "[1, 3]").replace("[3-4]", "[2, 4]")
    path = lab.folder / "slicer.yaml"
    path.write_text(policy)
    process = lab.start_ryu("slicer", "slicer", SLICER_POLICY=str(path))
    process.wait_for_log("listening at tcp")
    for bridge in lab.bridges.values():
        bridge.connect(LISTEN)
    for name, port, api in (("red", 6653, 8081), ("blue", 6654, 8082)):
        options = ("--observe-links", "--ofp-tcp-listen-port", str(port), "--wsapi-port", str(api))
        lab.start_ryu(name, *options, "ryu.app.simple_switch", "ryu.app.rest_topology")

    def discovered() -> bool:
        try:
            return len(links(8081)) == len(links(8082)) == 2
        except OSError:
            return False

    wait_for(discovered, "links of both tenants", timeout=40)
    assert links(8081) == {(1, 3, 2, 3), (2, 3, 1, 3)}
    assert links(8082) == {(1, 4, 2, 4), (2, 4, 1, 4)}
    assert "Traceback" not in process.log


def test_a_match_that_cutting_leaves_without_a_wildcard_keeps_its_priority(old: Lab) -> None:
    slicer(old, listened(BY_PORTS).replace("[1, 2]", "[1]"))
    fields = (
        "tcp,dl_vlan=0xffff,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02,"
        "nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0,tp_src=1,tp_dst=2"
    )
    ofctl("add-flow", RED, f"priority=7,{fields},actions=output:1")
    (piece,) = (line for line in _dump(old) if "cookie=0x51ce5" in line)
    assert "priority=9,tcp,in_port=" in piece
    assert len(flows(ofctl("dump-flows", RED))) == 1
    ofctl("del-flows", RED, "--strict", f"priority=7,{fields}")
    assert not any("cookie=0x51ce5" in line for line in _dump(old))
