"""Queues: OpenFlow 1.0 5.2.2 and 5.3.4. A queue's properties are laid out as in 1.3, but a request
is about one port.

Invariant: every queue of a reply is one of the reply's port.
"""

from struct import Struct
from typing import Final

from slicer.openflow import errors
from slicer.openflow.constants import OFPP_ANY
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.messages import Queue, QueueGetConfigReply, QueueGetConfigRequest
from slicer.openflow.v10.ports import long_port, short_port
from slicer.openflow.v13.queues import decode_properties, encode_property
from slicer.openflow.v13.wire import Codec, bad_length, check_least, check_size

_REQUEST: Final = Struct("!H2x")
_REPLY: Final = Struct("!H6x")
_QUEUE: Final = Struct("!IH2x")


def _decode_request(xid: int, frame: bytes, offset: int) -> QueueGetConfigRequest:
    check_size("QueueGetConfigRequest", len(frame) - offset, _REQUEST.size)
    port = long_port(_REQUEST.unpack_from(frame, offset)[0])
    if port == OFPP_ANY:
        raise MalformedError(
            errors.QUEUE_OP_FAILED_BAD_PORT, "queues of OFPP_NONE, expected those of one port"
        )
    return QueueGetConfigRequest(xid, port)


def _encode_request(message: QueueGetConfigRequest) -> bytes:
    if message.port == OFPP_ANY:
        raise EncodeError("queues of every port can't be asked for in OpenFlow 1.0")
    return _REQUEST.pack(short_port(message.port))


def _decode_queue(frame: bytes, offset: int, port: int) -> tuple[Queue, int]:
    left = len(frame) - offset
    check_least("queue", left, _QUEUE.size)
    queue_id, length = _QUEUE.unpack_from(frame, offset)
    if not _QUEUE.size <= length <= left:
        raise bad_length("queue", length, f"{_QUEUE.size} to {left}")
    end = offset + length
    return Queue(queue_id, port, decode_properties(frame, offset + _QUEUE.size, end)), end


def _encode_queue(queue: Queue, port: int) -> bytes:
    if queue.port != port:
        raise EncodeError(f"queue of port {queue.port}, expected one of the reply's port {port}")
    properties = b"".join([encode_property(each) for each in queue.properties])
    return _QUEUE.pack(queue.queue_id, _QUEUE.size + len(properties)) + properties


def _decode_reply(xid: int, frame: bytes, offset: int) -> QueueGetConfigReply:
    check_least("QueueGetConfigReply", len(frame) - offset, _REPLY.size)
    port = long_port(_REPLY.unpack_from(frame, offset)[0])
    offset += _REPLY.size
    queues: list[Queue] = []
    while offset < len(frame):
        queue, offset = _decode_queue(frame, offset, port)
        queues.append(queue)
    return QueueGetConfigReply(xid, port, tuple(queues))


def _encode_reply(message: QueueGetConfigReply) -> bytes:
    queues = [_encode_queue(queue, message.port) for queue in message.queues]
    return b"".join([_REPLY.pack(short_port(message.port)), *queues])


QUEUE_GET_CONFIG_REQUEST: Final = Codec(_decode_request, _encode_request)
QUEUE_GET_CONFIG_REPLY: Final = Codec(_decode_reply, _encode_reply)
