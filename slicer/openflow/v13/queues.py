"""Queues: OpenFlow 1.3.5 7.2.2 and 7.3.6.

Invariant: a property of an unknown type keeps its bytes as `data`.
"""

from struct import Struct
from typing import Final

from slicer.openflow import errors
from slicer.openflow.constants import OFPQT_MAX_RATE, OFPQT_MIN_RATE
from slicer.openflow.messages import Queue, QueueGetConfigReply, QueueProperty
from slicer.openflow.v13.wire import Codec, bad_length, check_least, walk, whole_words

_REPLY: Final = Struct("!I4x")
_QUEUE: Final = Struct("!IIH6x")
_PROPERTY: Final = Struct("!HH4x")
_RATE: Final = Struct("!H6x")
_EXPERIMENTER: Final = Struct("!I4x")
_EXPERIMENTER_TYPE: Final = 0xFFFF
_RATES: Final = frozenset({OFPQT_MIN_RATE, OFPQT_MAX_RATE})


def decode_properties(frame: bytes, offset: int, end: int) -> tuple[QueueProperty, ...]:
    """The properties in frame[offset:end]. Raises MalformedError (BAD_REQUEST/BAD_LEN)."""
    error = errors.BAD_REQUEST_BAD_LEN
    return tuple(
        _decode_property(kind, frame, start, stop)
        for kind, start, stop in walk(frame, offset, end, "queue property", error)
    )


def _decode_property(kind: int, frame: bytes, start: int, stop: int) -> QueueProperty:
    body = start + _PROPERTY.size
    if kind in _RATES:
        if stop - body != _RATE.size:
            raise bad_length("queue rate", stop - start, str(_PROPERTY.size + _RATE.size))
        return QueueProperty(kind, rate=_RATE.unpack_from(frame, body)[0])
    if kind != _EXPERIMENTER_TYPE:
        return QueueProperty(kind, data=frame[body:stop])
    check_least("queue property of an experimenter", stop - body, _EXPERIMENTER.size)
    experimenter = _EXPERIMENTER.unpack_from(frame, body)[0]
    data = frame[body + _EXPERIMENTER.size : stop]
    return QueueProperty(kind, experimenter=experimenter, data=data)


def encode_property(each: QueueProperty) -> bytes:
    """One property. Raises EncodeError, struct.error."""
    if each.property in _RATES:
        body = _RATE.pack(each.rate)
    else:
        body = whole_words("queue property", each.data)
        if each.property == _EXPERIMENTER_TYPE:
            body = _EXPERIMENTER.pack(each.experimenter) + body
    return _PROPERTY.pack(each.property, _PROPERTY.size + len(body)) + body


def _decode_queue(frame: bytes, offset: int) -> tuple[Queue, int]:
    left = len(frame) - offset
    check_least("queue", left, _QUEUE.size)
    queue_id, port, length = _QUEUE.unpack_from(frame, offset)
    if not _QUEUE.size <= length <= left:
        raise bad_length("queue", length, f"{_QUEUE.size} to {left}")
    end = offset + length
    return Queue(queue_id, port, decode_properties(frame, offset + _QUEUE.size, end)), end


def _encode_queue(queue: Queue) -> bytes:
    properties = b"".join([encode_property(each) for each in queue.properties])
    return _QUEUE.pack(queue.queue_id, queue.port, _QUEUE.size + len(properties)) + properties


def _decode_reply(xid: int, frame: bytes, offset: int) -> QueueGetConfigReply:
    check_least("QueueGetConfigReply", len(frame) - offset, _REPLY.size)
    port = _REPLY.unpack_from(frame, offset)[0]
    offset += _REPLY.size
    queues: list[Queue] = []
    while offset < len(frame):
        queue, offset = _decode_queue(frame, offset)
        queues.append(queue)
    return QueueGetConfigReply(xid, port, tuple(queues))


def _encode_reply(message: QueueGetConfigReply) -> bytes:
    queues = [_encode_queue(queue) for queue in message.queues]
    return b"".join([_REPLY.pack(message.port), *queues])


QUEUE_GET_CONFIG_REPLY: Final = Codec(_decode_reply, _encode_reply)
