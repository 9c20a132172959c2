"""Packet-in and packet-out: OpenFlow 1.0 5.4.1 and 5.3.6.

A packet-in of OpenFlow 1.0 has an input port where 1.3's has a match, and no table or cookie:
it is read as one from table 0 without a flow. Invariant: the packet inside is the frame's own
bytes, never touched.
"""

from struct import Struct
from typing import Final

from slicer.openflow.errors import EncodeError
from slicer.openflow.messages import PacketIn, PacketOut
from slicer.openflow.oxm import Match, header_of
from slicer.openflow.v10.actions import decode_actions, encode_actions
from slicer.openflow.v10.ports import long_port, short_port
from slicer.openflow.v13.wire import Codec, bad_length, check_least

_IN: Final = Struct("!IHHBx")
_OUT: Final = Struct("!IHH")
_NO_COOKIE: Final = 0xFFFF_FFFF_FFFF_FFFF
"""What Open vSwitch's packet-ins bear when no flow sent them."""
_IN_PORT: Final = header_of("in_port")


def _decode_in(xid: int, frame: bytes, offset: int) -> PacketIn:
    check_least("PacketIn", len(frame) - offset, _IN.size)
    buffer_id, total_len, in_port, reason = _IN.unpack_from(frame, offset)
    match = Match(((_IN_PORT, long_port(in_port).to_bytes(4, "big")),))
    return PacketIn(
        xid, buffer_id, total_len, reason, 0, _NO_COOKIE, match, frame[offset + _IN.size :]
    )


def _encode_in(m: PacketIn) -> bytes:
    for header, payload in m.match.oxms:
        if header == _IN_PORT:
            in_port = short_port(int.from_bytes(payload, "big"))
            return _IN.pack(m.buffer_id, m.total_len, in_port, m.reason) + m.data
    raise EncodeError("packet-in without an in_port in its match")


def _decode_out(xid: int, frame: bytes, offset: int) -> PacketOut:
    check_least("PacketOut", len(frame) - offset, _OUT.size)
    buffer_id, in_port, actions_len = _OUT.unpack_from(frame, offset)
    start = offset + _OUT.size
    end = start + actions_len
    if actions_len % 8 or end > len(frame):
        expected = f"up to {len(frame) - start} in steps of 8"
        raise bad_length("PacketOut's list of actions", actions_len, expected)
    actions = decode_actions(frame, start, end)
    return PacketOut(xid, buffer_id, long_port(in_port), actions, frame[end:])


def _encode_out(m: PacketOut) -> bytes:
    actions = encode_actions(m.actions)
    return _OUT.pack(m.buffer_id, short_port(m.in_port), len(actions)) + actions + m.data


PACKET_IN: Final = Codec(_decode_in, _encode_in)
PACKET_OUT: Final = Codec(_decode_out, _encode_out)
