"""Two tenants on one switch: what they reach, what they read, and what a restart changes.

Real Open vSwitch, real hosts, `ryu.app.simple_switch_13` as Ryu ships it, and `ovs-ofctl` as a
tenant's tool.
"""

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.live.lab import RYU_MANAGER, Lab, command, wait_for
from tests.live.sliced import LISTEN, flows, hosts_and_switch, slicer, tenant_flows

RED, BLUE = "tcp:127.0.0.1:7000", "tcp:127.0.0.1:7100"

DIALLED = f"""
listen: [{LISTEN}]
slices:
  red: {{controllers: [tcp:127.0.0.1:6653]}}
  blue: {{controllers: [tcp:127.0.0.1:6654]}}
flowspace:
  - {{slice: red, priority: 10, ports: [1, 2]}}
  - {{slice: blue, priority: 10, ports: [3-4]}}
"""
LISTENED = DIALLED.replace("tcp:127.0.0.1:6653", "ptcp:7000").replace(
    "tcp:127.0.0.1:6654", "ptcp:7100"
)


@pytest.mark.parametrize("where", ["root", "elsewhere", "config-file"])
def test_simple_switch_13_serves_two_slices_unchanged(lab: Lab, where: str) -> None:
    hosts_and_switch(lab)
    for name, port in (("red", 6653), ("blue", 6654)):
        app = "ryu.app.simple_switch_13"
        lab.start_ryu(name, "--ofp-tcp-listen-port", str(port), app)
    path = lab.folder / "slicer.yaml"
    path.write_text(DIALLED)
    lab.bridges["s1"].connect(LISTEN)
    if where == "root":
        process = lab.start_ryu("slicer", "slicer", SLICER_POLICY=str(path))
    elif where == "elsewhere":
        process = lab.start_ryu("slicer", "slicer", folder=lab.folder)
    else:
        config = lab.folder / "slicer.conf"
        config.write_text(f"[slicer]\npolicy = {path}\n")
        process = lab.start_ryu("slicer", "--config-file", str(config), "slicer", folder=Path("/"))
    for name in ("red", "blue"):
        process.wait_for_log(f"^{name} on datapath 0000000000000001 .*: connected", timeout=20)
        wait_for(
            lambda: (
                "CONTROLLER" in lab.bridges["s1"].ofctl("dump-flows")
                or "controller" in lab.bridges["s1"].ofctl("dump-flows")
            ),
            "table-miss flow",
        )
    h = lab.hosts
    wait_for(lambda: h["h1"].ping(h["h2"].ip, 1) == 1, "reply within red")
    wait_for(lambda: h["h3"].ping(h["h4"].ip, 1) == 1, "reply within blue")
    assert h["h1"].ping(h["h2"].ip, 5) == 5
    assert h["h3"].ping(h["h4"].ip, 5) == 5
    assert h["h1"].ping(h["h3"].ip, 3) == 0
    assert h["h4"].ping(h["h2"].ip, 3) == 0
    assert process.stop() == 0
    assert "Traceback" not in process.log


def test_slicer_run_is_the_same_and_ends_at_ctrl_c(lab: Lab) -> None:
    hosts_and_switch(lab)
    path = lab.folder / "policy.yaml"
    path.write_text(LISTENED)
    program = str(Path(RYU_MANAGER).parent / "slicer")
    process = lab.start([program, "run", str(path)], "slicer")
    process.wait_for_log("listening at tcp")
    lab.bridges["s1"].connect(LISTEN)
    process.wait_for_log("listening at ptcp:7000:127.0.0.1 for red")
    command("ovs-ofctl", "-O", "OpenFlow13", "add-flow", RED, "in_port=1,actions=output:2")
    before = flows(lab.bridges["s1"].ofctl("dump-flows"))
    process.send(signal.SIGINT)
    assert process.wait() == 0
    assert "Traceback" not in process.log
    assert flows(lab.bridges["s1"].ofctl("dump-flows")) == before


def test_a_tenant_reads_its_flows_as_it_wrote_them(lab: Lab) -> None:
    hosts_and_switch(lab)
    slicer(lab, LISTENED)
    written = [
        "cookie=0x99, idle_timeout=60, priority=7,ip,nw_dst=10.0.0.1 "
        "actions=set_field:02:00:00:00:00:01->eth_dst,output:2,goto_table:3",
        "cookie=0x0, table=3, priority=65535 "
        "actions=write_actions(output:1),write_metadata:0xffffffffffffffff",
        "cookie=0xffffffffffffffff, table=4, priority=0,metadata=0x5/0xf actions=FLOOD,IN_PORT",
        "cookie=0x0, table=250, priority=0 actions=CONTROLLER:128",
    ]
    file = lab.folder / "flows"
    file.write_text("\n".join(line.replace(" actions", ",actions", 1) for line in written))
    command("ovs-ofctl", "-O", "OpenFlow13", "add-flows", RED, str(file))
    read = tenant_flows(RED)
    expected = [re.sub(r"^(cookie=\w+,) (?!table)", r"\1 table=0, ", line) for line in written]
    assert read == sorted(expected)
    assert tenant_flows(BLUE) == []
    on_switch = lab.bridges["s1"].ofctl("dump-flows").splitlines()
    others = [line for line in on_switch if "actions=" in line and "cookie=0x51ce" not in line]
    assert len(others) == len(written)
    assert all("reg0=0x1" in line for line in others)


