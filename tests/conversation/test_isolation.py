"""What the isolation theorem says, one attempt at a time: where a packet ends up.

`tests/property/test_isolation_theorem.py` tries these things at random; here each stands by itself.
"""

from __future__ import annotations

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.errors import ErrorCode
from slicer.openflow.groups import Bucket
from slicer.openflow.instructions import ApplyActions, GotoTable, WriteActions
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    ErrorMessage,
    FlowMod,
    GroupMod,
    Message,
    PacketIn,
    PacketOut,
)
from slicer.openflow.oxm import Match, oxm
from tests.fakes import frames
from tests.fakes.network import Network, port
from tests.fakes.packet import Packet, Tag
from tests.fakes.switch import FakeSwitch
from tests.fakes.tenant import FakeTenant

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  video: {controllers: [tcp:127.0.0.1:6653]}
  office: {controllers: [tcp:127.0.0.1:6654]}
flowspace:
  - {slice: video, priority: 100, match: {eth_type: ipv4, ip_proto: tcp, tcp_dst: 9999}}
  - {slice: office, priority: 1}
"""
VIDEO = Packet.of(eth_type=0x0800, ip_proto=6, tcp_src=1, tcp_dst=9999)
OFFICE = Packet.of(eth_type=0x0800, ip_proto=6, tcp_src=1, tcp_dst=80)
TO_2, TO_3 = a.Output(2), a.Output(3)
TO_CONTROLLER = a.Output(of.OFPP_CONTROLLER, of.OFPCML_NO_BUFFER)
AS_VIDEO = a.SetField(oxm("tcp_dst", 9999))
TCP = Match.of(eth_type=0x0800, ip_proto=6)
TAGGED = Match.of(vlan_vid=(0x1000, 0x1000))


class Scene:
    """Two slices on a switch with ports 1 to 3."""

    def __init__(self) -> None:
        self.net = Network(POLICY)
        self.switch = FakeSwitch(1, [port(number) for number in (1, 2, 3)])
        self.net.plug(self.switch)
        self.video, self.office = self.net.tenant("video"), self.net.tenant("office")

    def ask(self, tenant: FakeTenant, *messages: Message) -> None:
        """Requests that are all carried out."""
        assert self.net.say(tenant, *messages, BarrierRequest(99)) == [BarrierReply(99)]

    def refused(self, tenant: FakeTenant, message: Message) -> ErrorCode:
        """The error that a request is refused with."""
        error, barrier = self.net.say(tenant, message, BarrierRequest(99))
        assert isinstance(error, ErrorMessage)
        assert barrier == BarrierReply(99)
        return errors.ALL[error.type, error.code]

    def way(self, packet: Packet, in_port: int = 1) -> list[int]:
        """The ports that a packet leaves by."""
        result = self.switch.inject(in_port, packet)
        self.net.run()
        return [number for number, _ in result.outputs]


@pytest.fixture
def scene() -> Scene:
    return Scene()


def flow(*actions: a.Action, match: Match = Match(), table: int = 0, priority: int = 7) -> FlowMod:  # noqa: B008
    return FlowMod(
        1, table_id=table, priority=priority, match=match, instructions=(ApplyActions(actions),)
    )


def written(*actions: a.Action, match: Match = Match(), goto: int | None = None) -> FlowMod:  # noqa: B008
    then = () if goto is None else (GotoTable(goto),)
    return FlowMod(1, match=match, instructions=(WriteActions(actions), *then))


def test_a_slices_flows_see_its_own_packets_only(scene: Scene) -> None:
    scene.ask(scene.office, flow(TO_2))
    assert scene.way(OFFICE) == [2]
    assert scene.way(VIDEO) == []
    scene.ask(scene.video, flow(TO_3))
    assert scene.way(VIDEO) == [3]


def test_a_packet_that_is_rewritten_into_anothers_flowspace_goes_no_further(scene: Scene) -> None:
    scene.ask(scene.office, flow(TO_2, AS_VIDEO, TO_3, match=TCP))
    assert scene.way(OFFICE) == [2]


def test_a_packet_that_comes_back_from_anothers_flowspace_is_its_owners_again(
    scene: Scene,
) -> None:
    back = a.SetField(oxm("tcp_dst", 80))
    scene.ask(scene.office, flow(AS_VIDEO, back, TO_3, match=TCP))
    assert scene.way(OFFICE) == [3]


def test_a_flood_goes_where_its_slice_owns_the_packet_and_follows_the_ports(scene: Scene) -> None:
    scene.ask(scene.office, flow(a.Output(of.OFPP_FLOOD)))
    assert scene.way(OFFICE) == [2, 3]
    scene.switch.set_port(port(4))
    scene.net.run()
    assert scene.way(OFFICE) == [2, 3, 4]
    scene.switch.remove_port(2)
    scene.net.run()
    assert scene.way(OFFICE) == [3, 4]


def test_a_packet_goes_back_by_its_port_only_where_that_is_asked_for(scene: Scene) -> None:
    scene.ask(scene.office, flow(a.Output(1)))
    assert scene.way(OFFICE) == []
    scene.ask(scene.office, flow(a.Output(of.OFPP_IN_PORT)))
    assert scene.way(OFFICE) == [1]


def test_a_later_fragment_is_nobodys_where_it_could_be_anothers(scene: Scene) -> None:
    scene.ask(scene.office, flow(TO_2))
    scene.ask(scene.video, flow(TO_3))
    assert scene.way(Packet.of(later_fragment=True, eth_type=0x0800, ip_proto=6)) == []
    assert scene.way(Packet.of(later_fragment=True, eth_type=0x0800, ip_proto=17)) == [2]
    first = Packet.of(first_fragment=True, eth_type=0x0800, ip_proto=6, tcp_dst=9999)
    assert scene.way(first) == [3]


# ---- tags: what the next switch reads is what counts ----


def test_a_tag_behind_which_another_packet_waits_cannot_be_popped(scene: Scene) -> None:
    """Two tags hide a packet of video's from the switch, and it comes to office."""
    hiding = Packet.of(Tag(), Tag(), eth_type=0x0800, ip_proto=6, tcp_dst=9999)
    scene.ask(scene.office, flow(TO_2, a.PopVlan(), TO_3, match=TAGGED))
    assert scene.way(hiding) == [2]
    one = Packet.of(Tag(), eth_type=0x0800, ip_proto=6, tcp_dst=80)
    assert scene.way(one) == [2, 3]


