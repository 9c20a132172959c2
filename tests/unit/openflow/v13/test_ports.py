"""Ports: port-status, port-mod and port-desc, and names that are no text."""

from dataclasses import replace

import pytest

from slicer.openflow import errors
from slicer.openflow.errors import EncodeError
from slicer.openflow.messages import Message, Port, PortMod, PortStatus
from slicer.openflow.multipart import PortDescReply
from slicer.openflow.v13 import V13
from tests.unit.openflow.frames import frame, multipart, pack, refused

MAC = b"\0\1\2\3\4\5"
PORT = Port(1, MAC, "s1-eth1", 4, 3, 4, 5, 6, 7, 8, 9)
RAW = pack("I4x6s2x16s8I", 1, MAC, b"s1-eth1", 4, 3, 4, 5, 6, 7, 8, 9)


def test_a_port_status() -> None:
    raw = frame(12, pack("B7x", 2) + RAW)
    assert V13.encode(PortStatus(5, 2, PORT)) == raw
    assert V13.decode(raw) == PortStatus(5, 2, PORT)
    refused(raw[:3] + b"\x58" + raw[4:] + bytes(8), errors.BAD_REQUEST_BAD_LEN, "80 bytes")


def test_ports_described() -> None:
    raw = multipart(13, RAW * 2)
    assert V13.encode(PortDescReply(5, (PORT, PORT))) == raw
    assert V13.decode(raw) == PortDescReply(5, (PORT, PORT))
    refused(multipart(13, RAW + b"!"), errors.BAD_REQUEST_BAD_LEN, "65 bytes, expected a multiple")


def test_a_port_mod() -> None:
    raw = frame(16, pack("I4x6s2xIII4x", 1, MAC, 4, 5, 6))
    assert V13.encode(PortMod(5, 1, MAC, 4, 5, 6)) == raw
    assert V13.decode(raw) == PortMod(5, 1, MAC, 4, 5, 6)
    refused(frame(16, bytes(31)), errors.BAD_REQUEST_BAD_LEN, "31 bytes, expected 32")


def test_a_name_that_fills_its_field_is_cut_at_nothing() -> None:
    raw = multipart(13, RAW.replace(b"s1-eth1" + bytes(9), b"0123456789abcdef"))
    (port,) = V13.decode(raw).entries  # type: ignore[attr-defined]
    assert port.name == "0123456789abcde"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (PortDescReply(5, (Port(1, MAC, "x" * 16),)), "port name 'x{16}' doesn't fit 15"),
        (PortDescReply(5, (Port(1, b"123", "x"),)), "hw_addr has 3 bytes, expected 6"),
        (PortMod(5, 1, MAC + b"!", 0, 0), "hw_addr has 7 bytes, expected 6"),
    ],
)
def test_what_can_not_be_written(message: Message, text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        V13.encode(message)


ALL_BITS = 0xFFFF_FFFF
OF_1_0_ALONE = 1 << 1 | 1 << 3 | 1 << 4
"""NO_STP, NO_RECV_STP and NO_FLOOD."""


def test_what_only_1_0_can_configure_is_neither_said_nor_read() -> None:
    raw = V13.encode(PortStatus(5, 2, replace(PORT, config=ALL_BITS)))
    status = V13.decode(raw)
    assert isinstance(status, PortStatus)
    assert status.desc.config == ALL_BITS & ~OF_1_0_ALONE
    asked = V13.decode(frame(16, pack("I4x6s2xIII4x", 1, MAC, ALL_BITS, ALL_BITS, 6)))
    assert asked == PortMod(5, 1, MAC, ALL_BITS & ~OF_1_0_ALONE, ALL_BITS & ~OF_1_0_ALONE, 6)
