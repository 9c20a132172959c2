"""Packet-in and packet-out: OpenFlow 1.3.5 7.4.1 and 7.3.7.

Invariant: the packet inside is the frame's own bytes, never touched.
"""

from struct import Struct
from typing import Final

from slicer.openflow.messages import PacketIn, PacketOut
from slicer.openflow.oxm_rules import check_set_field_actions
from slicer.openflow.v13.actions import decode_actions, encode_actions
from slicer.openflow.v13.match import SHORTEST_MATCH, decode_match, encode_match
from slicer.openflow.v13.wire import Codec, bad_length, check_least

_IN: Final = Struct("!IHBBQ")
_OUT: Final = Struct("!IIH6x")
_PADDING_BEFORE_PACKET: Final = bytes(2)


def _decode_in(xid: int, frame: bytes, offset: int) -> PacketIn:
    least = _IN.size + SHORTEST_MATCH + len(_PADDING_BEFORE_PACKET)
    check_least("PacketIn", len(frame) - offset, least)
    buffer_id, total_len, reason, table_id, cookie = _IN.unpack_from(frame, offset)
    match, end = decode_match(frame, offset + _IN.size, len(frame))
    start = end + len(_PADDING_BEFORE_PACKET)
    check_least("PacketIn", len(frame) - offset, start - offset)
    return PacketIn(xid, buffer_id, total_len, reason, table_id, cookie, match, frame[start:])


def _encode_in(m: PacketIn) -> bytes:
    head = _IN.pack(m.buffer_id, m.total_len, m.reason, m.table_id, m.cookie)
    return head + encode_match(m.match) + _PADDING_BEFORE_PACKET + m.data


def _decode_out(xid: int, frame: bytes, offset: int) -> PacketOut:
    check_least("PacketOut", len(frame) - offset, _OUT.size)
    buffer_id, in_port, actions_len = _OUT.unpack_from(frame, offset)
    start = offset + _OUT.size
    end = start + actions_len
    if actions_len % 8 or end > len(frame):
        expected = f"up to {len(frame) - start} in steps of 8"
        raise bad_length("PacketOut's list of actions", actions_len, expected)
    actions = decode_actions(frame, start, end)
    check_set_field_actions(actions)
    return PacketOut(xid, buffer_id, in_port, actions, frame[end:])


def _encode_out(m: PacketOut) -> bytes:
    actions = encode_actions(m.actions)
    return _OUT.pack(m.buffer_id, m.in_port, len(actions)) + actions + m.data


PACKET_IN: Final = Codec(_decode_in, _encode_in)
PACKET_OUT: Final = Codec(_decode_out, _encode_out)
