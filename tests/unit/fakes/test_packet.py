"""Packet: what the pipeline sees of tags and what the next switch will."""

import pytest

from tests.fakes.packet import Packet, Tag, without_transport

OUTER, INNER = Tag(0x88A8, 100, 3), Tag(0x8100, 200)


def tcp(*tags: Tag) -> Packet:
    return Packet.of(*tags, eth_type=0x0800, ip_proto=6, tcp_dst=80, eth_dst=7)


@pytest.mark.parametrize("tags", [(), (OUTER,)])
def test_with_one_tag_at_most_everything_is_in_sight(tags: tuple[Tag, ...]) -> None:
    packet = tcp(*tags)
    assert packet.seen == packet.header
    assert packet.is_plain
    assert packet.seen["tcp_dst"] == 80
    assert packet.seen["vlan_vid"] == (0x1000 | 100 if tags else 0)


def test_of_two_tags_the_second_is_the_ethernet_type() -> None:
    packet = tcp(OUTER, INNER)
    assert (packet.seen["vlan_vid"], packet.seen["vlan_pcp"]) == (0x1000 | 100, 3)
    assert packet.seen["eth_type"] == 0x8100
    assert "tcp_dst" not in packet.seen
    assert packet.seen["eth_dst"] == 7
    assert packet.is_plain


def test_a_hidden_tag_stays_hidden_when_the_one_before_it_is_popped() -> None:
    popped = tcp(OUTER, INNER).pop()
    assert (popped.seen["vlan_vid"], popped.seen["eth_type"]) == (0, 0x8100)
    assert (popped.header["vlan_vid"], popped.header["tcp_dst"]) == (0x1000 | 200, 80)
    assert not popped.is_plain
    assert popped.pop() == popped


def test_what_was_in_sight_stays_in_sight_behind_a_pushed_tag() -> None:
    pushed = tcp(INNER).push(0x88A8)
    assert (pushed.seen["vlan_vid"], pushed.seen["tcp_dst"]) == (0x1000, 80)
    assert (pushed.header["vlan_vid"], pushed.header["eth_type"]) == (0x1000, 0x8100)
    assert not pushed.is_plain
    assert pushed.pop() == tcp(INNER)


def test_of_three_tags_in_sight_the_innermost_is_lost() -> None:
    packet = tcp(Tag(vid=1)).push(0x8100).push(0x88A8)
    assert packet.tags == (Tag(0x88A8), Tag(0x8100))


def test_a_field_is_set_where_the_packet_has_it() -> None:
    packet = tcp()
    assert packet.set("tcp_dst", 443).seen["tcp_dst"] == 443
    for name in ("udp_dst", "arp_spa", "vlan_pcp", "vlan_vid"):
        assert packet.set(name, 1) == packet
    tagged = tcp(INNER)
    assert tagged.set("vlan_vid", 0x1000 | 9).tags == (Tag(0x8100, 9),)
    assert tagged.set("vlan_pcp", 5).tags == (Tag(0x8100, 200, 5),)


def test_a_later_fragment_has_no_ports_to_set() -> None:
    later = Packet.of(later_fragment=True, eth_type=0x0800, ip_proto=6)
    assert later.set("tcp_dst", 443) == later
    assert later.set("ipv4_dst", 3).seen["ipv4_dst"] == 3


def test_what_is_out_of_sight_is_not_set() -> None:
    packet = tcp(OUTER, INNER)
    assert packet.set("tcp_dst", 443) == packet
    assert packet.pop().set("vlan_vid", 0x1001) == packet.pop()


def test_a_switch_that_does_not_read_fragments_sees_no_ports() -> None:
    assert without_transport(tcp().seen)["tcp_dst"] == 0
