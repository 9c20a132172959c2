"""Entitling: which ports are shared out, how much they carry, and what can't be had."""

from dataclasses import replace
from fractions import Fraction

from slicer.isolation import Percent, Rate, Share
from slicer.isolation.entitlements import Entitlements, PortShares
from slicer.openflow.messages import Port
from slicer.policy import Policy
from slicer.proxy.entitling import doubts, entitlements
from tests.fakes.network import port
from tests.unit.policy.policies import policy

PORTS = {number: replace(port(number), curr_speed=1_000_000) for number in (1, 2, 3)}
FLOWSPACE = "[{slice: red, priority: 2, ports: [1, p2]}, {slice: blue, priority: 1}]"


def slices(red: str = "", blue: str = "") -> str:
    red, blue = f"controllers: tcp:10.0.0.1:1{red}", f"controllers: tcp:10.0.0.1:2{blue}"
    return f"{{red: {{{red}}}, blue: {{{blue}}}}}"


def given(made: Policy, ports: dict[int, Port] | None = None) -> Entitlements:
    ports = PORTS if ports is None else ports
    names = {each.name: number for number, each in ports.items()}
    return entitlements(made, 1, made.flowspace_on(1, names), ports)


def test_where_nothing_is_asked_for_nothing_is_shared() -> None:
    assert given(policy(slices=slices(), flowspace=FLOWSPACE)) == Entitlements({}, {})


def test_a_capacity_in_the_policy_shares_the_port_alike() -> None:
    datapaths = "{s1: {dpid: 1, ports: {2: {capacity: 100M}, p3: {capacity: 1M}}}}"
    made = policy(slices=slices(), flowspace=FLOWSPACE, datapaths=datapaths)
    assert given(made).ports == {
        2: PortShares(10**8, {"red": Share(), "blue": Share()}),
        3: PortShares(10**6, {"blue": Share()}),
    }


def test_a_share_of_a_slice_shares_its_ports_by_the_speed_that_they_report() -> None:
    made = policy(slices=slices(red=", shares: {share: 3}"), flowspace=FLOWSPACE)
    found = given(made, {**PORTS, 2: replace(PORTS[2], curr_speed=0)}).ports
    shares = {"red": Share(share=3), "blue": Share()}
    assert found == {1: PortShares(10**9, shares), 2: PortShares(None, shares)}


def test_what_is_said_of_one_port_holds_there_alone() -> None:
    shares = ", shares: {share: 2, ceiling: 50%, at: {1:2: {ceiling: 5M}, 1:p3: {share: 9}}}"
    made = policy(slices=slices(blue=shares), flowspace=FLOWSPACE)
    half = Percent(Fraction(50))
    assert {number: each.shares["blue"] for number, each in given(made).ports.items()} == {
        1: Share(share=2, ceiling=half),
        2: Share(share=2, ceiling=Rate(5_000_000)),
        3: Share(share=9, ceiling=half),
    }


def test_a_port_by_number_comes_before_its_name() -> None:
    shares = ", shares: {at: {1:p3: {share: 9}, 1:3: {share: 8}}}"
    made = policy(slices=slices(blue=shares), flowspace=FLOWSPACE)
    assert given(made).ports == {3: PortShares(10**9, {"blue": Share(share=8)})}


def test_limits_of_packet_ins_are_by_slice() -> None:
    limits = ", limits: {packet_ins_per_second: 7}"
    assert given(policy(slices=slices(blue=limits), flowspace=FLOWSPACE)).packet_ins == {"blue": 7}


def test_what_a_port_cannot_give_is_said() -> None:
    shares = {"red": Share(Rate(80)), "blue": Share(Rate(40))}
    vague = PortShares(None, {"red": Share(share=2)})
    clear = PortShares(None, {"red": Share(ceiling=Rate(5))})
    found = doubts(Entitlements({1: PortShares(100, shares), 2: vague, 3: clear}), PORTS)
    assert found == {
        "guarantees at port 1 (p1) exceed its 100 by 20 and are cut in proportion",
        "port 2 (p2) reports no speed: only ceilings in bit/s hold there",
    }
