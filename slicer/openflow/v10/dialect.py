"""V10: the OpenFlow 1.0 dialect, put together from one table row for each kind of message.

No layout of its own but the headers. Invariant: a kind that OpenFlow 1.0 doesn't have has no
row, no frame is of that kind, and its message can't be encoded.
"""

import struct
from collections.abc import Mapping
from dataclasses import replace
from struct import Struct
from typing import Any, Final

from slicer.openflow import errors
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import EncodeError, ErrorCode, MalformedError
from slicer.openflow.header import HEADER, check_frame
from slicer.openflow.hello import HELLO_TYPE, decode_hello, encode_hello
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import Hello, Message
from slicer.openflow.v10.table import PLAIN, STATS, STATS_REPLY, STATS_REQUEST, VERSION
from slicer.openflow.v13.core import decode_error
from slicer.openflow.v13.table import MultipartRow, PlainRow

_LONGEST_FRAME: Final = 0xFFFF
_ERROR: Final = 1
_STATS_TYPES: Final = (STATS_REQUEST, STATS_REPLY)
_STATS_HEADER: Final = Struct("!HH")
_MORE: Final = 1

_PLAIN_BY_NUMBER: Final[dict[int, PlainRow]] = {row.number: row for row in PLAIN}
_STATS_BY_NUMBERS: Final[dict[tuple[int, int], MultipartRow]] = {
    (row.number, row.multipart): row for row in STATS
}
_PLAIN_BY_CLASS: Final[dict[type[Message], PlainRow]] = {row.cls: row for row in PLAIN}
_STATS_BY_CLASS: Final[dict[type[Message], MultipartRow]] = {row.cls: row for row in STATS}
_KIND_BY_NUMBER: Final[dict[int, Kind]] = {
    HELLO_TYPE: Kind.HELLO,
    **{row.number: row.cls.kind for row in PLAIN},
}
_KIND_BY_NUMBERS: Final[dict[tuple[int, int], Kind]] = {
    types: row.cls.kind for types, row in _STATS_BY_NUMBERS.items()
}


class _V10:
    """The dialect of OpenFlow 1.0; see `slicer.openflow.dialect.Dialect`."""

    __slots__ = ()

    version: Final = VERSION

    @property
    def plain_kinds(self) -> Mapping[int, Kind]:
        """All but those of statistics."""
        return _KIND_BY_NUMBER

    def kind(self, frame: bytes) -> Kind | None:
        """What the frame says it is, or None."""
        message_type = frame[1]
        if frame[0] != VERSION and message_type not in (HELLO_TYPE, _ERROR):
            return None
        if message_type not in _STATS_TYPES:
            return _KIND_BY_NUMBER.get(message_type)
        if len(frame) < HEADER.size + _STATS_HEADER.size:
            return None
        return _KIND_BY_NUMBERS.get((message_type, frame[8] << 8 | frame[9]))

    def unknown(self, frame: bytes) -> ErrorCode:
        """Why a frame has no kind, as an error of 1.3, like every error here."""
        if frame[0] != VERSION:
            return errors.BAD_REQUEST_BAD_VERSION
        if frame[1] not in _STATS_TYPES:
            return errors.BAD_REQUEST_BAD_TYPE
        if len(frame) < HEADER.size + _STATS_HEADER.size:
            return errors.BAD_REQUEST_BAD_LEN
        return errors.BAD_REQUEST_BAD_MULTIPART

    def decode(self, frame: bytes) -> Message:
        """The whole message. Raises MalformedError."""
        version, message_type, _, xid = check_frame(frame)
        row = _PLAIN_BY_NUMBER.get(message_type)
        if row is not None and version == VERSION:
            return row.codec.decode(xid, frame, HEADER.size)
        if message_type == HELLO_TYPE:
            return decode_hello(frame)
        if message_type == _ERROR:
            return decode_error(xid, frame, HEADER.size)
        if self.kind(frame) is None:
            raise MalformedError(self.unknown(frame), _unknown_text(frame))
        return _decode_stats(message_type, xid, frame)

    def encode(self, message: Message) -> bytes:
        """The message's frame. Raises EncodeError."""
        if isinstance(message, Hello):
            return encode_hello(message)
        try:
            frame = _encode(message)
        except struct.error as error:
            raise EncodeError(f"{message}: {error}") from error
        return frame


def _unknown_text(frame: bytes) -> str:
    version, message_type = frame[0], frame[1]
    if version != VERSION:
        return f"message of version {version}, expected {VERSION}"
    if message_type not in _STATS_TYPES:
        return f"message type {message_type} is unknown"
    if len(frame) < HEADER.size + _STATS_HEADER.size:
        return f"statistics of {len(frame)} bytes, expected {HEADER.size + _STATS_HEADER.size}"
    return f"statistics type {frame[8] << 8 | frame[9]} is unknown"


def _decode_stats(message_type: int, xid: int, frame: bytes) -> Message:
    # Flags of a request mean nothing in 1.0, and Open vSwitch doesn't look at them.
    stats, flags = _STATS_HEADER.unpack_from(frame, HEADER.size)
    row = _STATS_BY_NUMBERS[message_type, stats]
    message: Any = row.codec.decode(xid, frame, HEADER.size + _STATS_HEADER.size)
    part: Message = replace(message, more=True) if flags & _MORE and row.in_parts else message
    return part


def _encode(message: Any) -> bytes:
    plain = _PLAIN_BY_CLASS.get(type(message))
    if plain is not None:
        message_type, body = plain.number, plain.codec.encode(message)
    else:
        row = _STATS_BY_CLASS.get(type(message))
        if row is None:
            raise EncodeError(f"{message!r} is no message of OpenFlow 1.0")
        flags = _MORE if row.in_parts and message.more else 0
        message_type = row.number
        body = _STATS_HEADER.pack(row.multipart, flags) + row.codec.encode(message)
    length = HEADER.size + len(body)
    if length > _LONGEST_FRAME:
        raise EncodeError(
            f"{type(message).__name__} takes {length} bytes, expected at most {_LONGEST_FRAME}"
        )
    return HEADER.pack(VERSION, message_type, length, message.xid) + body


V10: Final[Dialect] = _V10()
