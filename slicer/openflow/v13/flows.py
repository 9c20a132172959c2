"""Flow-mod, flow-removed and flow statistics: OpenFlow 1.3.5 7.3.4.1, 7.4.2, 7.3.5.2, 7.3.5.3.

What a controller asks for is held to the rules of matches; what a datapath reports is
taken as it is, since its flows may be of somebody else's making.

Invariant: a decoded flow-mod has a command that exists and a match that keeps the rules.
"""

from struct import Struct
from typing import Any, Final, TypeVar

from slicer.openflow import errors
from slicer.openflow.constants import OFPFC_DELETE_STRICT
from slicer.openflow.errors import MalformedError
from slicer.openflow.messages import FlowMod, FlowRemoved
from slicer.openflow.multipart import (
    AggregateRequest,
    FlowStats,
    FlowStatsReply,
    FlowStatsRequest,
)
from slicer.openflow.oxm_rules import check_match, check_set_fields
from slicer.openflow.v13.instructions import decode_instructions, encode_instructions
from slicer.openflow.v13.match import SHORTEST_MATCH, decode_match, encode_match
from slicer.openflow.v13.rewrites import in_1_3
from slicer.openflow.v13.wire import Codec, bad_length, check_least, varied_entries

_MOD: Final = Struct("!QQBBHHHIIIH2x")
_REMOVED: Final = Struct("!QHBBIIHHQQ")
_REQUEST: Final = Struct("!B3xII4xQQ")
_STATS: Final = Struct("!HBxIIHHHH4xQQQ")


def _decode_mod(xid: int, frame: bytes, offset: int) -> FlowMod:
    size = len(frame) - offset
    if size < _MOD.size + SHORTEST_MATCH or size % 8:
        raise bad_length("FlowMod", size, f"at least {_MOD.size + SHORTEST_MATCH} in steps of 8")
    values = _MOD.unpack_from(frame, offset)
    if values[3] > OFPFC_DELETE_STRICT:
        raise MalformedError(
            errors.FLOW_MOD_FAILED_BAD_COMMAND,
            f"flow-mod command {values[3]}, expected 0 to {OFPFC_DELETE_STRICT}",
        )
    match, offset = decode_match(frame, offset + _MOD.size, len(frame))
    check_match(match)
    instructions = decode_instructions(frame, offset, len(frame))
    check_set_fields(instructions)
    fields: tuple[Any, ...] = (xid, *values, match, instructions)
    return FlowMod(*fields)


def _encode_mod(m: FlowMod) -> bytes:
    head = _MOD.pack(
        m.cookie,
        m.cookie_mask,
        m.table_id,
        m.command,
        m.idle_timeout,
        m.hard_timeout,
        m.priority,
        m.buffer_id,
        m.out_port,
        m.out_group,
        m.flags,
    )
    return head + encode_match(m.match) + encode_instructions(m.instructions)


def _decode_removed(xid: int, frame: bytes, offset: int) -> FlowRemoved:
    size = len(frame) - offset
    check_least("FlowRemoved", size, _REMOVED.size + SHORTEST_MATCH)
    match, end = decode_match(frame, offset + _REMOVED.size, len(frame))
    if end != len(frame):
        raise bad_length("FlowRemoved", size, str(end - offset))
    fields: tuple[Any, ...] = (xid, *_REMOVED.unpack_from(frame, offset), match)
    return FlowRemoved(*fields)


def _encode_removed(m: FlowRemoved) -> bytes:
    head = _REMOVED.pack(
        m.cookie,
        m.priority,
        m.reason,
        m.table_id,
        m.duration_sec,
        m.duration_nsec,
        m.idle_timeout,
        m.hard_timeout,
        m.packet_count,
        m.byte_count,
    )
    return head + encode_match(m.match)


_Request = TypeVar("_Request", FlowStatsRequest, AggregateRequest)


def _request(cls: type[_Request]) -> Codec:
    def decode(xid: int, frame: bytes, offset: int) -> _Request:
        size = len(frame) - offset
        if size < _REQUEST.size + SHORTEST_MATCH or size % 8:
            expected = f"at least {_REQUEST.size + SHORTEST_MATCH} in steps of 8"
            raise bad_length(cls.__name__, size, expected)
        match, end = decode_match(frame, offset + _REQUEST.size, len(frame))
        if end != len(frame):
            raise bad_length(cls.__name__, size, str(end - offset))
        check_match(match)
        fields: tuple[Any, ...] = (xid, *_REQUEST.unpack_from(frame, offset), match)
        return cls(*fields)

    def encode(m: _Request) -> bytes:
        head = _REQUEST.pack(m.table_id, m.out_port, m.out_group, m.cookie, m.cookie_mask)
        return head + encode_match(m.match)

    return Codec(decode, encode)


def _decode_stats(frame: bytes, offset: int) -> tuple[FlowStats, int]:
    left = len(frame) - offset
    check_least("flow statistics", left, _STATS.size + SHORTEST_MATCH)
    length, *values = _STATS.unpack_from(frame, offset)
    if not _STATS.size + SHORTEST_MATCH <= length <= left or length % 8:
        expected = f"{_STATS.size + SHORTEST_MATCH} to {left} in steps of 8"
        raise bad_length("flow statistics", length, expected)
    end = offset + length
    match, offset = decode_match(frame, offset + _STATS.size, end)
    fields: tuple[Any, ...] = (*values, match, decode_instructions(frame, offset, end))
    return FlowStats(*fields), end


def _encode_stats(s: FlowStats) -> bytes:
    body = encode_match(s.match) + encode_instructions(in_1_3(s.instructions, s.match))
    head = _STATS.pack(
        _STATS.size + len(body),
        s.table_id,
        s.duration_sec,
        s.duration_nsec,
        s.priority,
        s.idle_timeout,
        s.hard_timeout,
        s.flags,
        s.cookie,
        s.packet_count,
        s.byte_count,
    )
    return head + body


FLOW_MOD: Final = Codec(_decode_mod, _encode_mod)
FLOW_REMOVED: Final = Codec(_decode_removed, _encode_removed)
FLOW_STATS_REQUEST: Final = _request(FlowStatsRequest)
AGGREGATE_REQUEST: Final = _request(AggregateRequest)
FLOW_STATS_REPLY: Final = varied_entries(FlowStatsReply, _decode_stats, _encode_stats)
