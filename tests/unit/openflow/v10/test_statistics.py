"""Statistics of ports, queues and tables: requests and replies, byte by byte."""

from dataclasses import replace

import pytest

from slicer.openflow import errors
from slicer.openflow.constants import OFPP_ALL, OFPP_ANY, OFPP_LOCAL, OFPQ_ALL
from slicer.openflow.errors import EncodeError
from slicer.openflow.messages import Message
from slicer.openflow.multipart import (
    PortStats,
    PortStatsReply,
    PortStatsRequest,
    QueueStats,
    QueueStatsReply,
    QueueStatsRequest,
    TableStats,
    TableStatsReply,
)
from slicer.openflow.v10 import V10
from tests.unit.openflow.frames import pack
from tests.unit.openflow.v10.frames import refused, stats

PORT = pack("H6x12Q", 0xFFFE, *range(1, 13))
PORT_STATS = PortStats(*[OFPP_LOCAL, *range(1, 13), 0, 0])
QUEUE = pack("H2xI3Q", 2, 3, 4, 5, 6)
TABLE = pack("B3x32sIIIQQ", 1, b"classifier", 0x3FFFFF, 1000, 5, 6, 7)

EXAMPLES: list[tuple[Message, bytes]] = [
    (PortStatsRequest(5, 1), stats(4, pack("H6x", 1), message_type=16)),
    (PortStatsRequest(5, OFPP_ANY), stats(4, pack("H6x", 0xFFFF), message_type=16)),
    (QueueStatsRequest(5, 1, 2), stats(5, pack("H2xI", 1, 2), message_type=16)),
    (
        QueueStatsRequest(5, OFPP_ANY, OFPQ_ALL),
        stats(5, pack("H2xI", 0xFFFC, 0xFFFFFFFF), message_type=16),
    ),
    (
        PortStatsReply(5, (PORT_STATS,) * 2, more=True),
        stats(4, PORT * 2, flags=1),
    ),
    (QueueStatsReply(5, (QueueStats(2, 3, 4, 5, 6, 0, 0),) * 2), stats(5, QUEUE * 2)),
    (
        TableStatsReply(5, (TableStats(1, 5, 6, 7, "classifier", 0x3FFFFF, 1000),) * 2),
        stats(3, TABLE * 2),
    ),
]


@pytest.mark.parametrize(("message", "raw"), EXAMPLES, ids=lambda part: type(part).__name__)
def test_statistics_byte_by_byte(message: Message, raw: bytes) -> None:
    assert V10.encode(message) == raw
    assert V10.decode(raw) == message


def test_every_port_is_all_in_a_request_for_queues_and_none_in_one_for_ports() -> None:
    none = stats(5, pack("H2xI", 0xFFFF, 1), message_type=16)
    assert V10.decode(none) == QueueStatsRequest(5, OFPP_ANY, 1)
    everyone = stats(4, pack("H6x", 0xFFFC), message_type=16)
    assert V10.decode(everyone) == PortStatsRequest(5, OFPP_ALL)


def test_how_long_a_port_has_been_there_is_not_told() -> None:
    one = PortStatsReply(5, (replace(PORT_STATS, duration_sec=8, duration_nsec=9),))
    assert V10.encode(one) == stats(4, PORT)
    queue = QueueStatsReply(5, (QueueStats(2, 3, 4, 5, 6, 8, 9),))
    assert V10.encode(queue) == stats(5, QUEUE)


def test_what_a_table_of_1_3_says_of_itself() -> None:
    raw = V10.encode(TableStatsReply(5, (TableStats(1, 5, 6, 7),)))
    assert raw == stats(3, pack("B3x32sIIIQQ", 1, b"", 0x3FFFFF, 0, 5, 6, 7))


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (stats(4, bytes(7), message_type=16), "PortStatsRequest has 7 bytes, expected 8"),
        (stats(5, bytes(9), message_type=16), "QueueStatsRequest has 9 bytes, expected 8"),
        (stats(4, PORT + b"!"), "PortStatsReply has 105 bytes, expected a multiple of 104"),
        (stats(5, QUEUE[:-1]), "QueueStatsReply has 31 bytes, expected a multiple of 32"),
        (stats(3, TABLE + b"!"), "TableStatsReply has 65 bytes, expected a multiple of 64"),
    ],
)
def test_what_is_refused(bad: bytes, text: str) -> None:
    refused(bad, errors.BAD_REQUEST_BAD_LEN, text)


def test_what_can_not_be_written() -> None:
    with pytest.raises(EncodeError, match=r"table name 'x{32}' doesn't fit 31"):
        V10.encode(TableStatsReply(5, (TableStats(1, 5, 6, 7, "x" * 32),)))
    with pytest.raises(EncodeError, match="port 0x10000"):
        V10.encode(PortStatsRequest(5, 0x10000))
