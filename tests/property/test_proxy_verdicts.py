"""What is remembered of packet-outs' packets never changes whether one passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.flowspace.match import Match
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.proxy.pipeline import judging, verdicts
from slicer.proxy.pipeline.verdicts import KEPT, Verdicts
from slicer.proxy.refusal import Refusal
from slicer.proxy.sliver import Sliver
from tests.fakes.network import port
from tests.property.flowspace_packets import packets
from tests.property.flowspace_values import flowspaces

REGIONS = [
    {"eth_type": 0x0800},
    {"eth_type": 0x0806},
    {"vlan_vid": 0x1005},
    {"vlan_vid": 0},
    {"eth_dst": 1},
    {"eth_type": 0x0800, "ip_proto": 6},
    {"eth_type": 0x0800, "ip_proto": 6, "tcp_dst": 80},
    {"eth_type": 0x86DD, "ip_proto": 17, "udp_src": 53},
]
by_ports = st.none() | st.frozensets(st.sampled_from([1, 2, 3]), min_size=1)
rules = st.builds(
    lambda name, priority, region, ports: Rule(name, priority, Match.of(**region), ports=ports),
    st.sampled_from(["red", "red", "blue"]),
    st.integers(1, 3),
    st.sampled_from(REGIONS),
    by_ports,
)
spaces = st.lists(rules, max_size=5).map(FlowSpace) | flowspaces()
outputs = st.none() | st.lists(st.sampled_from([1, 2, 3, of.OFPP_FLOOD]), max_size=2).map(tuple)


def sliver() -> Sliver:
    red = Sliver("red", "datapath", 1, 5)
    red.set_ports({1: port(1), 2: port(2)})
    return red


def passes(check: verdicts.PacketCheck, asked: tuple[int, ...] | None, data: bytes) -> bool:
    try:
        check(asked, data)
    except Refusal:
        return False
    return True


@given(spaces, st.integers(0, 10_000), st.lists(outputs, min_size=1, max_size=3))
def test_what_has_passed_changes_no_verdict(
    space: FlowSpace, seed: int, asked: list[tuple[int, ...] | None]
) -> None:
    red, met = sliver(), Verdicts(space)

    def deep(outputs: tuple[int, ...] | None, data: bytes) -> None:
        judging.check_packet(space, red, outputs, data)

    for number, data in enumerate(packets(seed, 12) * 2):
        outputs = asked[number % len(asked)]
        assert passes(met.of(red), outputs, data) == passes(deep, outputs, data)


def test_a_packet_like_one_before_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    red, met = sliver(), Verdicts(FlowSpace([Rule("red", 1, Match.of(vlan_vid=0))]))
    data = bytes(12) + b"\x08\x00" + bytes(20)
    met.of(red)((1,), data)
    monkeypatch.setattr(verdicts, "check_packet", None)
    met.of(red)((1,), data + b"more")
    red.set_ports({1: port(1)})
    with pytest.raises(TypeError):
        met.of(red)((1,), data)


def test_what_is_kept_is_bounded() -> None:
    red, met = sliver(), Verdicts(FlowSpace([Rule("red", 1, Match.of(vlan_vid=0))]))
    for number in range(KEPT + 10):
        met.of(red)((1,), number.to_bytes(12, "big") + b"\x08\x00")
    (_, passed) = met._passed["red"]
    assert 0 < sum(map(len, passed.values())) < 20
