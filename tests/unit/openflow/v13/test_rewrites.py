"""OpenFlow 1.0's rewrites as a 1.3 controller reads them: as Open vSwitch 3.1 lists such flows."""

import pytest

from slicer.openflow import actions as a
from slicer.openflow.actions import Action
from slicer.openflow.instructions import ApplyActions, GotoTable, WriteActions
from slicer.openflow.multipart import FlowStats, FlowStatsReply
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v13 import V13
from slicer.openflow.v13.rewrites import in_1_3

OUT, PUSH = a.Output(2), a.PushVlan(0x8100)
VID_5, PCP_3 = a.SetField(oxm("vlan_vid", 0x1005)), a.SetField(oxm("vlan_pcp", 3))
TAGGED = Match.of(vlan_vid=(0x1000, 0x1000))
UNTAGGED = Match.of(vlan_vid=0)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ((a.SetNwSrc(9), OUT), (a.SetField(oxm("ipv4_src", 9)), OUT)),
        ((a.SetNwDst(9),), (a.SetField(oxm("ipv4_dst", 9)),)),
        ((a.SetNwTos(0xB8),), (a.SetField(oxm("ip_dscp", 46)),)),
        ((a.SetTpDst(80), a.SetTpSrc(80)), (a.SetTpDst(80), a.SetTpSrc(80))),
        ((a.StripVlan(), OUT), (a.PopVlan(), OUT)),
        ((a.SetVlanVid(5),), (PUSH, VID_5)),
        ((a.SetVlanVid(5), a.SetVlanPcp(3)), (PUSH, VID_5, PCP_3)),
        ((PUSH, a.SetVlanPcp(3)), (PUSH, PCP_3)),
        (
            (a.SetVlanPcp(3), a.StripVlan(), a.SetVlanVid(5)),
            (PUSH, PCP_3, a.PopVlan(), PUSH, VID_5),
        ),
    ],
)
def test_a_rewrite_is_a_set_field(written: tuple[Action, ...], read: tuple[Action, ...]) -> None:
    for match in (Match(), UNTAGGED):
        assert in_1_3([ApplyActions(written)], match) == (ApplyActions(read),)


@pytest.mark.parametrize("match", [TAGGED, Match.of(vlan_vid=0x1007)])
def test_a_tag_that_is_there_is_not_pushed(match: Match) -> None:
    assert in_1_3([ApplyActions((a.SetVlanVid(5),))], match) == (ApplyActions((VID_5,)),)
    pushed = ApplyActions((a.PopVlan(), a.SetVlanVid(5)))
    assert in_1_3([pushed], match) == (ApplyActions((a.PopVlan(), PUSH, VID_5)),)


def test_other_instructions_stay() -> None:
    others = (GotoTable(1), WriteActions((OUT,)), ApplyActions((PUSH, VID_5, OUT)))
    assert in_1_3(others, Match()) == others


def test_flow_statistics_say_it_so() -> None:
    written, read = (
        FlowStats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, Match(), (ApplyActions((rewrite, OUT)),))
        for rewrite in (a.SetNwSrc(9), a.SetField(oxm("ipv4_src", 9)))
    )
    assert V13.decode(V13.encode(FlowStatsReply(5, (written,)))) == FlowStatsReply(5, (read,))
