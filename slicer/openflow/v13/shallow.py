"""Shallow: the hot messages taken apart by offset, without a value for each field.

Packet-in, flow-mod and packet-out (OpenFlow 1.3.5 7.4.1, 7.3.4.1, 7.3.7) are cut into the parts
that have to be looked up or translated and those that pass as they are. It finds the ends of
things and judges nothing else; a tenant's frame that can't be cut cleanly is for `decode`, which
says what is wrong with it. Invariant: joining what was split, unchanged, gives the same frame.
"""

from struct import Struct
from typing import Final, NamedTuple

from slicer.openflow.constants import NICIRA, OFPG_ANY, OFPP_ANY
from slicer.openflow.errors import EncodeError
from slicer.openflow.framing import LONGEST_FRAME
from slicer.openflow.header import HEADER
from slicer.openflow.v13.match import OXM_MATCH, SHORTEST_MATCH
from slicer.openflow.v13.table import VERSION
from slicer.openflow.v13.upsert import NXT_FLOW_MOD
from slicer.openflow.v13.wire import TLV, check_least

_PACKET_IN: Final = 10
_PACKET_IN_MATCH: Final = 24
BEFORE_PACKET: Final = 2
SHORTEST_PACKET_IN: Final = _PACKET_IN_MATCH + SHORTEST_MATCH + BEFORE_PACKET
_PACK_HEADER: Final = HEADER.pack
_NO_COOKIE: Final = b"\xff" * 8
_FLOW_MOD_MATCH: Final = 48
PACKET_OUT_LAYOUT: Final = (16, 24)
"""Where a packet-out has the length of its actions, and the actions."""
_PACKET_OUT_ACTIONS: Final = 24
_OXM_BASIC: Final = 0x80
"""The first byte of OpenFlow's own class; the second is 0."""
_OXM_MATCH: Final = OXM_MATCH.to_bytes(2, "big")
_PACK_START: Final = Struct("!BBH").pack
_PACK_TLV: Final = TLV.pack
_BYTES: Final = [bytes((each,)) for each in range(256)]
_PADDING: Final = [bytes(-each % 8) for each in range(8)]
NO_OUT_FILTER: Final = b"\xff" * 8
"""out_port and out_group, both ANY."""
_PACKET_OUT_BODY: Final = Struct("!IIH").unpack_from
_PACKET_OUT_HEAD: Final = Struct("!BBHIIIH6x").pack
_PACKET_OUT: Final = 13
FLOW_MOD: Final = 14
_EXPERIMENTER: Final = 4


def packet_at(frame: bytes) -> int:
    """Where the packet starts in a packet-in of at least SHORTEST_PACKET_IN bytes, by the length of
    its match."""
    return _PACKET_IN_MATCH + ((frame[26] << 8 | frame[27]) + 7 & ~7) + BEFORE_PACKET


def split_packet_in(frame: bytes) -> tuple[int, bytes, int]:
    """(reason, key, rest) of a packet-in: `key` is all that a translation depends on, table id and
    match with its padding; what comes after the match starts at `rest`. Raises MalformedError
    where the match does not end in the frame."""
    size = len(frame)
    if size < SHORTEST_PACKET_IN:
        check_least("PacketIn", size, SHORTEST_PACKET_IN)
    packet = packet_at(frame)
    if size < packet:
        check_least("PacketIn", size, packet)
    rest = packet - BEFORE_PACKET
    return frame[14], frame[15:16] + frame[_PACKET_IN_MATCH:rest], rest


def join_packet_in(
    frame: bytes, table: bytes, match: bytes, rest: int, *, keeps_cookie: bool = True
) -> bytes:
    """The packet-in with another table id and match, under xid 0; without its cookie it has all
    ones there, as Open vSwitch's packet-ins that no flow made."""
    length = _PACKET_IN_MATCH + len(match) + len(frame) - rest
    return b"".join(
        (
            _PACK_HEADER(VERSION, _PACKET_IN, length, 0),
            frame[8:15],
            table,
            frame[16:_PACKET_IN_MATCH] if keeps_cookie else _NO_COOKIE,
            match,
            frame[rest:],
        )
    )


def check_length(what: str, length: int) -> None:
    """Raises EncodeError for more bytes than a frame has."""
    if length > LONGEST_FRAME:
        raise EncodeError(f"{what} takes {length} bytes, expected at most {LONGEST_FRAME}")


def flow_mod_key(frame: bytes) -> bytes:
    """All that a flow-mod's translation depends on, but for its priority where it has no match:
    xid, cookie, timeouts, priority and buffer are left out."""
    return frame[24:26] + frame[36:]


def like_flow_mod(frame: bytes, translated: bytes) -> bytes:
    """What `translated` is for a flow-mod of the same key, with what this frame says besides."""
    return b"".join((translated[:4], frame[4:24], translated[24:26], frame[26:36], translated[36:]))


class FlowMod(NamedTuple):
    """The fields that decide how a flow-mod is translated; `oxms` and `instructions` are bytes."""

    table_id: int
    command: int
    has_output_filter: bool
    is_table_miss: bool
    oxms: bytes
    instructions: bytes


