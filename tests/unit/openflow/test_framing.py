"""Framer: examples of what a connection brings."""

import pytest

from slicer.openflow.errors import FramingError
from slicer.openflow.framing import Framer
from tests.unit.openflow.frames import frame

ECHO = frame(2, b"abc")
HELLO = frame(0, version=1)


def test_two_frames_in_one_read() -> None:
    framer = Framer()
    assert framer.feed(ECHO + HELLO) == [ECHO, HELLO]
    assert framer.pending == 0


def test_one_byte_at_a_time() -> None:
    framer = Framer()
    found = [framer.feed(bytes([byte])) for byte in ECHO + HELLO]
    assert [each for part in found for each in part] == [ECHO, HELLO]


def test_what_is_pending_is_counted() -> None:
    framer = Framer()
    assert framer.feed(ECHO + HELLO[:5]) == [ECHO]
    assert framer.pending == 5
    assert framer.feed(b"") == []
    assert framer.feed(HELLO[5:] + ECHO[:1]) == [HELLO]
    assert framer.pending == 1


def test_the_longest_frame() -> None:
    longest = frame(2, bytes(0xFFFF - 8))
    framer = Framer()
    assert framer.feed(longest[:40000]) == []
    assert framer.feed(longest[40000:] + HELLO) == [longest, HELLO]


@pytest.mark.parametrize("length", range(8))
def test_a_length_below_the_headers_loses_the_stream(length: int) -> None:
    framer = Framer()
    assert framer.feed(ECHO + b"\4\2" + bytes([0, length]) + bytes(40)) == [ECHO]
    assert isinstance(framer.error, FramingError)
    expected = f"length field says {length} bytes, expected 8 to 65535"
    with pytest.raises(FramingError, match=expected):
        framer.feed(HELLO)


def test_a_length_above_the_limit_loses_the_stream() -> None:
    framer = Framer(max_length=10)
    assert framer.feed(HELLO + ECHO) == [HELLO]
    assert str(framer.error) == "length field says 11 bytes, expected 8 to 10"


def test_a_frame_of_the_limit_is_taken() -> None:
    assert Framer(max_length=len(ECHO)).feed(ECHO) == [ECHO]


def test_a_bad_length_is_seen_before_the_frame_is_whole() -> None:
    framer = Framer(max_length=100)
    assert framer.feed(b"\4\2\xff\xff\0\0\0\0") == []
    assert framer.error is not None


def test_a_partial_frame_is_joined_twice_and_not_at_every_byte() -> None:
    """Feeding n bytes one by one copies about 2n bytes: the parts are kept apart."""
    framer = Framer()
    big = frame(2, bytes(60000))
    joins = 0
    for byte in big[:-1]:
        before = len(framer._parts)
        framer.feed(bytes([byte]))
        joins += len(framer._parts) <= before
    assert joins == 1
    assert framer.feed(big[-1:]) == [big]
