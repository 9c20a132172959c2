"""Groups: group-mod and what replies tell of groups."""

import pytest

from slicer.openflow import errors
from slicer.openflow.actions import Note, Output
from slicer.openflow.constants import NICIRA, OFPG_ALL, OFPGC_DELETE, OFPGT_FF
from slicer.openflow.errors import ErrorCode
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
from slicer.openflow.v13 import V13
from tests.unit.openflow.frames import OUTPUT, frame, multipart, oxm_tlv, pack, refused, tlv

NOTE = tlv(0xFFFF, pack("IH", NICIRA, 8) + b"slice1")
BUCKETS = (Bucket(1, 2, 3, (Note(b"slice1"), Output(1))), Bucket(4, 5, 6, ()))
RAW = pack("HHII4x", 48, 1, 2, 3) + NOTE + OUTPUT + pack("HHII4x", 16, 4, 5, 6)


def bucket(length: int, rest: bytes = b"") -> bytes:
    return pack("HHII4x", length, 0, 0, 0) + rest


def group_mod(buckets: bytes, command: int = 0, group_type: int = 0) -> bytes:
    return frame(15, pack("HBxI", command, group_type, 7) + buckets)


def test_a_group_mod() -> None:
    raw = group_mod(RAW, command=1, group_type=2)
    assert V13.encode(GroupMod(5, 1, 2, 7, BUCKETS)) == raw
    assert V13.decode(raw) == GroupMod(5, 1, 2, 7, BUCKETS)


def test_deleting_every_group() -> None:
    raw = frame(15, pack("HBxI", 2, 3, OFPG_ALL))
    assert V13.decode(raw) == GroupMod(5, OFPGC_DELETE, OFPGT_FF, OFPG_ALL)


def test_groups_described() -> None:
    raw = multipart(7, pack("HBxI", 72, 1, 7) + RAW + pack("HBxI", 8, 0, 8))
    message = GroupDescReply(5, (GroupDesc(1, 7, BUCKETS), GroupDesc(0, 8)))
    assert V13.encode(message) == raw
    assert V13.decode(raw) == message


def test_group_statistics() -> None:
    entry = pack("H2xII4xQQII", 72, 1, 2, 3, 4, 5, 6) + pack("4Q", 7, 8, 9, 10)
    message = GroupStatsReply(5, (GroupStats(1, 2, 3, 4, 5, 6, (Counter(7, 8), Counter(9, 10))),))
    assert V13.encode(message) == multipart(6, entry)
    assert V13.decode(multipart(6, entry)) == message


def test_group_features() -> None:
    raw = multipart(8, pack("10I", *range(10)))
    message = GroupFeaturesReply(5, 0, 1, (2, 3, 4, 5), (6, 7, 8, 9))
    assert V13.encode(message) == raw
    assert V13.decode(raw) == message


BAD_BUCKET = errors.GROUP_MOD_FAILED_BAD_BUCKET
BAD_LEN = errors.BAD_REQUEST_BAD_LEN


@pytest.mark.parametrize(
    ("bad", "error", "text"),
    [
        (group_mod(b"", command=7), errors.GROUP_MOD_FAILED_BAD_COMMAND, "command 7"),
        (group_mod(b"", group_type=9), errors.GROUP_MOD_FAILED_BAD_TYPE, "group type 9"),
        (frame(15, bytes(4)), BAD_LEN, "GroupMod has 4 bytes"),
        (group_mod(bytes(4)), BAD_LEN, "GroupMod has 12 bytes"),
        (group_mod(bytes(8)), BAD_BUCKET, "bucket has 8 bytes, expected at least 16"),
        (group_mod(bucket(0)), BAD_BUCKET, "bucket has 0 bytes, expected 16 to 16"),
        (group_mod(bucket(20, bytes(8))), BAD_BUCKET, "bucket has 20 bytes"),
        (group_mod(bucket(64)), BAD_BUCKET, "bucket has 64 bytes"),
        (group_mod(bucket(24, OUTPUT)), errors.BAD_ACTION_BAD_LEN, "16 bytes, expected 8 to 8"),
        (group_mod(bucket(24, tlv(99, bytes(4)))), errors.BAD_ACTION_BAD_TYPE, "type 99"),
        (
            group_mod(bucket(32, tlv(25, oxm_tlv("vlan_pcp", 0, 0) + bytes(6)))),
            errors.BAD_ACTION_BAD_SET_TYPE,
            "has a mask",
        ),
        (multipart(7, pack("HBxI", 0, 0, 0)), BAD_LEN, "group description has 0 bytes"),
        (multipart(7, pack("HBxI", 16, 0, 0)), BAD_LEN, "expected 8 to 8"),
        (multipart(7, bytes(4)), BAD_LEN, "group description has 4 bytes"),
        (multipart(7, pack("HBxI", 24, 0, 0) + bucket(0)), BAD_LEN, "bucket has 0 bytes"),
        (multipart(6, bytes(39)), BAD_LEN, "group statistics has 39 bytes"),
        (multipart(6, pack("H38x", 0)), BAD_LEN, "group statistics has 0 bytes"),
        (multipart(6, pack("H46x", 48)), BAD_LEN, "bucket counters has 8 bytes"),
        (multipart(8, bytes(39)), BAD_LEN, "GroupFeaturesReply has 39 bytes, expected 40"),
    ],
)
def test_what_is_refused(bad: bytes, error: ErrorCode, text: str) -> None:
    refused(bad, error, text)
