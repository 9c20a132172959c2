"""Whatever a frame holds, decoding gives a message or one MalformedError, and ends."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicer.openflow import errors
from slicer.openflow.errors import MalformedError
from slicer.openflow.header import HEADER
from slicer.openflow.messages import Message
from slicer.openflow.v13 import V13
from tests.property.openflow_messages import MESSAGES

KNOWN_ERRORS = frozenset(errors.ALL.values())
PLAIN_TYPES = [*range(32), 255]
MULTIPART_TYPES = [*range(16), 0xFFFF]
BODIES = st.binary(max_size=200)


def frame_of(message_type: int, body: bytes, version: int = 4) -> bytes:
    return HEADER.pack(version, message_type, HEADER.size + len(body), 7) + body


def outcome(frame: bytes) -> Message | MalformedError:
    try:
        return V13.decode(frame)
    except MalformedError as error:
        return error


def judge(frame: bytes) -> None:
    """The invariant: one error that OpenFlow knows, or a message that survives a round trip."""
    kind = V13.kind(frame)
    found = outcome(frame)
    if isinstance(found, MalformedError):
        assert found.error in KNOWN_ERRORS
        assert str(found).startswith(found.error.name)
        assert kind is not None or found.error is V13.unknown(frame)
    else:
        assert kind is found.kind
        assert V13.decode(V13.encode(found)) == found


@pytest.mark.parametrize("message_type", PLAIN_TYPES)
@given(BODIES)
def test_any_body_after_any_type(message_type: int, body: bytes) -> None:
    judge(frame_of(message_type, body))


@pytest.mark.parametrize("multipart", MULTIPART_TYPES)
@given(st.sampled_from([18, 19]), st.integers(0, 3), BODIES)
def test_any_body_after_any_multipart_type(
    multipart: int, message_type: int, flags: int, body: bytes
) -> None:
    head = multipart.to_bytes(2, "big") + flags.to_bytes(2, "big") + bytes(4)
    judge(frame_of(message_type, head + body))


@given(st.integers(0, 255), st.integers(0, 255), BODIES)
def test_any_version(version: int, message_type: int, body: bytes) -> None:
    judge(frame_of(message_type, body, version))


@given(st.binary(max_size=64))
def test_bytes_that_are_no_frame(frame: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        V13.decode(frame[:2] + b"\xff\xff" + frame[4:])
    assert caught.value.error is errors.BAD_REQUEST_BAD_LEN


def mended(frame: bytes) -> bytes:
    """The frame with the length that it has."""
    return frame[:2] + len(frame).to_bytes(2, "big") + frame[4:]


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)
@settings(max_examples=30)  # each of them is cut at every byte
@given(st.data())
def test_every_way_of_cutting_a_frame_short(cls: type[Message], data: st.DataObject) -> None:
    frame = V13.encode(data.draw(MESSAGES[cls]))
    for end in range(HEADER.size, len(frame)):
        judge(mended(frame[:end]))


EDITS = st.lists(
    st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=3), st.integers(0, 3)),
    min_size=1,
    max_size=4,
)
"""Where, what is put there, and how many bytes it replaces."""


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)
@settings(max_examples=50)  # of each of 58 messages
@given(st.data())
def test_every_way_of_spoiling_a_frame(cls: type[Message], data: st.DataObject) -> None:
    frame = V13.encode(data.draw(MESSAGES[cls]))
    for where, new, old in data.draw(EDITS):
        offset = HEADER.size + where % (len(frame) - HEADER.size + 1)
        frame = frame[:offset] + new + frame[offset + old :]
    judge(mended(frame))
