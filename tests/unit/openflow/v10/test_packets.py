"""Packet-in and packet-out: the packet inside is left alone."""

import pytest

from slicer.openflow import errors
from slicer.openflow.actions import Output, SetNwSrc
from slicer.openflow.constants import OFPP_ANY, OFPP_CONTROLLER, OFPP_LOCAL
from slicer.openflow.errors import EncodeError
from slicer.openflow.messages import PacketIn, PacketOut
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from tests.unit.openflow.frames import pack
from tests.unit.openflow.v10.frames import OUTPUT, frame, refused

PACKET = b"a packet, whatever it is"


def test_a_packet_in() -> None:
    raw = frame(10, pack("IHHBx", 7, 99, 0xFFFE, 1) + PACKET)
    message = PacketIn(5, 7, 99, 1, 0, (1 << 64) - 1, Match.of(in_port=OFPP_LOCAL), PACKET)
    assert V10.decode(raw) == message
    assert V10.encode(message) == raw


def test_a_packet_in_tells_nothing_but_its_port() -> None:
    match = Match.of(reg0=9, metadata=3, in_port=2)
    message = PacketIn(5, 7, 99, 1, 3, 4, match, PACKET)
    assert V10.encode(message) == frame(10, pack("IHHBx", 7, 99, 2, 1) + PACKET)
    with pytest.raises(EncodeError, match="packet-in without an in_port"):
        V10.encode(PacketIn(5, 7, 99, 1, 3, 4, Match.of(metadata=3), PACKET))


def test_a_packet_out() -> None:
    raw = frame(13, pack("IHH", 7, 0xFFFF, 16) + OUTPUT + pack("HHI", 6, 8, 9) + PACKET)
    message = PacketOut(5, 7, OFPP_ANY, (Output(1), SetNwSrc(9)), PACKET)
    assert V10.decode(raw) == message
    assert V10.encode(message) == raw
    assert V10.encode(PacketOut(5)) == frame(13, pack("IHH", 0xFFFFFFFF, 0xFFFD, 0))
    assert PacketOut(5).in_port == OFPP_CONTROLLER


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (frame(10, bytes(9)), "PacketIn has 9 bytes, expected at least 10"),
        (frame(13, bytes(7)), "PacketOut has 7 bytes, expected at least 8"),
        (frame(13, pack("IHH", 0, 0, 16) + OUTPUT), "has 16 bytes, expected up to 8"),
        (frame(13, pack("IHH", 0, 0, 7) + OUTPUT), "has 7 bytes, expected up to 8 in steps of 8"),
    ],
)
def test_what_is_refused(bad: bytes, text: str) -> None:
    refused(bad, errors.BAD_REQUEST_BAD_LEN, text)
