"""Entitling: what the policy gives each slice of a datapath that is there, port by port.

A port is shared out where the policy names its capacity, or where one of its slices has a share
that is not everybody's. What it carries is what the policy says, or else the speed that the
datapath reports. Invariant: a port that nobody asks to be shared out is in no entitlement.
"""

from __future__ import annotations

from collections.abc import Mapping

from slicer.flowspace.space import FlowSpace
from slicer.isolation.entitlements import Entitlements, PortShares
from slicer.isolation.rates import MAX_RATE, Rate
from slicer.isolation.shares import Share
from slicer.openflow.messages import Port
from slicer.policy import Policy

EVERYBODYS = Share()


def entitlements(
    policy: Policy, dpid: int, space: FlowSpace, ports: Mapping[int, Port]
) -> Entitlements:
    """What the slices may have of a datapath with these ports."""
    allowed = {name: space.ports_of(name) for name in space.slices}
    shared: dict[int, PortShares] = {}
    for number, port in ports.items():
        shares = {
            name: policy.slices[name].share_of(dpid, number, port.name)
            for name, numbers in allowed.items()
            if numbers is None or number in numbers
        }
        named = policy.capacity(dpid, number, port.name)
        if named is not None or any(share != EVERYBODYS for share in shares.values()):
            shared[number] = PortShares(_bits(named, port), shares)
    packet_ins = {
        name: limit
        for name in allowed
        if (limit := policy.slices[name].limits.packet_ins_per_second) is not None
    }
    return Entitlements(shared, packet_ins)


def _bits(named: Rate | None, port: Port) -> int | None:
    if named is not None:
        return named.bits_per_second
    return min(port.curr_speed * 1000, MAX_RATE) or None


def doubts(given: Entitlements, ports: Mapping[int, Port]) -> frozenset[str]:
    """What the datapath's ports can't give, or nobody can tell whether they can."""
    found = set()
    for number, shares in given.ports.items():
        name = f"port {number} ({ports[number].name})"
        if shares.is_vague:
            found.add(f"{name} reports no speed: only ceilings in bit/s hold there")
        elif shares.capacity is not None and shares.overbooked:
            found.add(
                f"guarantees at {name} exceed its {Rate(shares.capacity)} by "
                f"{Rate(shares.overbooked)} and are cut in proportion"
            )
    return frozenset(found)
