"""Two workers on real switches: what they share, and what the end of one costs."""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.live.lab import Lab, Process, command, wait_for
from tests.live.sliced import LISTEN
from tests.live.test_discovery import links

POLICY = f"""
listen: [{LISTEN}]
slices:
  red: {{controllers: [tcp:127.0.0.1:6653]}}
  blue: {{controllers: [ptcp:7000]}}
flowspace:
  - {{slice: red, priority: 1, ports: [1, 3]}}
  - {{slice: blue, priority: 1, ports: [5, 6]}}
"""
LINKS = {(1, 3, 2, 3), (2, 3, 1, 3)}


def start(lab: Lab, *options: str) -> Process:
    """`slicer run` by two workers."""
    path = lab.folder / "policy.yaml"
    path.write_text(POLICY)
    arguments = [sys.executable, "-m", "slicer.cli", "run", str(path), *options]
    process = lab.start(arguments, "slicer")
    process.wait_for_log("worker 2 of 2 is process", timeout=60)
    return process


def pids(process: Process) -> dict[int, int]:
    """The workers' processes; of those that had one number, the last."""
    found = re.findall(r"worker (\d) of 2 is process (\d+)", process.log)
    return {int(number): int(pid) for number, pid in found}


def connect(lab: Lab, process: Process, name: str, dpid: int) -> int:
    """Connect a bridge; returns the number of the worker that has set it up."""
    lab.bridges[name].connect(LISTEN)
    return int(process.wait_for_log(rf"worker (\d): datapath {dpid:016x}: 0 of the slicer's")[1])


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.timeout(180)
def test_two_workers_serve_one_network_and_one_that_is_killed_costs_no_packet(lab: Lab) -> None:
    for dpid in (1, 2):
        lab.bridge(f"s{dpid}", dpid)
        lab.host(f"r{dpid}", f"s{dpid}", 1, f"10.0.0.{dpid}/24")
        for port in (5, 6):
            lab.host(f"b{dpid}{port}", f"s{dpid}", port, f"10.0.0.{dpid}{port}/24")
    lab.link("s1", 3, "s2", 3)
    options = ("--observe-links", "--ofp-tcp-listen-port", "6653", "--wsapi-port", "8081")
    lab.start_ryu("red", *options, "ryu.app.rest_topology", "ryu.app.simple_switch_13")
    config = lab.folder / "slicer.conf"
    config.write_text("[slicer]\nworkers = 2\naudit_interval = 5\n")
    process = start(lab, "--config-file", str(config))
    workers = {dpid: connect(lab, process, f"s{dpid}", dpid) for dpid in (1, 2)}
    assert set(workers.values()) == {1, 2}, "one datapath each"

    # A tenant that is dialled: its controller sees one network, and the link between the workers.
    def discovered() -> bool:
        try:
            return links(8081) == LINKS
        except OSError:
            return False

    wait_for(discovered, "link between datapaths of two workers", timeout=40)
    hosts = lab.hosts
    wait_for(lambda: hosts["r1"].ping(hosts["r2"].ip, 1) == 1, "reply over both datapaths", 20)

    # A tenant that connects: each of its ports is listened at by the worker of that datapath.
    for dpid in (1, 2):
        process.wait_for_log(rf"worker {workers[dpid]}: listening at ptcp:{6999 + dpid}:")
        tool = f"tcp:127.0.0.1:{6999 + dpid}"
        for rule in ("in_port=5,actions=output:6", "in_port=6,actions=output:5"):
            command("ovs-ofctl", "-O", "OpenFlow13", "add-flow", tool, rule)
    assert hosts["r1"].ping(hosts["b15"].ip, 1) == 0

    pairs = (("r1", "r2"), ("b15", "b16"), ("b25", "b26"))
    floods = [
        hosts[one].popen(f"ping -n -q -i 0.01 -c 800 {hosts[other].ip}", f"flood-{one}")
        for one, other in pairs
    ]
    before = pids(process)
    os.kill(before[workers[1]], signal.SIGKILL)
    again = rf"worker {workers[1]} has ended: killed by SIGKILL(?s:.*)datapath 0000000000000001: "
    process.wait_for_log(again + r"\d+ of the slicer's flows and groups kept, 0 added, 0 removed")
    for flood in floods:
        flood.wait(timeout=60)
        assert "800 packets transmitted, 800 received, 0% packet loss" in flood.log
    assert pids(process)[workers[2]] == before[workers[2]]
    assert f"worker {workers[2]}: datapath 0000000000000002: disconnected" not in process.log
    assert hosts["r1"].ping(hosts["r2"].ip, 3) == 3

    everybody = [process.popen.pid, *before.values(), *pids(process).values()]
    began = time.monotonic()
    assert process.stop() == 0
    assert time.monotonic() - began < 8
    wait_for(lambda: not any(map(is_running, everybody)), "end of all processes")
    assert hosts["b25"].ping(hosts["b26"].ip, 3) == 3
    assert "Traceback" not in process.log


def test_a_dpid_that_is_there_twice_has_one_holder_among_the_workers(lab: Lab) -> None:
    for name in ("s1", "s9"):
        lab.bridge(name, 1)
        lab.host(f"h{name}", name, 1, "10.0.0.1/24", mac=f"02:00:00:00:00:0{name[1]}")
    process = start(lab, "--workers", "2")
    first = connect(lab, process, "s1", 1)
    second = 3 - first
    lab.bridges["s9"].connect(LISTEN)
    process.wait_for_log(f"worker {first}: .*0001.* has connected from .* asking there")
    process.wait_for_log(f"worker {second}: .*0001.* refused: its dpid is connected from .*, alive")
    assert f"worker {first}: datapath 0000000000000001: disconnected" not in process.log
    assert not re.search("cookie=0x51ce", lab.bridges["s9"].ofctl("dump-flows"))
    lab.bridges["s1"].connect()
    process.wait_for_log("datapath 0000000000000001: disconnected")
    process.wait_for_log("(?s)disconnected.*datapath 0000000000000001: 0 of the slicer's", 30)
    assert re.search("cookie=0x51ce", lab.bridges["s9"].ofctl("dump-flows"))
    assert process.stop() == 0
