"""Diamond: the topology is as drawn, and so are its paths."""

from itertools import pairwise

import pytest
from mininet.node import OVSSwitch

from mininet_topos.diamond import DPIDS, FAST, HOST_PORTS, SLOW, Diamond, path, topos


def links(topology: Diamond) -> dict[tuple[str, int], tuple[str, int]]:
    """Where each port leads, both ways."""
    ends = {}
    for one, other, info in topology.links(withInfo=True):
        here, there = (one, info["port1"]), (other, info["port2"])
        ends[here], ends[there] = there, here
    return ends


def test_hosts_and_middles_are_where_they_are_drawn() -> None:
    ends = links(Diamond())
    for host, place in HOST_PORTS.items():
        assert ends[host, 0] == place
    for middle in (FAST, SLOW):
        assert {ends[middle, port][0] for port in (1, 2)} == {"s1", "s4"}


def test_switches_run_in_userspace_and_fail_securely() -> None:
    topology = Diamond()
    for name, dpid in DPIDS.items():
        info = topology.nodeInfo(name)
        assert (info["cls"], info["datapath"], info["failMode"]) == (OVSSwitch, "user", "secure")
        assert int(info["dpid"], 16) == dpid


def test_rates_are_parameters() -> None:
    rates = {
        name: info["bw"]
        for one, other, info in Diamond(fast=50, slow=5).links(withInfo=True)
        for name in (one, other)
        if name in (FAST, SLOW)
    }
    assert rates == {FAST: 50, SLOW: 5}


@pytest.mark.parametrize("middle", [FAST, SLOW])
def test_a_path_joins_all_hosts_without_a_loop(middle: str) -> None:
    ends = links(Diamond())
    names = {dpid: name for name, dpid in DPIDS.items()}
    used = {(names[dpid], port) for dpid, ports in path(middle).items() for port in ports}
    inner = {place for place in used if ends[place][0] in DPIDS}
    assert {ends[place][0] for place in used - inner} == set(HOST_PORTS)
    assert {ends[place] for place in inner} == inner
    switches = {name for name, _ in used}
    assert len(inner) // 2 == len(switches) - 1
    assert all(
        any(ends[place][0] == other for place in inner if place[0] == one)
        for one, other in pairwise(("s1", middle, "s4"))
    )


def test_mininet_finds_it_by_name() -> None:
    assert topos == {"diamond": Diamond}
