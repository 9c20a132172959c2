"""Shallow: OpenFlow 1.0's flow-mod and packet-out taken apart by offset, for a datapath of 1.3.

The actions stay bytes: what they mean depends on them and on the match's protocol alone, so a
translation can be kept. What can't be cut cleanly is for `decode`, which says what is wrong with
it. Invariant: what is cut has the meaning that `V10.decode` gives it.
"""

from struct import Struct
from typing import Final, NamedTuple

from slicer.openflow.constants import (
    OFPFC_ADD,
    OFPFC_DELETE,
    OFPFC_DELETE_STRICT,
    OFPFF_CHECK_OVERLAP,
    OFPFF_RESET_COUNTS,
    OFPFF_SEND_FLOW_REM,
)
from slicer.openflow.v10.match import Protocol
from slicer.openflow.v10.ports import long_port, short_port
from slicer.openflow.v10.shapes import Shapes
from slicer.openflow.v10.table import VERSION

_MATCH_AT: Final = 8
_BODY_AT: Final = 48
_BODY: Final = Struct("!QHHHHIHH")
_ACTIONS_AT: Final = 72
_FLAGS: Final = OFPFF_SEND_FLOW_REM | OFPFF_CHECK_OVERLAP
_NO_PORT: Final = 0xFFFF
_HIGHEST_PRIORITY: Final = 0xFFFF
_DELETES: Final = (OFPFC_DELETE, OFPFC_DELETE_STRICT)
_PACKET_IN: Final = Struct("!BBHI6sHBx")
_PACKET_IN_TYPE: Final = 10
_PACKET_OUT: Final = Struct("!IHH")
PACKET_OUT_LAYOUT: Final = (14, 16)
"""Where a packet-out has the length of its actions, and the actions."""
_PACKET_OUT_ACTIONS: Final = 16


def flow_mod_key(frame: bytes) -> bytes:
    """All that a flow-mod's translation depends on: xid, cookie, timeouts and buffer are left
    out."""
    return frame[_MATCH_AT:_BODY_AT] + frame[56:58] + frame[62:64] + frame[68:]


def like_flow_mod(frame: bytes, translated: bytes) -> bytes:
    """What `translated`, a flow-mod of OpenFlow 1.3, is for one of the same key, with what this
    frame says besides."""
    return b"".join(
        (
            translated[:4],
            frame[4:8],
            frame[48:56],
            translated[16:26],
            frame[58:62],
            translated[30:32],
            frame[64:68],
            translated[36:],
        )
    )


class FlowMod(NamedTuple):
    """A flow-mod whose actions are bytes, for flows whose match says `protocol`; the other fields
    are as `messages.FlowMod` has them, `oxms` as on the wire."""

    cookie: int
    command: int
    idle_timeout: int
    hard_timeout: int
    priority: int
    buffer_id: int
    flags: int
    oxms: bytes
    protocol: Protocol
    actions: bytes


def split_flow_mod(frame: bytes, shapes: Shapes) -> FlowMod | None:
    """None where the frame is too short, has a command or a flag that isn't one, or filters by
    output. Raises MalformedError for a match that can't be."""
    if len(frame) < _ACTIONS_AT:
        return None
    cookie, command, idle, hard, priority, buffer_id, out_port, flags = _BODY.unpack_from(
        frame, _BODY_AT
    )
    if command > OFPFC_DELETE_STRICT or flags & ~_FLAGS:
        return None
    if command in _DELETES and out_port != _NO_PORT:
        return None
    oxms, protocol, is_exact = shapes.fields(frame)
    return FlowMod(
        cookie,
        command,
        idle,
        hard,
        _HIGHEST_PRIORITY if is_exact else priority,
        buffer_id,
        flags | OFPFF_RESET_COUNTS if command == OFPFC_ADD else flags,
        oxms,
        protocol,
        frame[_ACTIONS_AT:],
    )


def write_packet_in(before_match: bytes, in_port: int, reason: int, data: bytes) -> bytes:
    """A packet-in under xid 0. `before_match` begins as one of 1.3 does: header, buffer id, total
    length. Raises EncodeError for a port that 1.0 has no number for."""
    head = _PACKET_IN.pack(
        VERSION,
        _PACKET_IN_TYPE,
        _PACKET_IN.size + len(data),
        0,
        before_match[8:14],
        short_port(in_port),
        reason,
    )
    return head + data


def split_packet_out(frame: bytes) -> tuple[int, int, bytes, bytes] | None:
    """A packet-out's buffer, its in_port (32 bits), its actions as bytes, and the packet; None
    where the actions do not end in the frame."""
    if len(frame) < _PACKET_OUT_ACTIONS:
        return None
    buffer_id, in_port, length = _PACKET_OUT.unpack_from(frame, _MATCH_AT)
    end = _PACKET_OUT_ACTIONS + length
    if length % 8 or end > len(frame):
        return None
    return buffer_id, long_port(in_port), frame[_PACKET_OUT_ACTIONS:end], frame[end:]
