"""Packet-in and packet-out: their bytes, and what is refused of them."""

import pytest

from slicer.openflow import errors
from slicer.openflow.actions import Output, SetField
from slicer.openflow.errors import ErrorCode
from slicer.openflow.messages import PacketIn, PacketOut
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v13 import V13
from tests.unit.openflow.frames import OUTPUT, frame, match, oxm_tlv, pack, refused, tlv

PACKET = bytes(range(64))


def test_a_packet_in() -> None:
    message = PacketIn(5, 0xFFFFFFFF, 64, 1, 2, 3, Match.of(in_port=4, reg0=5), PACKET)
    body = pack("IHBBQ", 0xFFFFFFFF, 64, 1, 2, 3)
    body += match(oxm_tlv("in_port", 4) + oxm_tlv("reg0", 5)) + bytes(2) + PACKET
    assert V13.encode(message) == frame(10, body)
    assert V13.decode(frame(10, body)) == message


def test_a_packet_in_without_data() -> None:
    body = pack("IHBBQ", 0, 0, 0, 0, 0) + match() + bytes(2)
    assert V13.decode(frame(10, body)) == PacketIn(5, 0, 0, 0, 0, 0, Match(), b"")
    refused(frame(10, body[:-1]), errors.BAD_REQUEST_BAD_LEN, "expected at least 26")


def test_a_packet_in_of_ten_bytes() -> None:
    refused(frame(10, bytes(2)), errors.BAD_REQUEST_BAD_LEN, "PacketIn has 2 bytes")


def test_a_match_takes_the_bytes_of_the_padding() -> None:
    body = pack("IHBBQ", 0, 0, 0, 0, 0) + match(oxm_tlv("in_port", 4))
    refused(frame(10, body), errors.BAD_REQUEST_BAD_LEN, "PacketIn has 32 bytes")


def test_a_packet_out() -> None:
    actions = (SetField(oxm("eth_dst", 1)), Output(1))
    message = PacketOut(5, 0xFFFFFFFF, 3, actions, PACKET)
    set_field = tlv(25, oxm_tlv("eth_dst", 1) + bytes(2))
    body = pack("IIH6x", 0xFFFFFFFF, 3, 32) + set_field + OUTPUT + PACKET
    assert V13.encode(message) == frame(13, body)
    assert V13.decode(frame(13, body)) == message


@pytest.mark.parametrize(
    ("body", "error", "text"),
    [
        (bytes(15), errors.BAD_REQUEST_BAD_LEN, "PacketOut has 15 bytes, expected at least 16"),
        (pack("IIH6x", 0, 0, 3) + bytes(8), errors.BAD_REQUEST_BAD_LEN, "3 bytes, expected up to"),
        (pack("IIH6x", 0, 0, 24) + OUTPUT, errors.BAD_REQUEST_BAD_LEN, "24 bytes, expected up to"),
        (pack("IIH6x", 0, 0, 8) + OUTPUT, errors.BAD_ACTION_BAD_LEN, "16 bytes, expected 8 to 8"),
        (
            pack("IIH6x", 0, 0, 16) + tlv(25, oxm_tlv("vlan_pcp", 0, 0) + bytes(6)),
            errors.BAD_ACTION_BAD_SET_TYPE,
            "has a mask",
        ),
    ],
)
def test_what_is_refused(body: bytes, error: ErrorCode, text: str) -> None:
    refused(frame(13, body), error, text)
