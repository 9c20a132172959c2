"""Packet-outs, judged by the slicer."""

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Action
from slicer.openflow.messages import PacketOut
from slicer.proxy import discovery
from tests.fakes import frames
from tests.fakes.packet import Packet, Tag
from tests.unit.proxy.clip.scene import (
    ANY,
    BY_PORTS,
    FLOOD,
    SSH,
    TO_2,
    TO_3,
    WEB,
    WEB_AND_REST,
    Scene,
    add,
)

TO_TABLE = a.Output(of.OFPP_TABLE)
PLAIN_LLDP = bytes(12) + b"\x88\xcc" + bytes(8)


def out(packet: Packet, *actions: Action, in_port: int = of.OFPP_ANY) -> PacketOut:
    """A packet-out."""
    return PacketOut(7, in_port=in_port, actions=actions, data=frames.write(packet))


def ways(scene: Scene) -> list[list[int]]:
    """Where each packet-out's packet has gone."""
    return [[number for number, _ in result.outputs] for result in scene.switch.results]


def sent(name: str, asked: PacketOut, policy: str = WEB_AND_REST) -> list[int]:
    """Where a packet-out that is accepted goes."""
    scene = Scene(policy)
    scene.ask(name, asked)
    (way,) = ways(scene)
    return way


def refused(name: str, asked: PacketOut, policy: str = WEB_AND_REST) -> errors.ErrorCode:
    """The error for one that is refused."""
    scene = Scene(policy)
    error = scene.refused(name, asked)
    assert scene.switch.results == []
    return error


def test_a_packet_goes_where_it_is_the_slices() -> None:
    assert sent("blue", out(SSH, TO_2)) == [2]
    assert sent("red", out(WEB, TO_2, TO_3)) == [2, 3]
    assert sent("red", out(WEB, FLOOD, in_port=1)) == [2, 3, 4]
    assert sent("red", out(SSH, FLOOD), BY_PORTS) == [1, 2]
    assert sent("red", out(SSH, a.Output(of.OFPP_IN_PORT), in_port=2), BY_PORTS) == [2]


def test_a_packet_that_is_anothers_is_refused() -> None:
    assert refused("blue", out(WEB, TO_2)) is errors.BAD_ACTION_EPERM
    assert refused("red", out(SSH, FLOOD)) is errors.BAD_ACTION_EPERM


def test_it_is_asked_about_as_it_leaves() -> None:
    assert sent("blue", out(WEB, a.SetTpDst(22), TO_2)) == [2]
    assert refused("blue", out(SSH, a.SetTpDst(80), TO_2)) is errors.BAD_ACTION_EPERM
    assert sent("blue", out(SSH, TO_3, a.SetTpDst(80), TO_2)) == [3]


def test_an_output_to_a_port_that_is_not_the_slivers_goes_nowhere() -> None:
    assert sent("red", out(SSH, TO_3), BY_PORTS) == []
    assert sent("red", out(SSH, TO_3, TO_2), BY_PORTS) == [2]


def test_a_packet_without_outputs_is_dropped() -> None:
    assert sent("blue", out(WEB)) == []


def test_a_port_that_it_can_not_have_come_in_by_is_refused() -> None:
    assert refused("red", out(SSH, TO_2, in_port=3), BY_PORTS) is errors.BAD_REQUEST_BAD_PORT
    assert sent("red", out(SSH, TO_2, in_port=of.OFPP_CONTROLLER), BY_PORTS) == [2]


def test_a_buffer_is_unknown() -> None:
    asked = PacketOut(7, buffer_id=1, in_port=1, actions=(TO_2,))
    assert refused("red", asked, BY_PORTS) is errors.BAD_REQUEST_BUFFER_UNKNOWN


def test_the_table_is_for_packets_that_could_have_come_in() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("blue", add(ANY, TO_3), out(SSH, TO_TABLE, in_port=1))
    assert ways(scene) == [[3]]
    scene.ask("red", add(ANY, TO_2))
    assert scene.refused("blue", out(WEB, TO_TABLE, in_port=1)) is errors.BAD_ACTION_EPERM


def test_a_second_tag_is_refused() -> None:
    two = Packet.of(Tag(vid=1), Tag(vid=2), eth_type=0x0800, ip_proto=6)
    assert refused("blue", out(two, a.StripVlan(), TO_2)) is errors.BAD_ACTION_EPERM
    assert sent("blue", out(Packet.of(Tag(vid=1), eth_type=0x9000), a.StripVlan(), TO_2)) == [2]


@pytest.mark.parametrize(
    "data",
    [
        bytes(12) + b"\x08\x00" + b"\x45" + bytes(10),
        frames.write(Packet.of(later_fragment=True, eth_type=0x0800, ip_proto=6, ipv4_src=1)),
        frames.write(Packet.of(eth_type=0x0800, ip_proto=6, ipv4_src=1))[:36],
    ],
    ids=["IP cut short", "later fragment", "TCP cut short"],
)
def test_a_header_that_is_not_whole_is_not_rewritten(data: bytes) -> None:
    asked = PacketOut(7, in_port=of.OFPP_ANY, actions=(a.SetTpDst(22), TO_2), data=data)
    assert refused("blue", asked) is errors.BAD_ACTION_EPERM


def test_what_no_packet_out_may_do() -> None:
    asked = out(SSH, a.Output(of.OFPP_NORMAL), TO_2)
    assert refused("blue", asked) is errors.BAD_ACTION_BAD_OUT_PORT


def test_a_queue_is_not_the_slices_to_choose() -> None:
    assert sent("blue", out(SSH, a.SetQueue(1), TO_2, a.PopQueue())) == [2]


# ---- LLDP ----


def lldp(*actions: Action, in_port: int = of.OFPP_ANY) -> PacketOut:
    """A packet-out of LLDP."""
    return PacketOut(7, in_port=in_port, actions=actions, data=PLAIN_LLDP)


def test_lldp_leaves_by_the_slivers_ports_whoever_owns_it_with_a_seal() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", lldp(TO_2))
    assert ways(scene) == [[2]]
    sliver = scene.net.engine.datapaths[1].slivers["red"]
    sealed = scene.clip.packet_out(sliver, lldp(FLOOD, in_port=1))
    assert [each.port for each in sealed.actions if isinstance(each, a.Output)] == [2, 3, 4]
    assert discovery.unseal(sealed.data, b"") == ("red", PLAIN_LLDP)


def test_by_others_ports_it_does_not() -> None:
    assert sent("red", lldp(TO_3), BY_PORTS) == []


@pytest.mark.parametrize("action", [a.Output(of.OFPP_CONTROLLER), a.SetVlanVid(3)])
def test_lldp_for_which_more_is_asked_is_judged_like_any_packet(action: Action) -> None:
    assert refused("red", lldp(action, TO_2)) is errors.BAD_ACTION_EPERM


def test_lldp_is_not_passed_over_where_a_packet_would_be_refused() -> None:
    assert refused("red", lldp(a.Output(of.OFPP_MAX), TO_2)) is errors.BAD_ACTION_BAD_OUT_PORT
    assert refused("red", lldp(a.Output(of.OFPP_NORMAL))) is errors.BAD_ACTION_BAD_OUT_PORT
    assert refused("red", lldp(TO_2, in_port=3), BY_PORTS) is errors.BAD_REQUEST_BAD_PORT
