"""Tabled: the dialect of one version, put together from one table row for each kind of message.

The layouts are the rows' codecs; here are the headers of messages and of their parts. Hello has no
row, since it has no one version. Invariant: what has no row has no kind, and a message without a
row can't be encoded.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from slicer.openflow import errors
from slicer.openflow.errors import EncodeError, ErrorCode, MalformedError
from slicer.openflow.header import HEADER, check_frame
from slicer.openflow.hello import HELLO_TYPE, decode_hello, encode_hello
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import Hello, Message

if TYPE_CHECKING:
    from slicer.openflow.v13.wire import Codec

_LONGEST_FRAME: Final = 0xFFFF
_ERROR: Final = 1
_MORE: Final = 1


class PlainRow(NamedTuple):
    """A message that its type byte names."""

    number: int
    cls: type[Message]
    codec: Codec


class MultipartRow(NamedTuple):
    """A multipart message; `in_parts` when it may be sent in several (its class has `more`)."""

    number: int
    multipart: int
    cls: type[Message]
    codec: Codec
    in_parts: bool


class Multiparts(NamedTuple):
    """How a version has its multiparts: what it calls them, the types of requests and replies, and
    the header behind the message's own, of type and flags. `are_asked_whole`: a request that says
    that more follows is refused, where it has no parts."""

    name: str
    request: int
    reply: int
    header: Struct
    are_asked_whole: bool

    def row(self, number: int, multipart: int, cls: type[Message], codec: Codec) -> MultipartRow:
        """A row of the table."""
        return MultipartRow(number, multipart, cls, codec, "more" in cls.__annotations__)


class Tabled:
    """A dialect; see `slicer.openflow.dialect.Dialect`."""

    __slots__ = (
        "_by_class",
        "_foreign_error",
        "_kind_by_numbers",
        "_multipart_by_class",
        "_multipart_by_numbers",
        "_multiparts",
        "_name",
        "_plain_by_number",
        "_prepare",
        "_types",
        "plain_kinds",
        "version",
    )

    def __init__(
        self,
        name: str,
        version: int,
        plain: Iterable[PlainRow],
        multiparts: Multiparts,
        parts: Iterable[MultipartRow],
        foreign_error: Codec,
        prepare: Callable[[Message], Message] = lambda message: message,
    ) -> None:
        """`foreign_error` reads errors of any other version, which come before one is agreed on;
        `prepare` gives what is encoded in place of a message, mostly itself."""
        self._name = name
        self.version = version
        self._multiparts = multiparts
        self._foreign_error = foreign_error
        self._prepare = prepare
        self._types = multiparts.request, multiparts.reply
        self._plain_by_number = {row.number: row for row in plain}
        self._by_class = {row.cls: row for row in self._plain_by_number.values()}
        self._multipart_by_numbers = {(row.number, row.multipart): row for row in parts}
        self._multipart_by_class = {row.cls: row for row in self._multipart_by_numbers.values()}
        self.plain_kinds: Mapping[int, Kind] = {
            HELLO_TYPE: Kind.HELLO,
            **{row.number: row.cls.kind for row in self._plain_by_number.values()},
        }
        self._kind_by_numbers = {
            types: row.cls.kind for types, row in self._multipart_by_numbers.items()
        }

    def kind(self, frame: bytes) -> Kind | None:
        """What the frame says it is, or None."""
        message_type = frame[1]
        if frame[0] != self.version and message_type not in (HELLO_TYPE, _ERROR):
            return None
        if message_type not in self._types:
            return self.plain_kinds.get(message_type)
        if self._is_short(frame):
            return None
        return self._kind_by_numbers.get((message_type, frame[8] << 8 | frame[9]))

    def unknown(self, frame: bytes) -> ErrorCode:
        """Why a frame has no kind, as an error of 1.3, like every error here."""
        return self._why_unknown(frame)[0]

    def decode(self, frame: bytes) -> Message:
        """The whole message. Raises MalformedError."""
        version, message_type, _, xid = check_frame(frame)
        if message_type == HELLO_TYPE:
            return decode_hello(frame)
        row = self._plain_by_number.get(message_type)
        if row is not None and version == self.version:
            return row.codec.decode(xid, frame, HEADER.size)
        if message_type == _ERROR:
            return self._foreign_error.decode(xid, frame, HEADER.size)
        if self.kind(frame) is None:
            raise MalformedError(*self._why_unknown(frame))
        return self._decode_multipart(message_type, xid, frame)

    def encode(self, message: Message) -> bytes:
        """The message's frame. Raises EncodeError."""
        if isinstance(message, Hello):
            return encode_hello(message)
        try:
            return self._encode(self._prepare(message))
        except struct.error as error:
            raise EncodeError(f"{str(message)[:200]}: {error}") from error

    def _is_short(self, frame: bytes) -> bool:
        return len(frame) < HEADER.size + self._multiparts.header.size

    def _why_unknown(self, frame: bytes) -> tuple[ErrorCode, str]:
        version, message_type, name = frame[0], frame[1], self._multiparts.name
        if version != self.version:
            why = f"message of version {version}, expected {self.version}"
            return errors.BAD_REQUEST_BAD_VERSION, why
        if message_type not in self._types:
            return errors.BAD_REQUEST_BAD_TYPE, f"message type {message_type} is unknown"
        if self._is_short(frame):
            least = HEADER.size + self._multiparts.header.size
            why = f"{name} of {len(frame)} bytes, expected {least}"
            return errors.BAD_REQUEST_BAD_LEN, why
        why = f"{name} type {frame[8] << 8 | frame[9]} is unknown"
        return errors.BAD_REQUEST_BAD_MULTIPART, why

    def _decode_multipart(self, message_type: int, xid: int, frame: bytes) -> Message:
        header = self._multiparts.header
        multipart, flags = header.unpack_from(frame, HEADER.size)
        row = self._multipart_by_numbers[message_type, multipart]
        more = bool(flags & _MORE)
        is_whole = message_type == self._multiparts.request and not row.in_parts
        if more and is_whole and self._multiparts.are_asked_whole:
            raise MalformedError(
                errors.BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW,
                f"{row.cls.__name__} says that more parts follow, expected one part",
            )
        message: Any = row.codec.decode(xid, frame, HEADER.size + header.size)
        part: Message = replace(message, more=True) if more and row.in_parts else message
        return part

    def _encode(self, message: Any) -> bytes:
        plain = self._by_class.get(type(message))
        if plain is not None:
            message_type, body = plain.number, plain.codec.encode(message)
        else:
            row = self._multipart_by_class.get(type(message))
            if row is None:
                text = f"{str(message)[:200]} is no message of OpenFlow {self._name}"
                raise EncodeError(text)
            flags = _MORE if row.in_parts and message.more else 0
            message_type = row.number
            body = self._multiparts.header.pack(row.multipart, flags) + row.codec.encode(message)
        length = HEADER.size + len(body)
        if length > _LONGEST_FRAME:
            raise EncodeError(
                f"{type(message).__name__} takes {length} bytes, expected at most {_LONGEST_FRAME}"
            )
        return HEADER.pack(self.version, message_type, length, message.xid) + body
