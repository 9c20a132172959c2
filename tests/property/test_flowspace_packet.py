"""Any bytes give a point that could be a packet's."""

from hypothesis import given
from hypothesis import strategies as st

from slicer.flowspace import Point, parse
from tests.property.flowspace_packets import packets


@given(st.binary(max_size=120), st.integers(0, 2**32 - 1))
def test_any_bytes_give_a_valid_point(data: bytes, port: int) -> None:
    point = parse(data, port)
    assert point.port == port
    assert Point.of(point.later_fragment, **dict(point)) == point


@given(st.integers(0, 1000), st.integers(0, 60))
def test_a_packet_cut_short_gives_a_valid_point(seed: int, size: int) -> None:
    for packet in packets(seed, 20):
        for data in (packet, packet[:size]):
            point = parse(data, 1)
            assert Point.of(point.later_fragment, **dict(point)) == point
