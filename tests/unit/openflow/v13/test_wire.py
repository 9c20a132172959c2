"""The codecs' tools: walking TLVs, padding, names and addresses."""

import pytest

from slicer.openflow import errors
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.messages import FeaturesReply, Port
from slicer.openflow.multipart import TableStats, TableStatsReply
from slicer.openflow.v13 import V13
from slicer.openflow.v13.wire import mac, padded, raw_text, text, walk, whole_words
from tests.unit.openflow.frames import tlv


def test_walking_over_tlvs() -> None:
    frame = b"head" + tlv(7, bytes(4)) + tlv(9, bytes(12)) + b"tail"
    found = list(walk(frame, 4, len(frame) - 4, "thing", errors.BAD_ACTION_BAD_LEN))
    assert found == [(7, 4, 12), (9, 12, 28)]


@pytest.mark.parametrize(
    ("frame", "text_of_it"),
    [
        (tlv(7, length=0), "thing of type 7 has 0 bytes, expected 8 to 4"),
        (tlv(7, bytes(4), length=4), "has 4 bytes, expected 8 to 8 in steps of 8"),
        (tlv(7, bytes(12), length=12), "has 12 bytes"),
        (tlv(7, bytes(4), length=16), "has 16 bytes, expected 8 to 8"),
        (tlv(7, bytes(4)) + b"abc", "thing has 3 bytes, expected at least 4"),
    ],
)
def test_a_walk_ends_at_a_bad_length(frame: bytes, text_of_it: str) -> None:
    with pytest.raises(MalformedError, match=text_of_it) as caught:
        list(walk(frame, 0, len(frame), "thing", errors.BAD_ACTION_BAD_LEN))
    assert caught.value.error == errors.BAD_ACTION_BAD_LEN


def test_what_only_another_version_says_is_left_out() -> None:
    ports = (Port(1, bytes(6), "eth0"),)
    reply = FeaturesReply(5, 1, 2, 3, 0, 4, 0, ports, actions=1, matches_arp_ip=False)
    assert V13.encode(reply) == V13.encode(FeaturesReply(5, 1, 2, 3, 0, 4))
    tables = TableStatsReply(5, (TableStats(1, 2, 3, 4, "first", 5, 6),))
    assert V13.encode(tables) == V13.encode(TableStatsReply(5, (TableStats(1, 2, 3, 4),)))


def test_padding() -> None:
    assert [len(padded(bytes(n))) for n in (0, 1, 8, 9)] == [0, 8, 8, 16]


def test_names() -> None:
    assert text(b"eth0\0\0junk") == "eth0"
    assert raw_text("name", "eth0", 16) == b"eth0"
    assert raw_text("name", text(b"\xff\xe9\0"), 16) == b"\xff\xe9"
    for bad in ("x" * 16, "a\0b"):
        with pytest.raises(EncodeError, match="doesn't fit 15 bytes without a NUL"):
            raw_text("name", bad, 16)


def test_lengths_that_are_fixed() -> None:
    assert mac("hw_addr", b"123456") == b"123456"
    with pytest.raises(EncodeError, match="hw_addr has 5 bytes, expected 6"):
        mac("hw_addr", b"12345")
    assert whole_words("data", bytes(8)) == bytes(8)
    with pytest.raises(EncodeError, match="data has 9 bytes of data, expected a multiple of 8"):
        whole_words("data", bytes(9))
