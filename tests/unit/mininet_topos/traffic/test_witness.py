"""Witness: reads the ends of TCP packets. That it sees packets, the live tests show."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mininet_topos.traffic.witness import Segment, read

ADDRESSES = bytes(12)
PORTS = struct.pack("!HH", 40000, 9999)


def ipv4(protocol: int, options: int = 0) -> bytes:
    """An IPv4 header from 10.0.0.1 to 10.0.0.3, with so many words of options."""
    head = bytes([0x45 + options, 0, 0, 40]) + bytes(5) + bytes([protocol]) + bytes(2)
    return head + bytes([10, 0, 0, 1, 10, 0, 0, 3]) + bytes(4 * options)


@pytest.mark.parametrize("tags", [b"", bytes([0x81, 0, 0, 7]), bytes([0x88, 0xA8, 0, 7]) * 2])
@pytest.mark.parametrize("options", [0, 3])
def test_a_tcp_packet_is_read(tags: bytes, options: int) -> None:
    frame = ADDRESSES + tags + b"\x08\x00" + ipv4(6, options) + PORTS
    segment = read(frame)
    assert segment == Segment("10.0.0.1:40000", "10.0.0.3:9999")
    assert segment.concerns(9999)
    assert not segment.concerns(999)


@pytest.mark.parametrize(
    "rest", [b"\x08\x06" + bytes(28), b"\x86\xdd" + bytes(60), b"\x08\x00" + ipv4(17) + PORTS]
)
def test_other_packets_are_not(rest: bytes) -> None:
    assert read(ADDRESSES + rest) is None


def test_both_directions_have_the_same_ends() -> None:
    assert Segment("a:1", "b:2").ends == Segment("b:2", "a:1").ends


@given(st.binary(max_size=60))
def test_no_frame_is_too_odd_to_read(frame: bytes) -> None:
    assert isinstance(read(frame), Segment | None)


@pytest.mark.parametrize("length", range(38))
def test_a_cut_packet_is_none(length: int) -> None:
    assert read((ADDRESSES + b"\x08\x00" + ipv4(6) + PORTS)[:length]) is None
