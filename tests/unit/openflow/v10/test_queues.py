"""Queues: a port's queues and their rates."""

import pytest

from slicer.openflow import errors
from slicer.openflow.constants import OFPP_ANY, OFPP_LOCAL, OFPQT_MIN_RATE
from slicer.openflow.errors import EncodeError
from slicer.openflow.messages import (
    Queue,
    QueueGetConfigReply,
    QueueGetConfigRequest,
    QueueProperty,
)
from slicer.openflow.v10 import V10
from tests.unit.openflow.frames import pack
from tests.unit.openflow.v10.frames import frame, refused

RATE = pack("HH4xH6x", 1, 16, 100)


def reply(queues: bytes) -> bytes:
    return frame(21, pack("H6x", 3) + queues)


def test_a_request() -> None:
    raw = frame(20, pack("H2x", 0xFFFE))
    assert V10.encode(QueueGetConfigRequest(5, OFPP_LOCAL)) == raw
    assert V10.decode(raw) == QueueGetConfigRequest(5, OFPP_LOCAL)
    refused(frame(20, pack("H2x", 0xFFFF)), errors.QUEUE_OP_FAILED_BAD_PORT, "queues of OFPP_NONE")
    refused(frame(20, bytes(8)), errors.BAD_REQUEST_BAD_LEN, "has 8 bytes, expected 4")


def test_a_reply() -> None:
    raw = reply(pack("IH2x", 1, 24) + RATE + pack("IH2x", 2, 8))
    properties = (QueueProperty(OFPQT_MIN_RATE, rate=100),)
    message = QueueGetConfigReply(5, 3, (Queue(1, 3, properties), Queue(2, 3)))
    assert V10.encode(message) == raw
    assert V10.decode(raw) == message


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (frame(21, bytes(4)), "QueueGetConfigReply has 4 bytes, expected at least 8"),
        (reply(bytes(4)), "queue has 4 bytes, expected at least 8"),
        (reply(pack("IH2x", 1, 0)), "queue has 0 bytes, expected 8 to 8"),
        (reply(pack("IH2x", 1, 16)), "queue has 16 bytes, expected 8 to 8"),
        (reply(pack("IH2x", 1, 16) + pack("HH4x", 1, 8)), "queue rate has 8 bytes"),
    ],
)
def test_what_is_refused(bad: bytes, text: str) -> None:
    refused(bad, errors.BAD_REQUEST_BAD_LEN, text)


def test_every_ports_queues_can_not_be_asked_for() -> None:
    with pytest.raises(EncodeError, match="queues of every port"):
        V10.encode(QueueGetConfigRequest(5, OFPP_ANY))


def test_a_queue_of_another_port_can_not_be_written() -> None:
    with pytest.raises(EncodeError, match="queue of port 4, expected one of the reply's port 3"):
        V10.encode(QueueGetConfigReply(5, 3, (Queue(1, 4),)))
