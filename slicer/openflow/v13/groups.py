"""Groups: group-mod, group statistics and group descriptions (OpenFlow 1.3.5 7.3.4.2,
7.3.5.9 to 7.3.5.11).

Invariant: a decoded group-mod has a command and a type that exist, and all of its buckets.
"""

from struct import Struct
from typing import Any, Final

from slicer.openflow import errors
from slicer.openflow.constants import OFPGC_DELETE, OFPGT_FF
from slicer.openflow.errors import ErrorCode, MalformedError
from slicer.openflow.groups import Bucket
from slicer.openflow.messages import GroupMod
from slicer.openflow.multipart import (
    Counter,
    GroupDesc,
    GroupDescReply,
    GroupFeaturesReply,
    GroupStats,
    GroupStatsReply,
)
from slicer.openflow.oxm_rules import check_set_field_actions
from slicer.openflow.v13.actions import decode_actions, encode_actions
from slicer.openflow.v13.wire import Codec, bad_length, check_least, check_size

_MOD: Final = Struct("!HBxI")
_BUCKET: Final = Struct("!HHII4x")
_DESC: Final = Struct("!HBxI")
_STATS: Final = Struct("!H2xII4xQQII")
_FEATURES: Final = Struct("!II4I4I")
COUNTER: Final = Struct("!QQ")


def _decode_buckets(frame: bytes, offset: int, end: int, error: ErrorCode) -> tuple[Bucket, ...]:
    found: list[Bucket] = []
    while offset < end:
        check_least("bucket", end - offset, _BUCKET.size, error)
        length, weight, port, group = _BUCKET.unpack_from(frame, offset)
        if not _BUCKET.size <= length <= end - offset or length % 8:
            expected = f"{_BUCKET.size} to {end - offset} in steps of 8"
            raise bad_length("bucket", length, expected, error)
        actions = decode_actions(frame, offset + _BUCKET.size, offset + length)
        found.append(Bucket(weight, port, group, actions))
        offset += length
    return tuple(found)


def _encode_buckets(buckets: tuple[Bucket, ...]) -> bytes:
    parts: list[bytes] = []
    for bucket in buckets:
        actions = encode_actions(bucket.actions)
        length = _BUCKET.size + len(actions)
        parts.append(_BUCKET.pack(length, bucket.weight, bucket.watch_port, bucket.watch_group))
        parts.append(actions)
    return b"".join(parts)


def _decode_mod(xid: int, frame: bytes, offset: int) -> GroupMod:
    size = len(frame) - offset
    if size < _MOD.size or size % 8:
        raise bad_length("GroupMod", size, f"at least {_MOD.size} in steps of 8")
    command, group_type, group_id = _MOD.unpack_from(frame, offset)
    if command > OFPGC_DELETE:
        raise MalformedError(
            errors.GROUP_MOD_FAILED_BAD_COMMAND,
            f"group-mod command {command}, expected 0 to {OFPGC_DELETE}",
        )
    if group_type > OFPGT_FF:
        raise MalformedError(
            errors.GROUP_MOD_FAILED_BAD_TYPE, f"group type {group_type}, expected 0 to {OFPGT_FF}"
        )
    start = offset + _MOD.size
    buckets = _decode_buckets(frame, start, len(frame), errors.GROUP_MOD_FAILED_BAD_BUCKET)
    for bucket in buckets:
        check_set_field_actions(bucket.actions)
    return GroupMod(xid, command, group_type, group_id, buckets)


def _encode_mod(m: GroupMod) -> bytes:
    return _MOD.pack(m.command, m.type, m.group_id) + _encode_buckets(m.buckets)


def _decode_descs(xid: int, frame: bytes, offset: int) -> GroupDescReply:
    found: list[GroupDesc] = []
    while offset < len(frame):
        left = len(frame) - offset
        check_least("group description", left, _DESC.size)
        length, group_type, group_id = _DESC.unpack_from(frame, offset)
        if not _DESC.size <= length <= left:
            raise bad_length("group description", length, f"{_DESC.size} to {left}")
        end = offset + length
        start = offset + _DESC.size
        buckets = _decode_buckets(frame, start, end, errors.BAD_REQUEST_BAD_LEN)
        found.append(GroupDesc(group_type, group_id, buckets))
        offset = end
    return GroupDescReply(xid, tuple(found))


def _encode_descs(message: GroupDescReply) -> bytes:
    parts: list[bytes] = []
    for desc in message.entries:
        buckets = _encode_buckets(desc.buckets)
        parts.append(_DESC.pack(_DESC.size + len(buckets), desc.type, desc.group_id))
        parts.append(buckets)
    return b"".join(parts)


def decode_counters(what: str, frame: bytes, start: int, end: int) -> tuple[Counter, ...]:
    """The counters in frame[start:end]. Raises MalformedError (BAD_REQUEST/BAD_LEN)."""
    if (end - start) % COUNTER.size:
        raise bad_length(what, end - start, f"a multiple of {COUNTER.size}")
    return tuple(Counter(*row) for row in COUNTER.iter_unpack(frame[start:end]))


def encode_counters(counters: tuple[Counter, ...]) -> bytes:
    """The counters one after the other. Raises struct.error."""
    return b"".join([COUNTER.pack(each.packet_count, each.byte_count) for each in counters])


def _decode_stats(xid: int, frame: bytes, offset: int) -> GroupStatsReply:
    found: list[GroupStats] = []
    while offset < len(frame):
        left = len(frame) - offset
        check_least("group statistics", left, _STATS.size)
        length, *values = _STATS.unpack_from(frame, offset)
        if not _STATS.size <= length <= left:
            raise bad_length("group statistics", length, f"{_STATS.size} to {left}")
        start, offset = offset + _STATS.size, offset + length
        counters = decode_counters("bucket counters", frame, start, offset)
        fields: tuple[Any, ...] = (*values, counters)
        found.append(GroupStats(*fields))
    return GroupStatsReply(xid, tuple(found))


def _encode_stats(message: GroupStatsReply) -> bytes:
    parts: list[bytes] = []
    for s in message.entries:
        counters = encode_counters(s.bucket_stats)
        head = _STATS.pack(
            _STATS.size + len(counters),
            s.group_id,
            s.ref_count,
            s.packet_count,
            s.byte_count,
            s.duration_sec,
            s.duration_nsec,
        )
        parts += (head, counters)
    return b"".join(parts)


def _decode_features(xid: int, frame: bytes, offset: int) -> GroupFeaturesReply:
    check_size("GroupFeaturesReply", len(frame) - offset, _FEATURES.size)
    types, capabilities, *limits = _FEATURES.unpack_from(frame, offset)
    return GroupFeaturesReply(xid, types, capabilities, tuple(limits[:4]), tuple(limits[4:]))


def _encode_features(m: GroupFeaturesReply) -> bytes:
    return _FEATURES.pack(m.types, m.capabilities, *m.max_groups, *m.actions)


GROUP_MOD: Final = Codec(_decode_mod, _encode_mod)
GROUP_DESC_REPLY: Final = Codec(_decode_descs, _encode_descs)
GROUP_STATS_REPLY: Final = Codec(_decode_stats, _encode_stats)
GROUP_FEATURES_REPLY: Final = Codec(_decode_features, _encode_features)
