"""A slice's limit of packet-ins, held by the switch: a storm reaches neither slicer nor tenant."""

import re
import time

from tests.live.lab import Lab, command, wait_for
from tests.live.sliced import LISTEN, hosts_and_switch, slicer, tenant_flows

LIMIT = 20
POLICY = f"""
listen: [{LISTEN}]
slices:
  red: {{controllers: [ptcp:7000], limits: {{packet_ins_per_second: {LIMIT}}}}}
  blue: {{controllers: [ptcp:7100]}}
flowspace:
  - {{slice: red, priority: 10, ports: [1, 2]}}
  - {{slice: blue, priority: 10, ports: [3-4]}}
"""
RED, BLUE = "tcp:127.0.0.1:7000", "tcp:127.0.0.1:7100"
BLAST = """
import socket, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); s.bind(("eth0", 0))
end = time.monotonic() + 4
while time.monotonic() < end:
    s.send(b"\\xff" * 6 + bytes.fromhex("020000010001") + b"\\x12\\x34" + bytes(50))
    time.sleep(0.0005)
"""


def heard(lab: Lab, tool: str, actions: str) -> int:
    """How many packet-ins a tenant hears of a storm of four seconds."""
    number = 1 if tool == RED else 3
    command("ovs-ofctl", "-O", "OpenFlow13", "del-flows", tool)
    command("ovs-ofctl", "-O", "OpenFlow13", "del-groups", tool)
    if "group" in actions:
        group = "group_id=1,type=all,bucket=output:controller"
        command("ovs-ofctl", "-O", "OpenFlow13", "add-group", tool, group)
    command("ovs-ofctl", "-O", "OpenFlow13", "add-flow", tool, f"actions={actions}")
    name = f"monitor {tool} {actions}"
    monitor = lab.start(["ovs-ofctl", "-O", "OpenFlow13", "monitor", tool, "65535"], name)
    time.sleep(1)
    lab.hosts[f"h{number}"].run(["python3", "-c", BLAST], timeout=20)
    time.sleep(0.5)
    monitor.kill()
    return len(re.findall("OFPT_PACKET_IN", monitor.log))


def test_a_storm_is_cut_to_the_limit_however_it_asks_for_the_controller(lab: Lab) -> None:
    hosts_and_switch(lab)
    slicer(lab, POLICY)
    most = LIMIT + LIMIT * 4 + LIMIT
    for actions in ("output:controller", "write_actions(output:controller)", "group:1"):
        count = heard(lab, RED, actions)
        assert LIMIT * 3 < count <= most, f"{actions}: {count} packet-ins"
        assert heard(lab, BLUE, actions) > 5 * most


def test_a_tenant_reads_its_flow_as_it_wrote_it_and_lldp_has_a_meter(lab: Lab) -> None:
    hosts_and_switch(lab)
    slicer(lab, POLICY)
    command("ovs-ofctl", "-O", "OpenFlow13", "add-flow", RED, "actions=output:2,controller")
    command(
        *("ovs-ofctl", "-O", "OpenFlow13", "add-flow", RED),
        "table=1,actions=write_actions(output:controller)",
    )
    assert tenant_flows(RED) == [
        "cookie=0x0, table=0, actions=output:2,CONTROLLER:65535",
        "cookie=0x0, table=1, actions=write_actions(CONTROLLER:65535)",
    ]
    lldp = "import socket, time\ns = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)\n"
    lldp += "s.bind(('eth0', 0))\nf = bytes.fromhex('0180c200000e02000001000188cc') + bytes(60)\n"
    lldp += "for i in range(3000):\n s.send(f)\n if i % 10 == 0: time.sleep(0.002)\n"
    lab.hosts["h1"].run(["python3", "-c", lldp], timeout=20)

    def dropped() -> bool:
        stats = lab.bridges["s1"].ofctl("meter-stats", "meter=229377")
        found = re.search(r"0: packet_count:(\d+)", stats)
        return found is not None and int(found[1]) > 2000

    wait_for(dropped, "LLDP dropped by the port's meter")
    other = lab.bridges["s1"].ofctl("meter-stats", "meter=229378")
    assert re.search(r"0: packet_count:0\b", other)
