"""Ports: their numbers, modes and states in both versions, and the messages made of them."""

from dataclasses import replace

import pytest

from slicer.openflow import errors
from slicer.openflow.constants import (
    OFPC_FLOW_STATS,
    OFPC_GROUP_STATS,
    OFPC_PORT_BLOCKED,
    OFPP_ANY,
    OFPP_IN_PORT,
    OFPPS_BLOCKED,
    OFPPS_LINK_DOWN,
    OFPPS_LIVE,
)
from slicer.openflow.errors import EncodeError
from slicer.openflow.messages import FeaturesReply, Message, Port, PortMod, PortStatus
from slicer.openflow.multipart import PortDescReply
from slicer.openflow.v10 import V10
from slicer.openflow.v10.ports import long_port, short_port
from tests.unit.openflow.frames import pack
from tests.unit.openflow.v10.frames import frame, refused, stats

MAC = b"\0\1\2\3\4\5"
COPPER_10G = 1 << 6 | 1 << 11
AUTONEG_1G = 1 << 5 | 1 << 13
FD_100M = 1 << 3
PORT = Port(
    1,
    MAC,
    "s1-eth1",
    0x35,
    OFPPS_LINK_DOWN,
    COPPER_10G,
    AUTONEG_1G,
    FD_100M,
    1,
    10_000_000,
    100_000,
)
RAW = pack("H6s16s6I", 1, MAC, b"s1-eth1", 0x35, 1, 1 << 6 | 1 << 7, 1 << 5 | 1 << 9, FD_100M, 1)


@pytest.mark.parametrize(
    ("short", "long"),
    [(0, 0), (0xFEFF, 0xFEFF), (0xFF00, 0xFFFFFF00), (0xFFF8, OFPP_IN_PORT), (0xFFFF, OFPP_ANY)],
)
def test_a_ports_number(short: int, long: int) -> None:
    assert long_port(short) == long
    assert short_port(long) == short


@pytest.mark.parametrize("number", [0xFF00, 0xFFFF, 0x10000, 0xFFFFFEFF])
def test_a_number_that_only_1_3_has(number: int) -> None:
    with pytest.raises(EncodeError, match=f"port {number:#x}, expected one below 0xff00"):
        short_port(number)


def test_a_port_status() -> None:
    raw = frame(12, pack("B7x", 2) + RAW)
    assert V10.encode(PortStatus(5, 2, PORT)) == raw
    assert V10.decode(raw) == PortStatus(5, 2, PORT)
    refused(frame(12, raw[8:] + b"!"), errors.BAD_REQUEST_BAD_LEN, "PortStatus has 57 bytes")


def test_ports_described() -> None:
    raw = stats(13, RAW * 2)
    assert V10.encode(PortDescReply(5, (PORT, PORT))) == raw
    assert V10.decode(raw) == PortDescReply(5, (PORT, PORT))
    refused(stats(13, RAW + b"!"), errors.BAD_REQUEST_BAD_LEN, "49 bytes, expected a multiple")


def test_a_port_mod() -> None:
    raw = frame(15, pack("H6sIII4x", 0xFFFE, MAC, 2, 3, 1 << 7))
    message = PortMod(5, 0xFFFFFFFE, MAC, 2, 3, 1 << 11)
    assert V10.encode(message) == raw
    assert V10.decode(raw) == message
    refused(frame(15, bytes(23)), errors.BAD_REQUEST_BAD_LEN, "PortMod has 23 bytes, expected 24")


@pytest.mark.parametrize(
    ("raw_state", "state"),
    [
        (0, 0),
        (1, OFPPS_LINK_DOWN),
        (3 << 8, OFPPS_BLOCKED),
        (0x301, OFPPS_LINK_DOWN | OFPPS_BLOCKED),
    ],
)
def test_a_blocked_port(raw_state: int, state: int) -> None:
    raw = stats(13, RAW[:28] + pack("I", raw_state) + RAW[32:])
    assert V10.decode(raw) == PortDescReply(5, (replace(PORT, state=state),))
    assert V10.encode(PortDescReply(5, (replace(PORT, state=state | OFPPS_LIVE),))) == raw


def test_a_port_that_spanning_tree_lets_listen_is_not_blocked() -> None:
    for state in (1 << 8, 2 << 8):
        raw = stats(13, RAW[:28] + pack("I", state) + RAW[32:])
        assert V10.decode(raw) == PortDescReply(5, (replace(PORT, state=0),))


@pytest.mark.parametrize(
    ("modes", "speed"),
    [(0x7F, 10_000_000), (0x3F, 1_000_000), (0x0F, 100_000), (0x03, 10_000), (0xF80, 0), (0, 0)],
)
def test_a_ports_speed_is_that_of_its_fastest_mode(modes: int, speed: int) -> None:
    reply = V10.decode(stats(13, RAW[:32] + pack("IIII", modes, 0, modes, 0)))
    assert isinstance(reply, PortDescReply)
    assert (reply.entries[0].curr_speed, reply.entries[0].max_speed) == (speed, speed)


def test_modes_that_only_1_3_has_are_left_out() -> None:
    (raw,) = (V10.encode(PortDescReply(5, (replace(PORT, curr=0xFFFF),))),)
    assert raw[12 + 32 : 12 + 36] == pack("I", 0xFFF)


FEATURES = FeaturesReply(
    5, 9, 7, 254, 0, OFPC_FLOW_STATS | OFPC_PORT_BLOCKED, ports=(PORT, PORT), actions=0x0FF
)


def test_a_features_reply() -> None:
    raw = frame(6, pack("QIB3xII", 9, 7, 254, 1 << 0 | 1 << 3 | 1 << 7, 0xFF) + RAW * 2)
    assert V10.encode(FEATURES) == raw
    assert V10.decode(raw) == FEATURES
    without_arp = frame(6, pack("QIB3xII", 9, 7, 254, 1 << 6, 0xFFF))
    assert V10.decode(without_arp) == FeaturesReply(5, 9, 7, 254, 0, 1 << 6, matches_arp_ip=False)
    assert V10.encode(V10.decode(without_arp)) == without_arp


def test_groups_are_not_told_in_a_features_reply() -> None:
    assert V10.encode(replace(FEATURES, capabilities=OFPC_GROUP_STATS))[24:28] == pack("I", 1 << 7)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (23, "FeaturesReply has 23 bytes, expected at least 24"),
        (24 + 47, "FeaturesReply's list of ports has 47 bytes, expected a multiple of 48"),
    ],
)
def test_a_features_reply_of_a_wrong_length(size: int, text: str) -> None:
    refused(frame(6, bytes(size)), errors.BAD_REQUEST_BAD_LEN, text)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (PortDescReply(5, (Port(1, MAC, "x" * 16),)), "port name 'x{16}' doesn't fit 15"),
        (PortDescReply(5, (Port(1, b"123", "x"),)), "hw_addr has 3 bytes, expected 6"),
        (PortMod(5, 1, MAC + b"!", 0, 0), "hw_addr has 7 bytes, expected 6"),
        (PortMod(5, 0xFF00, MAC, 0, 0), "port 0xff00"),
    ],
)
def test_what_can_not_be_written(message: Message, text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        V10.encode(message)
