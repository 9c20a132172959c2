"""Flow-mod, flow-removed and flow statistics: OpenFlow 1.0 5.3.3, 5.4.2 and 5.3.5.

A flow of 1.0 is in table 0 and has a list of actions, which is an apply-actions instruction;
a delete or a question concerns every table. Follows Open vSwitch where 1.0 leaves it open.

Invariant: a decoded flow-mod has a command and flags that exist, and a match without a
wildcard gives it the highest priority.
"""

from struct import Struct
from typing import Any, Final, TypeVar

from slicer.openflow import errors
from slicer.openflow.actions import Action
from slicer.openflow.constants import (
    OFPFC_ADD,
    OFPFC_DELETE,
    OFPFC_DELETE_STRICT,
    OFPFC_MODIFY,
    OFPFC_MODIFY_STRICT,
    OFPFF_CHECK_OVERLAP,
    OFPFF_RESET_COUNTS,
    OFPFF_SEND_FLOW_REM,
    OFPG_ANY,
    OFPRR_DELETE,
    OFPRR_GROUP_DELETE,
    OFPTT_ALL,
)
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.instructions import ApplyActions, Instruction
from slicer.openflow.messages import FlowMod, FlowRemoved
from slicer.openflow.multipart import (
    AggregateRequest,
    FlowStats,
    FlowStatsReply,
    FlowStatsRequest,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v10.actions import decode_actions, encode_actions
from slicer.openflow.v10.match import (
    MATCH_SIZE,
    decode_match,
    encode_match,
    is_exact,
    protocol_of,
    says_tagged,
    with_wildcard,
)
from slicer.openflow.v10.ports import long_port, short_port
from slicer.openflow.v13.wire import Codec, bad_length, check_size, varied_entries

_MOD: Final = Struct("!QHHHHIHH")
_REMOVED: Final = Struct("!QHBxIIH2xQQ")
_REQUEST: Final = Struct("!BxH")
_STATS: Final = Struct("!HBx")
_STATS_REST: Final = Struct("!IIHHH6xQQQ")
_STATS_SIZE: Final = _STATS.size + MATCH_SIZE + _STATS_REST.size

_HIGHEST_PRIORITY: Final = 0xFFFF
_EMERGENCY: Final = 1 << 2
_FLAGS: Final = OFPFF_SEND_FLOW_REM | OFPFF_CHECK_OVERLAP
_DELETES: Final = frozenset({OFPFC_DELETE, OFPFC_DELETE_STRICT})
_MODIFIES: Final = frozenset({OFPFC_MODIFY, OFPFC_MODIFY_STRICT})


def _decode_instructions(
    frame: bytes, offset: int, end: int, match: int
) -> tuple[Instruction, ...]:
    """The instructions of the flow whose match is at `match`."""
    if offset == end:
        return ()
    return (ApplyActions(decode_actions(frame, offset, end, protocol_of(frame, match))),)


def _encode_instructions(instructions: tuple[Instruction, ...], match: Match) -> bytes:
    actions: tuple[Action, ...] = ()
    for instruction in instructions:
        if not isinstance(instruction, ApplyActions) or len(instructions) > 1:
            raise EncodeError(f"instructions {instructions}, expected a list of actions at most")
        actions = instruction.actions
    if not actions:
        return b""
    return encode_actions(actions, says_tagged(match))


def _decode_mod(xid: int, frame: bytes, offset: int) -> FlowMod:
    size = len(frame) - offset
    if size < MATCH_SIZE + _MOD.size or size % 8:
        raise bad_length("FlowMod", size, f"at least {MATCH_SIZE + _MOD.size} in steps of 8")
    body = offset + MATCH_SIZE
    cookie, command, idle, hard, priority, buffer_id, out_port, flags = _MOD.unpack_from(
        frame, body
    )
    if command > OFPFC_DELETE_STRICT:
        raise MalformedError(
            errors.FLOW_MOD_FAILED_BAD_COMMAND,
            f"flow-mod command {command}, expected 0 to {OFPFC_DELETE_STRICT}",
        )
    if flags & ~_FLAGS:
        raise _bad_flags(flags, idle or hard)
    return FlowMod(
        xid,
        cookie,
        0,
        OFPTT_ALL if command in _DELETES else 0,
        command,
        idle,
        hard,
        _HIGHEST_PRIORITY if is_exact(frame, offset) else priority,
        buffer_id,
        long_port(out_port),
        OFPG_ANY,
        # An add of 1.0 always starts the counters from zero.
        flags | OFPFF_RESET_COUNTS if command == OFPFC_ADD else flags,
        decode_match(frame, offset),
        _decode_instructions(frame, body + _MOD.size, len(frame), offset),
        command in _MODIFIES,
    )


def _bad_flags(flags: int, timeout: int) -> MalformedError:
    """Emergency flows are ones that there is no room for."""
    error = errors.FLOW_MOD_FAILED_BAD_FLAGS
    if flags & _EMERGENCY:
        error = errors.FLOW_MOD_FAILED_BAD_TIMEOUT if timeout else errors.FLOW_MOD_FAILED_TABLE_FULL
    return MalformedError(error, f"flow-mod flags {flags:#x}, expected none but {_FLAGS:#x}")


def _encode_mod(m: FlowMod) -> bytes:
    match = encode_match(m.match)
    if m.priority != _HIGHEST_PRIORITY and is_exact(match, 0):
        match = with_wildcard(match)
        if is_exact(match, 0) and m.command != OFPFC_DELETE:
            raise EncodeError(
                f"priority {m.priority} of a match without wildcards, expected {_HIGHEST_PRIORITY}"
            )
    _check_mod(m)
    head = _MOD.pack(
        m.cookie,
        m.command,
        m.idle_timeout,
        m.hard_timeout,
        m.priority,
        m.buffer_id,
        short_port(m.out_port),
        m.flags & _FLAGS,
    )
    return match + head + _encode_instructions(m.instructions, m.match)


def _check_mod(m: FlowMod) -> None:
    """Judge what the layout has no field for. Raises EncodeError."""
    tables = (0, OFPTT_ALL) if m.command in _DELETES else (0,)
    flags = _FLAGS | OFPFF_RESET_COUNTS if m.command == OFPFC_ADD else _FLAGS
    filters = m.out_group, m.cookie_mask if m.command != OFPFC_ADD else 0
    if m.table_id not in tables or m.flags & ~flags or filters != (OFPG_ANY, 0):
        raise EncodeError(f"{m} has a table, flag or filter that OpenFlow 1.0 doesn't have")
    if m.command in _MODIFIES and not m.upsert:
        raise EncodeError(f"{m} must not add a flow: in OpenFlow 1.0 a modify may")


def _decode_removed(xid: int, frame: bytes, offset: int) -> FlowRemoved:
    check_size("FlowRemoved", len(frame) - offset, MATCH_SIZE + _REMOVED.size)
    cookie, priority, reason, sec, nsec, idle, packets, octets = _REMOVED.unpack_from(
        frame, offset + MATCH_SIZE
    )
    match = decode_match(frame, offset)
    return FlowRemoved(xid, cookie, priority, reason, 0, sec, nsec, idle, 0, packets, octets, match)


def _encode_removed(m: FlowRemoved) -> bytes:
    return encode_match(m.match) + _REMOVED.pack(
        m.cookie,
        m.priority,
        OFPRR_DELETE if m.reason == OFPRR_GROUP_DELETE else m.reason,
        m.duration_sec,
        m.duration_nsec,
        m.idle_timeout,
        m.packet_count,
        m.byte_count,
    )


_Request = TypeVar("_Request", FlowStatsRequest, AggregateRequest)


def _request(cls: type[_Request]) -> Codec:
    def decode(xid: int, frame: bytes, offset: int) -> _Request:
        check_size(cls.__name__, len(frame) - offset, MATCH_SIZE + _REQUEST.size)
        table_id, out_port = _REQUEST.unpack_from(frame, offset + MATCH_SIZE)
        match = decode_match(frame, offset)
        return cls(xid, table_id, long_port(out_port), OFPG_ANY, 0, 0, match)

    def encode(m: _Request) -> bytes:
        if (m.out_group, m.cookie_mask) != (OFPG_ANY, 0):
            raise EncodeError(f"{m} has a filter that OpenFlow 1.0 doesn't have")
        return encode_match(m.match) + _REQUEST.pack(m.table_id, short_port(m.out_port))

    return Codec(decode, encode)


def _decode_stats(frame: bytes, offset: int) -> tuple[FlowStats, int]:
    left = len(frame) - offset
    if left < _STATS_SIZE:
        raise bad_length("flow statistics", left, f"at least {_STATS_SIZE}")
    length, table_id = _STATS.unpack_from(frame, offset)
    if not _STATS_SIZE <= length <= left or length % 8:
        raise bad_length("flow statistics", length, f"{_STATS_SIZE} to {left} in steps of 8")
    start, end = offset + _STATS.size, offset + length
    sec, nsec, priority, idle, hard, *counters = _STATS_REST.unpack_from(frame, start + MATCH_SIZE)
    instructions = _decode_instructions(frame, offset + _STATS_SIZE, end, start)
    match = decode_match(frame, start)
    fields: tuple[Any, ...] = (sec, nsec, priority, idle, hard, 0, *counters, match, instructions)
    return FlowStats(table_id, *fields), end


def _encode_stats(s: FlowStats) -> bytes:
    actions = _encode_instructions(s.instructions, s.match)
    rest = _STATS_REST.pack(
        s.duration_sec,
        s.duration_nsec,
        s.priority,
        s.idle_timeout,
        s.hard_timeout,
        s.cookie,
        s.packet_count,
        s.byte_count,
    )
    head = _STATS.pack(_STATS_SIZE + len(actions), s.table_id)
    return head + encode_match(s.match) + rest + actions


FLOW_MOD: Final = Codec(_decode_mod, _encode_mod)
FLOW_REMOVED: Final = Codec(_decode_removed, _encode_removed)
FLOW_STATS_REQUEST: Final = _request(FlowStatsRequest)
AGGREGATE_REQUEST: Final = _request(AggregateRequest)
FLOW_STATS_REPLY: Final = varied_entries(FlowStatsReply, _decode_stats, _encode_stats)