def test_a_second_tag_cannot_hide_a_packet_from_the_next_switch(scene: Scene) -> None:
    """Behind two tags a packet of video's is office's to who reads one."""
    scene.ask(scene.video, flow(a.PushVlan(0x8100), TO_2))
    assert scene.way(VIDEO) == [2]
    tagged = Packet.of(Tag(), eth_type=0x0800, ip_proto=6, tcp_dst=9999)
    assert scene.way(tagged) == []
    scene.ask(scene.video, flow(a.PushVlan(0x8100), a.PopVlan(), TO_2, match=TAGGED, priority=9))
    assert scene.way(tagged) == [2]


def test_a_tag_is_not_pushed_where_nobody_sees_whether_it_is_the_second(scene: Scene) -> None:
    pushed = written(a.PushVlan(0x8100), TO_2)
    assert scene.refused(scene.video, pushed) is errors.BAD_ACTION_BAD_TYPE


@pytest.mark.parametrize("field", ["icmpv6_type", "icmpv6_code"])
def test_a_packet_is_not_given_fields_that_owner_was_not_asked_about(
    scene: Scene, field: str
) -> None:
    icmpv6 = Match.of(eth_type=0x86DD, ip_proto=58)
    made = flow(a.SetField(oxm(field, 135)), TO_2, match=icmpv6)
    assert scene.refused(scene.office, made) is errors.BAD_ACTION_BAD_SET_TYPE


# ---- action sets and buckets ----


def test_of_an_action_sets_outputs_the_last_counts(scene: Scene) -> None:
    scene.ask(scene.office, written(TO_2, goto=1), FlowMod(1, table_id=1))
    assert scene.way(OFFICE) == [2]
    later = FlowMod(1, table_id=1, instructions=(WriteActions((TO_3,)),))
    scene.ask(scene.office, later)
    assert scene.way(OFFICE) == [3]
    to_controller = FlowMod(1, table_id=1, instructions=(WriteActions((TO_CONTROLLER,)),))
    scene.ask(scene.office, to_controller)
    assert scene.way(OFFICE) == []
    (packet_in,) = scene.office.take_heard()
    assert isinstance(packet_in, PacketIn)
    # Open vSwitch sends it in the name of its first flow, which is the slicer's.
    assert (packet_in.table_id, packet_in.cookie) == (0, 0xFFFF_FFFF_FFFF_FFFF)


def test_in_an_action_set_a_group_comes_before_an_output(scene: Scene) -> None:
    bucket = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (TO_3,))
    scene.ask(scene.office, GroupMod(1, of.OFPGC_ADD, of.OFPGT_ALL, 5, (bucket,)))
    scene.ask(scene.office, written(a.Group(5), TO_2))
    assert scene.way(OFFICE) == [3]


