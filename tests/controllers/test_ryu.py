"""Ryu's own applications, as Ryu ships them, on switches that another tenant shares."""

import json
import urllib.request
from typing import Any

import pytest

from tests.controllers.shared import RED_PORT, TRUNK, share
from tests.live.lab import Lab, Process, command, wait_for

REST_PORT = 8081
SECOND_CABLE = 10
SPANNING_TREE = f"""\
  - {{slice: red, priority: 1, ports: [{SECOND_CABLE}],
      match: {{eth_src: "02:0a:00:00:00:00/ff:ff:00:00:00:00"}}}}
  - {{slice: red, priority: 9, ports: [1, 2, {TRUNK}, {SECOND_CABLE}],
      match: {{eth_dst: "01:80:c2:00:00:00"}}}}
"""
"""Red has a second cable to itself, which makes a loop, and bridges' messages to each other (IEEE
802.1D 7.12.3), whose senders are ports of the switches."""
CONVERGING = 75.0
"""Seconds: a link that went unnoticed ages for 20, and a new one listens and learns for 30."""


def start(lab: Lab, *applications: str) -> Process:
    """Ryu as red's controller."""
    options = ("--ofp-tcp-listen-port", str(RED_PORT), "--wsapi-port", str(REST_PORT))
    return lab.start_ryu("red", "--observe-links", *options, *applications)


@pytest.mark.parametrize("application", ["simple_switch", "simple_switch_13"])
def test_a_learning_switch(lab: Lab, application: str) -> None:
    """In OpenFlow 1.0, and in 1.3."""
    shared = share(lab)
    start(lab, f"ryu.app.{application}")
    for one, other in (("r1", "r3"), ("r2", "r4"), ("r4", "r1")):
        shared.reach(one, other)
    shared.are_apart()
    wait_for(lambda: "n_packets" in shared.ofctl("dump-flows"), "flows of red's")
    assert "dl_dst=02:0a:00:00:01:01" in shared.ofctl("dump-flows")
    assert "02:0b" not in shared.ofctl("dump-flows")


@pytest.mark.timeout(300)
def test_a_spanning_tree(lab: Lab) -> None:
    """It takes ports out by port-mod, and puts one in again when a cable is gone."""
    shared = share(lab, SPANNING_TREE, cables=(TRUNK, SECOND_CABLE))
    red = start(lab, "ryu.app.simple_switch_stp_13")
    shared.reach("r1", "r3", CONVERGING)
    red.wait_for_log(r"NON_DESIGNATED_PORT +/ BLOCK", CONVERGING)
    assert shared.loudness("r4") < 100, "packets go around"
    shared.are_apart()
    # Pulled out, not down: of a link that goes down Open vSwitch says first that it is not live,
    # and then that it is down, and Ryu takes the first for a link that comes up.
    end = f"s2-p{TRUNK}"
    command("ovs-vsctl", "del-port", "s2", end)
    shared.reach("r1", "r3", CONVERGING)
    requested = f"ofport_request={TRUNK}"
    command("ovs-vsctl", "add-port", "s2", end, "--", "set", "interface", end, requested)
    shared.are_apart()


def topology(what: str) -> Any:
    """What the REST interface says of red's network, or None while it isn't there."""
    url = f"http://127.0.0.1:{REST_PORT}/v1.0/topology/{what}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return json.load(answer)
    except OSError:
        return None


def links() -> set[tuple[int, ...]]:
    """(dpid, port, dpid, port) of each link that red has discovered."""
    return {
        tuple(int(each[end][name], 16) for end in ("src", "dst") for name in ("dpid", "port_no"))
        for each in topology("links") or []
    }


def test_discovery(lab: Lab) -> None:
    """Red's application shows red's switches, ports, link and hosts, and no others."""
    shared = share(lab)
    start(lab, "ryu.app.simple_switch_13", "ryu.app.rest_topology")
    both = {(1, TRUNK, 2, TRUNK), (2, TRUNK, 1, TRUNK)}
    wait_for(lambda: links() == both, "the link, both ways", 40)
    shared.reach("r1", "r3")
    shared.reach("r2", "r4")
    shared.are_apart()
    assert links() == both
    ports = {
        each["dpid"]: {int(port["port_no"], 16) for port in each["ports"]}
        for each in topology("switches")
    }
    assert ports == {f"{dpid:016x}": {1, 2, TRUNK} for dpid in (1, 2)}
    hosts = {each["mac"] for each in topology("hosts")}
    assert hosts == {shared.host(f"r{number}").mac for number in (1, 2, 3, 4)}
