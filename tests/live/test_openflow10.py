"""OpenFlow 1.0 tenants on a 1.3 datapath of real Open vSwitch, beside tenants of 1.3.

`ryu.app.simple_switch` as Ryu ships it, and `ovs-ofctl` as a 1.0 tenant's tool.
"""

import re

from tests.live.lab import Lab, command, wait_for
from tests.live.sliced import LISTEN, flows, hosts_and_switch, slicer

RED = "tcp:127.0.0.1:7000"
POLICY = f"""
listen: [{LISTEN}]
slices:
  red: {{controllers: [ptcp:7000]}}
  blue: {{controllers: [tcp:127.0.0.1:6654]}}
flowspace:
  - {{slice: red, priority: 10, ports: [1, 2]}}
  - {{slice: blue, priority: 10, ports: [3-4]}}
"""
BOTH_DIALLED = POLICY.replace("ptcp:7000", "tcp:127.0.0.1:6653")


def ofctl(*arguments: str, version: str = "OpenFlow10") -> str:
    return command("ovs-ofctl", "-O", version, *arguments)


def test_a_1_0_and_a_1_3_switch_side_by_side(lab: Lab) -> None:
    hosts_and_switch(lab)
    red = lab.start_ryu("red", "--ofp-tcp-listen-port", "6653", "ryu.app.simple_switch")
    lab.start_ryu("blue", "--ofp-tcp-listen-port", "6654", "ryu.app.simple_switch_13")
    process = slicer(lab, BOTH_DIALLED)
    h = lab.hosts
    wait_for(lambda: h["h1"].ping(h["h2"].ip, 1) == 1, "reply within red")
    wait_for(lambda: h["h3"].ping(h["h4"].ip, 1) == 1, "reply within blue")
    assert h["h1"].ping(h["h2"].ip, 5) == 5
    assert h["h3"].ping(h["h4"].ip, 5) == 5
    assert h["h1"].ping(h["h3"].ip, 2) == 0
    assert h["h4"].ping(h["h2"].ip, 2) == 0
    seen = re.findall(r"^packet in 1 .* (\d+)$", red.log, re.MULTILINE)
    assert set(seen) <= {"1", "2"}, "red hears of its own ports alone"
    assert seen
    assert "Traceback" not in process.log
    assert "Traceback" not in red.log


def test_a_1_0_tenant_reads_its_flows_as_it_wrote_them(lab: Lab) -> None:
    hosts_and_switch(lab)
    slicer(lab, POLICY)
    written = [
        "cookie=0x0, priority=5,in_port=1 actions=mod_vlan_vid:5,mod_vlan_pcp:3,output:2",
        "cookie=0x7, idle_timeout=60, priority=6,ip,nw_src=10.0.0.0/8 "
        "actions=mod_nw_dst:10.0.0.9,mod_nw_tos:32,FLOOD",
        "cookie=0x0, priority=7 actions=mod_nw_src:10.0.0.9,mod_tp_dst:80,strip_vlan,output:1",
        "cookie=0x0, priority=8,udp,tp_dst=53 actions=mod_tp_src:54,CONTROLLER:65535,ALL",
        "cookie=0x0, priority=9,arp actions=drop",
    ]
    file = lab.folder / "flows"
    file.write_text("\n".join(line.replace(" actions", ",actions", 1) for line in written))
    ofctl("add-flows", RED, str(file))
    expected = [re.sub(r"priority", "table=0, priority", line) for line in written]
    expected[1] = expected[1].replace(" idle_timeout=60, table=0,", " table=0, idle_timeout=60,")
    assert flows(ofctl("dump-flows", RED)) == sorted(expected)
    ofctl("mod-flows", RED, "priority=9,arp,cookie=0x9,actions=output:2")
    ofctl("mod-flows", RED, "priority=4,icmp,actions=output:2")
    read = flows(ofctl("dump-flows", RED))
    assert "cookie=0x9, table=0, priority=9,arp actions=output:2" in read, (
        "1.0's modify gives the cookie"
    )
    assert "cookie=0x0, table=0, priority=4,icmp actions=output:2" in read, "1.0's modify adds"
    ofctl("del-flows", RED)
    assert flows(ofctl("dump-flows", RED)) == []


def test_what_1_0_asks_of_its_switch(lab: Lab) -> None:
    hosts_and_switch(lab)
    slicer(lab, POLICY)
    shown = ofctl("show", RED)
    assert re.findall(r"^ (\d+|LOCAL)\(", shown, re.MULTILINE) == ["1", "2"]
    ofctl("mod-port", RED, "1", "no-flood")
    assert "NO_FLOOD" in ofctl("show", RED)
    assert "NO_FLOOD" not in ofctl("show", RED, version="OpenFlow13")
    assert re.findall(r"port +(\d+)", ofctl("dump-ports", RED)) == ["1", "2"]
    assert "active=0" in ofctl("dump-tables", RED)
    assert "flow_count=0" in ofctl("dump-aggregate", RED)


def test_rewrites_change_packets_that_have_the_field_and_leave_others(lab: Lab) -> None:
    hosts_and_switch(lab)
    slicer(lab, POLICY)
    h = lab.hosts
    ofctl("add-flow", RED, "in_port=1,actions=mod_tp_src:80,mod_nw_tos:32,output:2")
    ofctl("add-flow", RED, "in_port=2,actions=mod_vlan_vid:5,strip_vlan,output:1")
    assert h["h1"].ping(h["h2"].ip, 3) == 0, "tp_src is an echo request's type"
    ofctl("add-flow", RED, "in_port=1,actions=mod_nw_tos:32,output:2")
    assert h["h1"].ping(h["h2"].ip, 3) == 3
