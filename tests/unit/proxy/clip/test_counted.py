"""Statistics, put together from pieces."""

from slicer.openflow import constants as of
from slicer.openflow import multipart as mp
from slicer.openflow.oxm import Match
from tests.unit.proxy.clip.scene import (
    ANY,
    BY_PORTS,
    SSH,
    TO_2,
    TO_3,
    WEB,
    WEB_AND_REST,
    Scene,
    add,
)

IPV4 = Match.of(eth_type=0x0800)
ALSO_WEB = WEB.set("tcp_dst", 443)
NONE = 0xFFFF_FFFF_FFFF_FFFF


def scene_with_counts() -> Scene:
    """Red has had three packets through two pieces, blue one."""
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(ANY, TO_2), add(IPV4, TO_2, priority=1))
    scene.ask("blue", add(ANY, TO_3))
    scene.switch.pass_time(3)
    for packet in (WEB, WEB, ALSO_WEB, SSH):
        scene.way(packet)
    return scene


def test_a_flows_counters_are_the_sums_of_its_pieces() -> None:
    scene = scene_with_counts()
    told = {each.priority: each for each in scene.told("red")}
    size = scene.on_switch()[0].bytes // scene.on_switch()[0].packets
    assert (told[5].packet_count, told[5].byte_count) == (3, 3 * size)
    assert (told[1].packet_count, told[5].duration_sec) == (0, 3)
    assert [each.packet_count for each in scene.told("blue")] == [1]


def test_only_the_flows_that_are_asked_about_are_told() -> None:
    scene = scene_with_counts()

    def priorities(asked: mp.FlowStatsRequest) -> list[int]:
        return [each.priority for each in scene.told("red", asked)]

    assert priorities(mp.FlowStatsRequest(8, match=IPV4)) == [1]
    assert priorities(mp.FlowStatsRequest(8, out_port=3)) == []
    assert priorities(mp.FlowStatsRequest(8, table_id=0)) == [5, 1]
    assert priorities(mp.FlowStatsRequest(8, table_id=1)) == []


def test_the_sums_over_flows() -> None:
    scene = scene_with_counts()
    (told,) = scene.say("red", mp.AggregateRequest(8))
    assert isinstance(told, mp.AggregateReply)
    assert (told.xid, told.packet_count, told.flow_count) == (8, 3, 2)


def test_the_table_has_the_tenants_flows_alone() -> None:
    scene = scene_with_counts()
    (told,) = scene.say("red", mp.TableStatsRequest(8))
    assert isinstance(told, mp.TableStatsReply)
    assert told.entries == (mp.TableStats(0, 2, 3, 3, "", 0x3FFFFF, 65_536),)


def test_many_flows_come_in_parts() -> None:
    scene = Scene(BY_PORTS)
    flows = [add(Match.of(eth_dst=number), *[TO_2] * 9, priority=3) for number in range(400)]
    scene.ask("red", *flows)
    heard = scene.say("red", mp.FlowStatsRequest(8))
    assert len(heard) == 2
    assert len(scene.told("red")) == 400


def test_counters_of_ports_are_told_where_nobody_else_has_anything() -> None:
    (told,) = Scene(BY_PORTS).say("red", mp.PortStatsRequest(8, of.OFPP_ANY))
    assert isinstance(told, mp.PortStatsReply)
    assert [(each.port_no, each.rx_packets) for each in told.entries] == [(1, 100), (2, 100)]
    (told,) = Scene(WEB_AND_REST).say("red", mp.PortStatsRequest(8, 1))
    assert isinstance(told, mp.PortStatsReply)
    assert told.entries == (mp.PortStats(*[1, *[NONE] * 12, 0, 0]),)


def test_of_anothers_port_nothing_is_told() -> None:
    (told,) = Scene(BY_PORTS).say("red", mp.PortStatsRequest(8, 3))
    assert told == mp.PortStatsReply(8, ())