def test_killing_the_slicer_loses_no_packet_and_a_restart_changes_nothing(lab: Lab) -> None:
    hosts_and_switch(lab)
    first = slicer(lab, LISTENED)
    for rule in ("in_port=1,actions=output:2", "in_port=2,actions=output:1"):
        command("ovs-ofctl", "-O", "OpenFlow13", "add-flow", RED, rule)
    h1, h2 = lab.hosts["h1"], lab.hosts["h2"]
    assert h1.ping(h2.ip, 3) == 3
    flood = h1.popen(f"ping -n -q -i 0.002 -c 3000 {h2.ip}", "flood")
    wait_for(lambda: "reg0" in lab.bridges["s1"].ofctl("dump-flows"), "tagged flows")
    first.kill()
    before = flows(lab.bridges["s1"].ofctl("dump-flows"))
    second = slicer(lab, LISTENED, "slicer-again")
    found = second.wait_for_log(r"(\d+) of the slicer's flows and groups kept, (\d+) added, (\d+) ")
    assert int(found[1]) > 0
    assert (found[2], found[3]) == ("0", "0")
    assert flows(lab.bridges["s1"].ofctl("dump-flows")) == before
    flood.wait(timeout=30)
    assert "3000 packets transmitted, 3000 received, 0% packet loss" in flood.log
    wait_for(lambda: len(tenant_flows(RED)) == 2, "tenant's tool being answered again")


def test_flows_that_somebody_else_removes_are_mended(lab: Lab) -> None:
    hosts_and_switch(lab)
    process = slicer(lab, LISTENED)
    before = flows(lab.bridges["s1"].ofctl("dump-flows"))
    command("ovs-ofctl", "-O", "OpenFlow13", "del-flows", "s1")
    process.wait_for_log("somebody removed a flow of the slicer's")
    wait_for(lambda: flows(lab.bridges["s1"].ofctl("dump-flows")) == before, "mended switch")


def test_a_foreign_flow_is_left_alone_and_reported(lab: Lab) -> None:
    hosts_and_switch(lab)
    lab.bridges["s1"].connect(LISTEN)  # which empties the tables
    lab.bridges["s1"].ofctl("add-flow", "table=0,priority=65001,dl_type=0x9999,actions=drop")
    process = slicer(lab, LISTENED)
    process.wait_for_log("not the slicer's is left alone: table 0, priority 65001")
    assert "dl_type=0x9999" in lab.bridges["s1"].ofctl("dump-flows")


def test_port_counters_are_the_tenants_own(lab: Lab) -> None:
    hosts_and_switch(lab)
    slicer(lab, LISTENED)
    rules = lab.folder / "rules"
    rules.write_text("in_port=1,actions=output:2\nin_port=2,actions=output:1\n")
    command("ovs-ofctl", "-O", "OpenFlow13", "add-flows", RED, str(rules))
    assert lab.hosts["h1"].ping(lab.hosts["h2"].ip, 4) == 4
    lab.hosts["h3"].ping(lab.hosts["h4"].ip, 3)

    def counters(tool: str) -> dict[str, tuple[int, int]]:
        dump = command("ovs-ofctl", "-O", "OpenFlow13", "dump-ports", tool)
        found = re.findall(r"port +(\S+): rx pkts=(\d+),.*\n +tx pkts=(\d+),", dump)
        return {port: (int(received), int(sent)) for port, received, sent in found}

    def settled() -> bool:
        return counters(RED).get("1", (0, 0))[0] >= 5

    wait_for(settled, "ARP and four echo requests counted at port 1")
    red = counters(RED)
    assert set(red) == {"1", "2"}
    assert red["1"] == red["2"]
    assert red["1"][0] == red["1"][1] >= 5
    blue = counters(BLUE)
    assert set(blue) == {"3", "4"}
    assert blue["4"] == (0, 0)


def test_a_bad_policy_is_refused_whole(lab: Lab) -> None:
    path = lab.folder / "policy.yaml"
    path.write_text(DIALLED.replace("slice: blue", "slice: green").replace("priority: 10", "x: 1"))
    process = lab.start_ryu("slicer", "slicer", SLICER_POLICY=str(path))
    assert process.wait() == 2
    assert "policy.yaml:8:" in process.log
    assert "found 'green'" in process.log
    assert "Traceback" not in process.log
    check = lab.start([sys.executable, "-m", "slicer.cli", "check", str(path)], "check")
    assert check.wait() == 2
