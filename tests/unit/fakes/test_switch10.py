"""The fake switch of OpenFlow 1.0: what it does otherwise than its sister of 1.3."""

from dataclasses import replace

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.actions import Action
from slicer.openflow.framing import Framer
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod, Message, PacketIn, PacketOut
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from tests.fakes import frames
from tests.fakes.execution import NO_COOKIE
from tests.fakes.network import port
from tests.fakes.packet import Packet, Tag
from tests.fakes.switch10 import FakeSwitch10

TCP = Packet.of(eth_type=0x0800, ip_proto=6, tcp_src=1, tcp_dst=2)
FLOOD = a.Output(of.OFPP_FLOOD)


def switch(most_flows: int = 100) -> FakeSwitch10:
    """One with the ports 1 to 3."""
    return FakeSwitch10(1, [port(number) for number in (1, 2, 3)], most_flows=most_flows)


def ask(at: FakeSwitch10, *messages: Message) -> list[Message]:
    """What it says to these."""
    at.receive(b"".join(map(V10.encode, messages)))
    return [V10.decode(frame) for frame in Framer().feed(at.take())]


def flow(*actions: Action, priority: int = 5, match: Match = Match()) -> FlowMod:  # noqa: B008
    """A flow-mod that adds."""
    return FlowMod(7, priority=priority, match=match, instructions=(ApplyActions(actions),))


def test_its_features_tell_of_its_ports() -> None:
    (told,) = ask(switch(), m.FeaturesRequest(8))
    assert isinstance(told, m.FeaturesReply)
    assert [each.port_no for each in told.ports] == [1, 2, 3]


def test_what_no_flow_matches_goes_to_the_controller() -> None:
    one = switch()
    one.inject(1, TCP)
    (told,) = ask(one)
    assert isinstance(told, PacketIn)
    assert told.reason == of.OFPR_NO_MATCH


def test_a_modify_that_means_no_flow_adds_one() -> None:
    one = switch()
    modify = FlowMod(7, command=of.OFPFC_MODIFY, cookie=4, priority=5, upsert=True)
    assert ask(one, modify) == []
    assert [each.cookie for each in one.tables.flows.values()] == [4]
    assert ask(one, FlowMod(7, command=of.OFPFC_MODIFY, cookie=6, upsert=True)) == []
    assert [each.cookie for each in one.tables.flows.values()] == [6]


def test_it_has_room_for_so_many_flows() -> None:
    one = switch(most_flows=1)
    assert ask(one, flow(FLOOD)) == []
    (told,) = ask(one, flow(FLOOD, priority=6))
    full = errors.FLOW_MOD_FAILED_TABLE_FULL
    assert told == m.ErrorMessage(7, full.type, full.code, V10.encode(flow(FLOOD, priority=6))[:64])


def test_it_carries_out_the_actions_of_openflow_1_0() -> None:
    tagging = flow(
        a.SetVlanVid(5),
        a.SetVlanPcp(3),
        a.Output(2),
        a.StripVlan(),
        a.SetNwSrc(1),
        a.SetNwDst(2),
        a.SetNwTos(0x20),
        a.SetTpSrc(7),
        a.SetTpDst(8),
        a.Output(3),
    )
    one = switch()
    assert ask(one, tagging) == []
    (_, tagged), (_, rewritten) = one.inject(1, TCP).outputs
    assert tagged.tags == (Tag(0x8100, 5, 3),)
    seen = rewritten.header
    assert (seen["vlan_vid"], seen["ipv4_src"], seen["ipv4_dst"]) == (0, 1, 2)
    assert (seen["ip_dscp"], seen["tcp_src"], seen["tcp_dst"]) == (8, 7, 8)


def test_it_refuses_other_actions() -> None:
    (told,) = ask(switch(), flow(a.ExperimenterAction(1, b"")))
    error = errors.BAD_ACTION_BAD_TYPE
    assert isinstance(told, m.ErrorMessage)
    assert (told.type, told.code) == (error.type, error.code)


def test_fragments_show_no_ports_or_are_dropped() -> None:
    one = switch()
    first = Packet.of(first_fragment=True, eth_type=0x0800, ip_proto=6, tcp_dst=2)
    to_2 = Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=2)
    ask(one, flow(FLOOD, match=to_2), flow(a.Output(3), priority=1))
    assert [number for number, _ in one.inject(1, first).outputs] == [3]
    ask(one, m.SetConfig(8, of.OFPC_FRAG_DROP, 128))
    assert one.inject(1, first).outputs == []


def test_it_sends_packets_out() -> None:
    one = switch()
    ask(one, PacketOut(7, in_port=1, actions=(FLOOD,), data=frames.write(TCP)))
    assert [number for number, _ in one.results[0].outputs] == [2, 3]
    (told,) = ask(one, PacketOut(7, buffer_id=3, in_port=1))
    unknown = errors.BAD_REQUEST_BUFFER_UNKNOWN
    assert isinstance(told, m.ErrorMessage)
    assert (told.type, told.code) == (unknown.type, unknown.code)


def test_it_counts_by_port() -> None:
    (told,) = ask(switch(), mp.PortStatsRequest(8))
    assert isinstance(told, mp.PortStatsReply)
    assert [each.port_no for each in told.entries] == [1, 2, 3]


def test_a_cookie_of_all_ones_leaves_a_flow_its_own_and_a_change_with_it_adds_none() -> None:
    one = switch()
    change = replace(flow(FLOOD), command=of.OFPFC_MODIFY, cookie=NO_COOKIE, upsert=True)
    ask(one, change)
    assert not one.tables.flows
    ask(one, replace(flow(FLOOD), cookie=9), change, replace(flow(FLOOD), cookie=NO_COOKIE))
    assert [each.cookie for each in one.tables.flows.values()] == [9]
