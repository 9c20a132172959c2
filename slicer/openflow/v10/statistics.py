"""Port, queue and table statistics: OpenFlow 1.0 5.3.5.

Where 1.3 says how long a port or queue has been there, 1.0 says nothing, which is read as 0.
Invariant: every counter is 64 bits and keeps its value.
"""

from struct import Struct
from typing import Any, Final

from slicer.openflow.constants import OFPP_ALL, OFPP_ANY
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
from slicer.openflow.v10.ports import long_port, short_port
from slicer.openflow.v13.wire import Codec, bad_length, check_size, raw_text, text, values_of

_TABLE: Final = Struct("!B3x32sIIIQQ")
_TABLE_NAME_ROOM: Final = 32
_PORT_REQUEST: Final = Struct("!H6x")
_PORT: Final = Struct("!H6x12Q")
_PORT_COUNTERS: Final = values_of(PortStats, 1, 12)
_QUEUE_REQUEST: Final = Struct("!H2xI")
_QUEUE: Final = Struct("!H2xI3Q")
_QUEUE_VALUES: Final = values_of(QueueStats, 1, 4)


def _rows(what: str, layout: Struct, frame: bytes, offset: int) -> Any:
    size = len(frame) - offset
    if size % layout.size:
        raise bad_length(what, size, f"a multiple of {layout.size}")
    return layout.iter_unpack(memoryview(frame)[offset:])


def _decode_tables(xid: int, frame: bytes, offset: int) -> TableStatsReply:
    rows = _rows("TableStatsReply", _TABLE, frame, offset)
    return TableStatsReply(
        xid,
        tuple(
            TableStats(table_id, active, lookups, matched, text(name), wildcards, max_entries)
            for table_id, name, wildcards, max_entries, active, lookups, matched in rows
        ),
    )


def _encode_tables(message: TableStatsReply) -> bytes:
    return b"".join(
        [
            _TABLE.pack(
                each.table_id,
                raw_text("table name", each.name, _TABLE_NAME_ROOM),
                each.wildcards,
                each.max_entries,
                each.active_count,
                each.lookup_count,
                each.matched_count,
            )
            for each in message.entries
        ]
    )


def _decode_port_request(xid: int, frame: bytes, offset: int) -> PortStatsRequest:
    check_size("PortStatsRequest", len(frame) - offset, _PORT_REQUEST.size)
    return PortStatsRequest(xid, long_port(_PORT_REQUEST.unpack_from(frame, offset)[0]))


def _encode_port_request(message: PortStatsRequest) -> bytes:
    return _PORT_REQUEST.pack(short_port(message.port_no))


def _decode_ports(xid: int, frame: bytes, offset: int) -> PortStatsReply:
    rows = _rows("PortStatsReply", _PORT, frame, offset)
    entries = tuple(PortStats(*[long_port(number), *rest, 0, 0]) for number, *rest in rows)
    return PortStatsReply(xid, entries)


def _encode_ports(message: PortStatsReply) -> bytes:
    return b"".join(
        [_PORT.pack(short_port(each.port_no), *_PORT_COUNTERS(each)) for each in message.entries]
    )


def _decode_queue_request(xid: int, frame: bytes, offset: int) -> QueueStatsRequest:
    check_size("QueueStatsRequest", len(frame) - offset, _QUEUE_REQUEST.size)
    short, queue_id = _QUEUE_REQUEST.unpack_from(frame, offset)
    port = long_port(short)
    return QueueStatsRequest(xid, OFPP_ANY if port == OFPP_ALL else port, queue_id)


def _encode_queue_request(m: QueueStatsRequest) -> bytes:
    port = OFPP_ALL if m.port_no == OFPP_ANY else m.port_no
    return _QUEUE_REQUEST.pack(short_port(port), m.queue_id)


def _decode_queues(xid: int, frame: bytes, offset: int) -> QueueStatsReply:
    rows = _rows("QueueStatsReply", _QUEUE, frame, offset)
    entries = tuple(QueueStats(*[long_port(number), *rest, 0, 0]) for number, *rest in rows)
    return QueueStatsReply(xid, entries)


def _encode_queues(message: QueueStatsReply) -> bytes:
    return b"".join(
        [_QUEUE.pack(short_port(each.port_no), *_QUEUE_VALUES(each)) for each in message.entries]
    )


TABLE_STATS_REPLY: Final = Codec(_decode_tables, _encode_tables)
PORT_STATS_REQUEST: Final = Codec(_decode_port_request, _encode_port_request)
PORT_STATS_REPLY: Final = Codec(_decode_ports, _encode_ports)
QUEUE_STATS_REQUEST: Final = Codec(_decode_queue_request, _encode_queue_request)
QUEUE_STATS_REPLY: Final = Codec(_decode_queues, _encode_queues)
