"""Topology discovery by two tenants at once, with Ryu's own `rest_topology --observe-links`.

Neither slice owns EtherType 0x88cc by its rules on every link, and red is not on s3 at all.
"""

import json
import urllib.request
from functools import partial
from typing import Any

import pytest

from tests.live.lab import Lab, command, connections, wait_for
from tests.live.sliced import LISTEN

POLICY = f"""
listen: [{LISTEN}]
datapaths: {{s1: {{dpid: 1}}, s2: {{dpid: 2}}, s3: {{dpid: 3}}}}
slices:
  red: {{controllers: [tcp:127.0.0.1:6653]}}
  blue: {{controllers: [tcp:127.0.0.1:6654]}}
flowspace:
  - {{slice: red, priority: 9, datapaths: [s1, s2], match: {{eth_type: ipv4, ip_proto: udp}}}}
  - {{slice: blue, priority: 1, match: {{eth_type: ipv4}}}}
"""
RED_LINKS = {(1, 3, 2, 3), (2, 3, 1, 3)}
BLUE_LINKS = RED_LINKS | {(2, 4, 3, 4), (3, 4, 2, 4)}


def asked(port: int, what: str) -> Any:
    """What a tenant's REST interface says."""
    url = f"http://127.0.0.1:{port}/v1.0/topology/{what}"
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


Link = tuple[int, int, int, int]


def links(port: int) -> set[Link]:
    """(dpid, port, dpid, port) of each link that a tenant has discovered."""

    def end(link: Any, name: str) -> tuple[int, int]:
        return int(link[name]["dpid"], 16), int(link[name]["port_no"], 16)

    return {(*end(link, "src"), *end(link, "dst")) for link in asked(port, "links")}


def switches(port: int) -> set[int]:
    """The dpids that a tenant sees."""
    return {int(each["dpid"], 16) for each in asked(port, "switches")}


def test_each_tenant_discovers_its_own_links_and_no_others(lab: Lab) -> None:
    for dpid in (1, 2, 3):
        lab.bridge(f"s{dpid}", dpid)
        lab.host(f"h{dpid}", f"s{dpid}", 1, f"10.0.0.{dpid}/24")
    lab.link("s1", 3, "s2", 3)
    lab.link("s2", 4, "s3", 4)
    path = lab.folder / "policy.yaml"
    path.write_text(POLICY)
    lab.start_ryu("slicer", "slicer", SLICER_POLICY=str(path)).wait_for_log("listening at tcp")
    for bridge in lab.bridges.values():
        bridge.connect(LISTEN)
    for name, port, api in (("red", 6653, 8081), ("blue", 6654, 8082)):
        options = ("--observe-links", "--ofp-tcp-listen-port", str(port), "--wsapi-port", str(api))
        lab.start_ryu(name, *options, "ryu.app.rest_topology")

    def discovered() -> bool:
        try:
            return links(8081) >= RED_LINKS and links(8082) >= BLUE_LINKS
        except OSError:
            return False

    wait_for(discovered, "links of both tenants", timeout=40)
    assert links(8081) == RED_LINKS
    assert links(8082) == BLUE_LINKS
    assert switches(8081) == {1, 2}
    assert switches(8082) == {1, 2, 3}
    command("ovs-vsctl", "del-port", "s2", "s2-p4")
    wait_for(lambda: links(8082) == RED_LINKS, "blue's second link gone", timeout=30)
    assert links(8081) == RED_LINKS
    assert "Traceback" not in lab.processes["slicer"].log


BY_TOOLS = f"""
listen: [{LISTEN}]
datapaths: {{s1: {{dpid: 1}}, s2: {{dpid: 2}}}}
slices:
  red: {{controllers: [ptcp:7000]}}
  blue: {{controllers: [ptcp:7100]}}
flowspace:
  - {{slice: red, priority: 9, match: {{eth_type: ipv4, ip_proto: udp}}}}
  - {{slice: blue, priority: 1, match: {{eth_type: ipv4}}}}
"""
FRAMES = {"LLDP": "0180c200000e", "BDDP": "ffffffffffff"}
ETH_TYPES = {"LLDP": "88cc", "BDDP": "8942"}


def frame(kind: str) -> str:
    """A discovery packet, with a chassis, a port and a time to live, as hexadecimal digits."""
    told = "0207040000000000010402070306020078" + "0000"
    return FRAMES[kind] + "020000000001" + ETH_TYPES[kind] + told + "00" * 28


@pytest.mark.parametrize("kind", FRAMES)
def test_what_a_tenant_sends_comes_out_at_the_other_end_for_it_alone(lab: Lab, kind: str) -> None:
    """BDDP is what ONOS finds links through switches of others with."""
    for dpid in (1, 2):
        lab.bridge(f"s{dpid}", dpid)
    lab.link("s1", 3, "s2", 3)
    path = lab.folder / "policy.yaml"
    path.write_text(BY_TOOLS)
    lab.start_ryu("slicer", "slicer", SLICER_POLICY=str(path)).wait_for_log("listening at tcp")
    for bridge in lab.bridges.values():
        bridge.connect(LISTEN)
    ofctl = ["ovs-ofctl", "-O", "OpenFlow13"]
    watchers = {}
    for name, port in (("red", 7001), ("blue", 7101)):
        lab.processes["slicer"].wait_for_log(f"ptcp:{port}:.* for {name}")
        there = f"tcp:127.0.0.1:{port}"
        watchers[name] = lab.start([*ofctl, "monitor", there, "65534"], f"monitor of {name}")
        wait_for(partial(connections, port), f"{name}'s monitor")
        command(*ofctl, "add-flow", there, f"dl_type=0x{ETH_TYPES[kind]},actions=controller")
    for name, port, mark in (("red", 7000, "02000000000a"), ("blue", 7100, "02000000000b")):
        data = frame(kind).replace("020000000001", mark)
        out = f"in_port=controller packet={data} actions=output:3"
        command(*ofctl, "packet-out", f"tcp:127.0.0.1:{port}", out)
        seen = f"dl_src=02:00:00:00:00:0{mark[-1]},dl_dst=.*,dl_type=0x{ETH_TYPES[kind]}"
        watchers[name].wait_for_log(r"OFPT_PACKET_IN .*in_port=3")
        watchers[name].wait_for_log(seen)
    assert "02:00:00:00:00:0b" not in watchers["red"].log
    assert "02:00:00:00:00:0a" not in watchers["blue"].log
