"""Packets of one head have one owner: whatever else is in them is not looked at."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from slicer.flowspace import parse
from slicer.flowspace.fields import FIELDS
from slicer.proxy.clip.heads import by_ethernet, by_headers, by_type
from tests.property.flowspace_packets import packets

ETHERNET = sum(
    FIELDS[name].place for name in ("eth_dst", "eth_src", "eth_type", "vlan_vid", "vlan_pcp")
)


def others(seed: int, packet: bytes) -> list[bytes]:
    """The packet with some of it changed, cut short or made longer."""
    chance = Random(seed)
    changed = []
    for _ in range(30):
        other = bytearray(packet)
        for _ in range(chance.randrange(3)):
            if other:
                other[chance.randrange(len(other))] = chance.choice((0, 1, 0x45, 0xFF))
        end = chance.choice((len(other), len(other), chance.randrange(len(other) + 1)))
        changed.append(bytes(other[:end]) + bytes(chance.choice((0, 0, 4))))
    return changed


@given(st.integers(0, 10_000))
def test_packets_of_one_head_are_read_alike(seed: int) -> None:
    for packet in packets(seed, 10):
        one = parse(packet, 1)
        for other in others(seed, packet):
            point = parse(other, 1)
            if by_headers(packet) is not None and by_headers(packet) == by_headers(other):
                assert point == one
            if by_ethernet(packet) is not None and by_ethernet(packet) == by_ethernet(other):
                assert not (point.header ^ one.header) & ETHERNET
            if by_type(packet) is not None and by_type(packet) == by_type(other):
                assert point["eth_type"] == one["eth_type"]