@pytest.mark.parametrize(
    ("listed", "way", "packet_ins"),
    [((TO_2, TO_3), [3], 0), ((TO_CONTROLLER, TO_2), [2], 0), ((TO_2, TO_CONTROLLER), [], 1)],
)
def test_a_bucket_is_an_action_set(
    scene: Scene, listed: tuple[a.Action, ...], way: list[int], packet_ins: int
) -> None:
    bucket = Bucket(0, of.OFPP_ANY, of.OFPG_ANY, listed)
    scene.ask(scene.office, GroupMod(1, of.OFPGC_ADD, of.OFPGT_ALL, 5, (bucket,)))
    scene.ask(scene.office, flow(a.Group(5)))
    assert scene.way(OFFICE) == way
    assert len(scene.office.take_heard()) == packet_ins


def test_what_a_bucket_rewrites_is_asked_about_and_ends_with_the_bucket(scene: Scene) -> None:
    buckets = tuple(
        Bucket(0, of.OFPP_ANY, of.OFPG_ANY, each) for each in ((AS_VIDEO, TO_2), (TO_3,))
    )
    scene.ask(scene.office, GroupMod(1, of.OFPGC_ADD, of.OFPGT_ALL, 5, buckets))
    scene.ask(scene.office, flow(a.Group(5), match=TCP))
    assert scene.way(OFFICE) == [3]


# ---- packet-outs ----


def test_a_packet_out_is_judged_like_any_packet(scene: Scene) -> None:
    rewriting = PacketOut(1, actions=(AS_VIDEO, TO_2), data=frames.write(OFFICE))
    scene.ask(scene.office, rewriting)
    flooded = PacketOut(1, actions=(a.Output(of.OFPP_FLOOD),), data=frames.write(OFFICE))
    scene.ask(scene.office, flooded)
    assert [result.outputs for result in scene.switch.results] == [
        [],
        [(number, frames.read(frames.write(OFFICE))) for number in (1, 2, 3)],
    ]


def test_a_packet_out_to_table_enters_the_tenants_first_table(scene: Scene) -> None:
    scene.ask(scene.office, flow(TO_2))
    scene.ask(scene.video, flow(TO_3))
    through = PacketOut(1, actions=(a.Output(of.OFPP_TABLE),), data=frames.write(OFFICE))
    scene.ask(scene.office, through)
    assert [number for number, _ in scene.switch.results[-1].outputs] == [2]


# ---- what does not fit ----


def test_what_grows_beyond_a_frame_on_its_way_is_refused(scene: Scene) -> None:
    """A tenant's outputs take more room on the datapath, with and without a match."""
    fits = ApplyActions((TO_2,) * 1636)
    scene.ask(scene.office, FlowMod(1, instructions=(fits,)))
    match = Match.of(eth_dst=1, eth_src=2, eth_type=0x0800, ip_proto=6)
    wider = FlowMod(1, match=match, instructions=(fits,))
    assert scene.refused(scene.office, wider) is errors.BAD_REQUEST_BAD_LEN
    more = FlowMod(1, instructions=(ApplyActions((TO_2,) * 4000),))
    assert scene.refused(scene.office, more) is errors.BAD_REQUEST_BAD_LEN


def test_a_packet_out_that_grows_beyond_a_frame_is_refused(scene: Scene) -> None:
    scene.ask(scene.office, PacketOut(1, actions=(TO_2,), data=frames.write(OFFICE)))
    huge = PacketOut(1, actions=(TO_2,), data=frames.write(OFFICE) + bytes(65_400))
    assert scene.refused(scene.office, huge) is errors.BAD_REQUEST_BAD_LEN


def test_a_datapath_whose_ports_fit_in_no_message_is_let_go_and_nobody_else(scene: Scene) -> None:
    many = FakeSwitch(2, [port(number) for number in range(1, 1200)])
    number = scene.net.plug(many)
    assert number not in scene.net.peers
    scene.ask(scene.office, flow(TO_2))
    assert scene.way(OFFICE) == [2]


def test_a_delete_by_output_takes_no_notice_of_its_instructions(scene: Scene) -> None:
    scene.ask(scene.office, flow(TO_2, table=3))
    delete = FlowMod(
        1,
        command=of.OFPFC_DELETE,
        table_id=of.OFPTT_ALL,
        out_port=2,
        instructions=(GotoTable(1),),
    )
    scene.ask(scene.office, delete)
    assert not [each for each in scene.switch.tables.flows.values() if each.table == 4]