def split_flow_mod(frame: bytes) -> FlowMod | None:
    """None where the match does not end in the frame, or has a field of another class than
    OpenFlow's own."""
    cut = cut_flow_mod(frame)
    if cut is None:
        return None
    oxms, instructions = cut
    return FlowMod(
        frame[24],
        frame[25],
        frame[36:44] != NO_OUT_FILTER,
        not oxms and frame[30:32] == b"\0\0",
        oxms,
        instructions,
    )


def cut_flow_mod(frame: bytes) -> tuple[bytes, bytes] | None:
    """`oxms` and `instructions` of a FlowMod alone, or None likewise."""
    size = len(frame)
    if size < _FLOW_MOD_MATCH + 8 or size % 8 or frame[48:50] != _OXM_MATCH:
        return None
    length = frame[50] << 8 | frame[51]
    end = _FLOW_MOD_MATCH + length
    padded = end + 7 & ~7
    if length < 4 or padded > size:
        return None
    offset = 52
    while offset < end - 3:
        if frame[offset] != _OXM_BASIC or frame[offset + 1]:
            return None
        offset += 4 + frame[offset + 3]
    return (frame[52:end], frame[padded:]) if offset == end else None


def join_flow_mod(frame: bytes, table_id: int, oxms: bytes, instructions: bytes) -> bytes:
    """The flow-mod for another table, with another match and instructions and no output filter,
    under its own xid. Raises EncodeError when it grows beyond what a frame holds."""
    match = 4 + len(oxms)
    length = _FLOW_MOD_MATCH + (match + 7 & ~7) + len(instructions)
    if length > LONGEST_FRAME:
        check_length("FlowMod", length)
    return b"".join(
        (
            _PACK_START(VERSION, FLOW_MOD, length),
            frame[4:24],
            _BYTES[table_id],
            frame[25:36],
            NO_OUT_FILTER,
            frame[44:48],
            _PACK_TLV(OXM_MATCH, match),
            oxms,
            _PADDING[match & 7],
            instructions,
        )
    )


_PACK_MOD_HEAD: Final = Struct("!BBHIQQBBHHHIIIH2xHH").pack
_UPSERT_HEAD: Final = Struct("!BBHIIIQHHHHIHHH6x")
_NO_PORT: Final = 0xFFFF


class Flow(NamedTuple):
    """What a flow-mod says of its flow besides match and instructions."""

    cookie: int
    table_id: int
    command: int
    idle_timeout: int
    hard_timeout: int
    priority: int
    buffer_id: int
    flags: int


def write_flow_mod(xid: int, flow: Flow, oxms: bytes, instructions: bytes) -> bytes:
    """A flow-mod without a filter. Raises EncodeError when it is longer than a frame."""
    match = 4 + len(oxms)
    length = _FLOW_MOD_MATCH + (match + 7 & ~7) + len(instructions)
    if length > LONGEST_FRAME:
        check_length("FlowMod", length)
    cookie, table, command, idle, hard, priority, buffer_id, flags = flow
    head = _PACK_MOD_HEAD(
        *(VERSION, FLOW_MOD, length, xid, cookie, 0, table, command, idle, hard, priority),
        *(buffer_id, OFPP_ANY, OFPG_ANY, flags, OXM_MATCH, match),
    )
    return b"".join((head, oxms, _PADDING[match & 7], instructions))


def write_upsert(xid: int, flow: Flow, oxms: bytes, instructions: bytes) -> bytes:
    """OpenFlow 1.0's modify, which may add, as `upsert.py` says it. Raises EncodeError likewise."""
    length = _UPSERT_HEAD.size + (len(oxms) + 7 & ~7) + len(instructions)
    check_length("FlowMod", length)
    cookie, table, command, idle, hard, priority, buffer_id, flags = flow
    head = _UPSERT_HEAD.pack(
        *(VERSION, _EXPERIMENTER, length, xid, NICIRA, NXT_FLOW_MOD, cookie),
        *(table << 8 | command, idle, hard, priority, buffer_id, _NO_PORT, flags, len(oxms)),
    )
    return b"".join((head, oxms, bytes(-len(oxms) % 8), instructions))


def split_packet_out(frame: bytes) -> tuple[int, int, bytes, bytes] | None:
    """A packet-out's buffer, its in_port, its actions as bytes, and the packet; None where the
    actions do not end in the frame."""
    if len(frame) < _PACKET_OUT_ACTIONS:
        return None
    buffer_id, in_port, length = _PACKET_OUT_BODY(frame, 8)
    end = _PACKET_OUT_ACTIONS + length
    if length % 8 or end > len(frame):
        return None
    return buffer_id, in_port, frame[_PACKET_OUT_ACTIONS:end], frame[end:]


def write_packet_out(xid: int, buffer_id: int, in_port: int, actions: bytes, data: bytes) -> bytes:
    """A packet-out. Raises EncodeError when it is longer than a frame."""
    size = len(actions)
    length = _PACKET_OUT_ACTIONS + size + len(data)
    if length > LONGEST_FRAME:
        check_length("PacketOut", length)
    head = _PACKET_OUT_HEAD(VERSION, _PACKET_OUT, length, xid, buffer_id, in_port, size)
    return head + actions + data
