"""frames: packets survive being bytes."""

from hypothesis import given

from tests.fakes import frames
from tests.fakes.packet import Packet, Tag
from tests.property.isolation_headers import packets


@given(packets())
def test_reading_what_was_written_gives_the_packet(packet: Packet) -> None:
    assert frames.read(frames.write(packet)) == packet


def test_other_headers_survive_too() -> None:
    for packet in (
        Packet.of(eth_type=0x86DD, ip_proto=17, udp_src=4, udp_dst=5, ipv6_src=6, ip_dscp=7),
        Packet.of(eth_type=0x86DD, ip_proto=58, icmpv6_type=128, icmpv6_code=1),
        Packet.of(later_fragment=True, eth_type=0x86DD, ip_proto=44, ipv6_dst=9),
        Packet.of(eth_type=0x0800, ip_proto=132, sctp_src=4, sctp_dst=5),
        Packet.of(eth_type=0x0800, ip_proto=1, icmpv4_type=8, ip_ecn=1),
        Packet.of(eth_type=0x0800, ip_proto=2, ipv4_dst=1),
        Packet.of(Tag(), Tag(), Tag(), eth_type=0x9000),
    ):
        assert frames.read(frames.write(packet)) == packet


def test_a_changed_packet_is_read_anew() -> None:
    popped = Packet.of(Tag(vid=1), Tag(vid=2), eth_type=0x9000).pop()
    assert frames.read(frames.write(popped)) == popped.again()


def test_any_bytes_are_a_packet() -> None:
    for data in (b"", bytes(13), bytes(12) + b"\x81\x00", bytes(12) + b"\x08\x00" + bytes(9)):
        assert frames.read(data).tags == ()
