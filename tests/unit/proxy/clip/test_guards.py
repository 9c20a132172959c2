"""The slicer's own flows on an OpenFlow 1.0 datapath."""

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.guards import fragment_handling, guards
from slicer.proxy.clip.layers import Layers
from slicer.proxy.clip.wording import Vocabulary

ARP = Region.of(eth_type=0x0806)
TO_SLICER = (ApplyActions((Output(of.OFPP_CONTROLLER, 0xFFFF),)),)


def test_they_are_for_regions_for_what_nobody_owns_and_for_everybody() -> None:
    space = FlowSpace((Rule("red", 2, ARP),))
    found = dict(guards(Layers(space, Vocabulary(), 8), {"red": 3}))
    said = {
        (match.get("eth_type"), priority): (Cookie.read(flow.cookie), flow.instructions)
        for (match, priority), flow in found.items()
    }
    assert said == {
        (0x0806, 1): (Cookie(Part.GUARD, 3), TO_SLICER),
        (None, 0): (Cookie(Part.UNOWNED), ()),
        (0x8100, 65_535): (Cookie(Part.UNREAD), ()),
        (0x88A8, 65_535): (Cookie(Part.UNREAD), ()),
        (0x88CC, 65_535): (Cookie(Part.DISCOVERY), TO_SLICER),
        (0x8942, 65_535): (Cookie(Part.DISCOVERY), TO_SLICER),
    }


def test_the_switch_tells_when_one_goes_and_can_be_told_of_each() -> None:
    space = FlowSpace((Rule("red", 2, ARP), Rule("blue", 1, Region.ANY)))
    for (match, priority), flow in guards(Layers(space, Vocabulary(), 8), {"red": 1}):
        assert flow.flags == of.OFPFF_SEND_FLOW_REM
        assert (flow.match, flow.priority) == (match, priority)
        assert V10.encode(flow)


@pytest.mark.parametrize(
    ("region", "handling"),
    [
        (ARP, of.OFPC_FRAG_NORMAL),
        (Region.of(eth_type=0x0800, ip_proto=6), of.OFPC_FRAG_NORMAL),
        (Region.of(eth_type=0x0800, ip_proto=6, tcp_dst=80), of.OFPC_FRAG_DROP),
        (Region.of(eth_type=0x86DD, ip_proto=6), of.OFPC_FRAG_DROP),
    ],
)
def test_fragments_are_dropped_where_their_owner_can_not_be_told(
    region: Region, handling: int
) -> None:
    space = FlowSpace((Rule("red", 2, region), Rule("blue", 1, Region.ANY)))
    assert fragment_handling(space) == handling


def test_of_one_slice_they_are_its_own_unless_it_names_ports() -> None:
    assert fragment_handling(FlowSpace((Rule("red", 1, Region.ANY),))) == of.OFPC_FRAG_NORMAL


def test_an_any_match_is_what_nobody_owns() -> None:
    space = FlowSpace((Rule("red", 2, ARP),))
    assert (Match(), 0) in dict(guards(Layers(space, Vocabulary(), 8), {"red": 1}))
