"""What action lists make of the packets of a region."""

import pytest

from slicer.flowspace.match import Match as Region
from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action
from slicer.openflow.errors import ErrorCode
from slicer.openflow.oxm import oxm
from slicer.proxy.clip.rewriting import TAGGED, UNTAGGED, Rewrite, Way, check, ways
from slicer.proxy.refusal import Refusal

OUT = a.Output(2)
IPV4 = Region.of(eth_type=0x0800)
TCP = Region.of(eth_type=0x0800, ip_proto=6)


def after(region: Region, *actions: Action, is_open_vswitch: bool = True) -> list[Region]:
    """What the packets of each case look like at the end."""
    return [each.rewrite.image(each.case) for each in ways(region, actions, is_open_vswitch)]


# ---- a rewrite ----


def test_the_image_has_what_was_set_and_the_preimage_no_longer_asks_for_it() -> None:
    to_80 = Rewrite().then("tcp_dst", 80)
    web = Region.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)
    assert to_80.image(TCP) == web
    assert to_80.preimage(web) == TCP
    assert to_80.preimage(Region.of(eth_type=0x0800, ip_proto=6, tcp_dst=81)) is None


def test_a_field_set_twice_has_its_last_value() -> None:
    twice = Rewrite().then("port", 1).then("port", 2)
    assert twice.image(Region.ANY) == Region.of(port=2)


# ---- lists ----


def test_each_output_sees_what_was_done_before_it() -> None:
    rewrite = a.SetField(oxm("eth_dst", 5))
    (way,) = ways(Region.ANY, (OUT, rewrite, a.Output(of.OFPP_FLOOD)), True)
    assert [(each.index, each.port) for each in way.sent] == [(0, 2), (2, of.OFPP_FLOOD)]
    assert way.sent[0].rewrite == Rewrite()
    assert way.sent[1].rewrite == Rewrite().then("eth_dst", 5)


@pytest.mark.parametrize(
    ("region", "action", "images"),
    [
        (UNTAGGED, a.SetVlanVid(5), [Region.of(vlan_vid=0x1005, vlan_pcp=0)]),
        (TAGGED, a.SetVlanVid(5), [Region.of(vlan_vid=0x1005)]),
        (UNTAGGED, a.SetVlanPcp(3), [Region.of(vlan_vid=0x1000, vlan_pcp=3)]),
        (Region.of(vlan_vid=0x1007), a.SetVlanPcp(3), [Region.of(vlan_vid=0x1007, vlan_pcp=3)]),
        (UNTAGGED, a.StripVlan(), [UNTAGGED]),
        (
            Region.ANY,
            a.SetVlanVid(5),
            [Region.of(vlan_vid=0x1005), Region.of(vlan_vid=0x1005, vlan_pcp=0)],
        ),
        (IPV4, a.SetNwSrc(5), [Region.of(eth_type=0x0800, ipv4_src=5)]),
        (IPV4, a.SetNwTos(0x20), [Region.of(eth_type=0x0800, ip_dscp=8)]),
        (TCP, a.SetTpSrc(5), [Region.of(eth_type=0x0800, ip_proto=6, tcp_src=5)]),
        (TCP, a.SetTpDst(5), [Region.of(eth_type=0x0800, ip_proto=6, tcp_dst=5)]),
        (Region.of(eth_type=0x0806), a.SetNwDst(5), [Region.of(eth_type=0x0806)]),
        (Region.of(eth_type=0x0806), a.SetNwTos(4), [Region.of(eth_type=0x0806)]),
        (Region.of(eth_type=0x9000), a.SetTpDst(5), [Region.of(eth_type=0x9000)]),
    ],
)
def test_what_an_action_does(region: Region, action: Action, images: list[Region]) -> None:
    assert after(region, action) == images


def test_a_tag_that_is_stripped_leaves_no_trace() -> None:
    (image,) = after(Region.of(vlan_vid=0x1005, vlan_pcp=3), a.StripVlan())
    assert image.contains_point(Region.of(vlan_vid=0).witness())
    assert image.get("vlan_pcp") == (0, 7)


def test_what_is_there_after_a_push_is_known() -> None:
    assert len(after(UNTAGGED, a.SetVlanVid(5), a.SetVlanPcp(1), a.StripVlan())) == 1


@pytest.mark.parametrize(
    ("region", "action"),
    [
        (Region.ANY, a.SetNwSrc(5)),
        (Region.ANY, a.SetNwTos(4)),
        (Region.of(eth_type=0x86DD), a.SetNwTos(4)),
        (IPV4, a.SetTpSrc(5)),
        (Region.of(eth_type=0x0800, ip_proto=1), a.SetTpDst(5)),
        (Region.of(eth_type=0x86DD, ip_proto=6), a.SetTpDst(5)),
    ],
)
def test_where_it_is_not_clear_what_is_done_the_list_is_refused(
    region: Region, action: Action
) -> None:
    with pytest.raises(Refusal, match="whose packets result is not known") as caught:
        ways(region, (action, OUT), True)
    assert caught.value.error is errors.BAD_ACTION_EPERM


@pytest.mark.parametrize(
    ("region", "action"),
    [
        (Region.of(eth_type=0x86DD), a.SetField(oxm("ip_dscp", 4))),
        (Region.of(eth_type=0x0800, ip_proto=132), a.SetField(oxm("sctp_dst", 4))),
        (Region.of(eth_type=0x0800, ip_proto=132), a.SetTpDst(4)),
    ],
)
def test_of_another_switch_less_is_known(region: Region, action: Action) -> None:
    assert len(after(region, action)) == 1
    with pytest.raises(Refusal):
        after(region, action, is_open_vswitch=False)


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (a.ExperimenterAction(0x2320, bytes(8)), errors.BAD_ACTION_BAD_EXPERIMENTER),
        (a.PopVlan(), errors.BAD_ACTION_BAD_TYPE),
        (a.Output(of.OFPP_NORMAL), errors.BAD_ACTION_BAD_OUT_PORT),
        (a.Output(of.OFPP_ANY), errors.BAD_ACTION_BAD_OUT_PORT),
        (a.Output(0xFF00), errors.BAD_ACTION_BAD_OUT_PORT),
    ],
)
def test_what_nobody_may_do(action: Action, error: ErrorCode) -> None:
    with pytest.raises(Refusal) as caught:
        check((OUT, action))
    assert caught.value.error is error


def test_a_field_that_openflow_1_0_can_not_set_is_refused() -> None:
    with pytest.raises(Refusal, match="set-field of arp_op"):
        ways(Region.ANY, (a.SetField(oxm("arp_op", 1)),), True)


def test_a_way_knows_what_its_region_says() -> None:
    way = Way(TCP, None, True)
    assert (way.known("ip_proto"), way.known("tcp_dst")) == (6, None)
    assert way.with_set("tcp_dst", 7).known("tcp_dst") == 7
