"""Queues: the reply that tells a port's queues and their rates."""

import pytest

from slicer.openflow import errors
from slicer.openflow.constants import OFPQT_MAX_RATE, OFPQT_MIN_RATE
from slicer.openflow.errors import EncodeError
from slicer.openflow.messages import Queue, QueueGetConfigReply, QueueProperty
from slicer.openflow.v13 import V13
from tests.unit.openflow.frames import frame, pack, refused

PROPERTIES = (
    QueueProperty(OFPQT_MIN_RATE, rate=100),
    QueueProperty(OFPQT_MAX_RATE, rate=1000),
    QueueProperty(0xFFFF, experimenter=9, data=b"12345678"),
    QueueProperty(7, data=b"abcdefgh"),
)
RAW = (
    pack("HH4xH6x", 1, 16, 100)
    + pack("HH4xH6x", 2, 16, 1000)
    + pack("HH4xI4x", 0xFFFF, 24, 9)
    + b"12345678"
    + pack("HH4x", 7, 16)
    + b"abcdefgh"
)


def reply(queues: bytes) -> bytes:
    return frame(23, pack("I4x", 3) + queues)


def test_a_reply() -> None:
    raw = reply(pack("IIH6x", 1, 3, 88) + RAW + pack("IIH6x", 2, 3, 16))
    message = QueueGetConfigReply(5, 3, (Queue(1, 3, PROPERTIES), Queue(2, 3)))
    assert V13.encode(message) == raw
    assert V13.decode(raw) == message


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (frame(23, bytes(4)), "QueueGetConfigReply has 4 bytes, expected at least 8"),
        (reply(bytes(8)), "queue has 8 bytes, expected at least 16"),
        (reply(pack("IIH6x", 1, 3, 0)), "queue has 0 bytes, expected 16 to 16"),
        (reply(pack("IIH6x", 1, 3, 24)), "queue has 24 bytes, expected 16 to 16"),
        (reply(pack("IIH6x", 1, 3, 24) + pack("HH4x", 1, 8)), "queue rate has 8 bytes"),
        (reply(pack("IIH6x", 1, 3, 24) + pack("HH4x", 1, 0)), "type 1 has 0 bytes"),
        (reply(pack("IIH6x", 1, 3, 24) + pack("HH4x", 0xFFFF, 8)), "of an experimenter has 0"),
    ],
)
def test_what_is_refused(bad: bytes, text: str) -> None:
    refused(bad, errors.BAD_REQUEST_BAD_LEN, text)


def test_what_can_not_be_written() -> None:
    queue = Queue(1, 3, (QueueProperty(7, data=b"123"),))
    with pytest.raises(EncodeError, match="queue property has 3 bytes of data"):
        V13.encode(QueueGetConfigReply(5, 3, (queue,)))
