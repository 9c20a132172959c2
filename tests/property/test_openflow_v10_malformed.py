"""Whatever a frame of OpenFlow 1.0 holds, decoding gives a message or one MalformedError, and
ends; and what it gives can be written again.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicer.openflow import errors
from slicer.openflow.errors import MalformedError
from slicer.openflow.header import HEADER
from slicer.openflow.messages import Message
from slicer.openflow.v10 import V10
from tests.property.openflow_v10_messages import MESSAGES

KNOWN_ERRORS = frozenset(errors.ALL.values())
PLAIN_TYPES = [*range(24), 255]
STATS_TYPES = [*range(8), 13, 0xFFFF]
BODIES = st.binary(max_size=200)


def frame_of(message_type: int, body: bytes, version: int = 1) -> bytes:
    return HEADER.pack(version, message_type, HEADER.size + len(body), 7) + body


def outcome(frame: bytes) -> Message | MalformedError:
    try:
        return V10.decode(frame)
    except MalformedError as error:
        return error


def judge(frame: bytes) -> None:
    """The invariant: one error that OpenFlow knows, or a message that survives a round trip."""
    kind = V10.kind(frame)
    found = outcome(frame)
    if isinstance(found, MalformedError):
        assert found.error in KNOWN_ERRORS
        assert str(found).startswith(found.error.name)
        assert kind is not None or found.error is V10.unknown(frame)
    else:
        assert kind is found.kind
        if frame[0] == V10.version:
            assert V10.decode(V10.encode(found)) == found


@pytest.mark.parametrize("message_type", PLAIN_TYPES)
@given(BODIES)
def test_any_body_after_any_type(message_type: int, body: bytes) -> None:
    judge(frame_of(message_type, body))


@pytest.mark.parametrize("stats", STATS_TYPES)
@given(st.sampled_from([16, 17]), st.integers(0, 3), BODIES)
def test_any_body_after_any_type_of_statistics(
    stats: int, message_type: int, flags: int, body: bytes
) -> None:
    judge(frame_of(message_type, stats.to_bytes(2, "big") + flags.to_bytes(2, "big") + body))


@given(st.integers(0, 255), st.integers(0, 255), BODIES)
def test_any_version(version: int, message_type: int, body: bytes) -> None:
    judge(frame_of(message_type, body, version))


@given(st.binary(max_size=64))
def test_bytes_that_are_no_frame(frame: bytes) -> None:
    with pytest.raises(MalformedError) as caught:
        V10.decode(frame[:2] + b"\xff\xff" + frame[4:])
    assert caught.value.error is errors.BAD_REQUEST_BAD_LEN


def mended(frame: bytes) -> bytes:
    """The frame with the length that it has."""
    return frame[:2] + len(frame).to_bytes(2, "big") + frame[4:]


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)
@settings(max_examples=30)
@given(st.data())
def test_every_way_of_cutting_a_frame_short(cls: type[Message], data: st.DataObject) -> None:
    frame = V10.encode(data.draw(MESSAGES[cls]))
    for end in range(HEADER.size, min(len(frame), 200)):
        judge(mended(frame[:end]))


EDITS = st.lists(
    st.tuples(st.integers(0, 0xFFFF), st.binary(max_size=3), st.integers(0, 3)),
    min_size=1,
    max_size=4,
)
"""Where, what is put there, and how many bytes it replaces."""


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)
@given(st.data())
def test_every_way_of_spoiling_a_frame(cls: type[Message], data: st.DataObject) -> None:
    frame = V10.encode(data.draw(MESSAGES[cls]))
    for where, new, old in data.draw(EDITS):
        offset = HEADER.size + where % (len(frame) - HEADER.size + 1)
        frame = frame[:offset] + new + frame[offset + old :]
    judge(mended(frame))
