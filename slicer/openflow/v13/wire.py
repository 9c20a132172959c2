"""The tools the codecs are made of: rows of the codec table, TLV walks, fixed layouts.

No message of its own. Invariant: nothing here reads past `end`, and a walk over TLVs ends.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields
from operator import attrgetter
from struct import Struct
from typing import Any, Final, NamedTuple

from slicer.openflow import errors
from slicer.openflow.errors import EncodeError, ErrorCode, MalformedError
from slicer.openflow.messages import Message

TLV: Final = Struct("!HH")
"""The type and length, header included, that begin actions, instructions, bands and the like."""


class Codec(NamedTuple):
    """How one kind of message is read and written.

    `decode(xid, frame, offset)` reads the body from `offset` to the frame's end and raises
    MalformedError; `encode(message)` gives the body's bytes and raises EncodeError or
    struct.error.
    """

    decode: Callable[[int, bytes, int], Message]
    encode: Callable[[Any], bytes]


def values_of(
    cls: type, skip: int = 0, count: int | None = None
) -> Callable[[Any], tuple[Any, ...]]:
    """A function from an instance of the dataclass to its values but for the first `skip`, and
    `count` of them at most: a class may have fields that only another version's layout holds.
    """
    names = [field.name for field in fields(cls)][skip:][:count]
    if len(names) > 1:
        return attrgetter(*names)
    getters = [attrgetter(name) for name in names]
    return lambda value: tuple(get(value) for get in getters)


def _count(layout: Struct) -> int:
    return len(layout.unpack(bytes(layout.size)))


def fixed(cls: type[Message], layout: str) -> Codec:
    """The codec of a message whose body is one struct, its values in the order of the fields."""
    body = Struct("!" + layout)
    values = values_of(cls, 1, _count(body))

    def decode(xid: int, frame: bytes, offset: int) -> Message:
        check_size(cls.__name__, len(frame) - offset, body.size)
        return cls(xid, *body.unpack_from(frame, offset))

    def encode(message: Message) -> bytes:
        return body.pack(*values(message))

    return Codec(decode, encode)


def entries(reply: type[Message], entry: type, layout: str) -> Codec:
    """The codec of a multipart reply whose body is an array of one struct."""
    body = Struct("!" + layout)
    values = values_of(entry, 0, _count(body))

    def decode(xid: int, frame: bytes, offset: int) -> Message:
        size = len(frame) - offset
        if size % body.size:
            raise bad_length(reply.__name__, size, f"a multiple of {body.size}")
        rows = (entry(*row) for row in body.iter_unpack(memoryview(frame)[offset:]))
        return reply(xid, tuple(rows))  # type: ignore[call-arg]

    def encode(message: Any) -> bytes:
        return b"".join([body.pack(*values(row)) for row in message.entries])

    return Codec(decode, encode)


def varied_entries(
    cls: type[Message],
    decode_entry: Callable[[bytes, int], tuple[Any, int]],
    encode_entry: Callable[[Any], bytes],
) -> Codec:
    """The codec of a message whose body is entries that each say their own length.
    `decode_entry(frame, offset)` gives an entry and where it ends, which is after the offset."""

    def decode(xid: int, frame: bytes, offset: int) -> Message:
        found: list[Any] = []
        while offset < len(frame):
            entry, offset = decode_entry(frame, offset)
            found.append(entry)
        return cls(xid, tuple(found))  # type: ignore[call-arg]

    def encode(message: Any) -> bytes:
        return b"".join([encode_entry(entry) for entry in message.entries])

    return Codec(decode, encode)


def fixed_encoder(kind: int, cls: type, body: Struct) -> Callable[[Any], bytes]:
    """A function from an instance of the dataclass to a TLV whose body is one struct."""
    values = values_of(cls)
    header = TLV.pack(kind, TLV.size + body.size)
    return lambda value: header + body.pack(*values(value))


def bad_length(
    what: str, found: int, expected: str, error: ErrorCode = errors.BAD_REQUEST_BAD_LEN
) -> MalformedError:
    """The error for a length (bytes) that is not the expected one."""
    return MalformedError(error, f"{what} has {found} bytes, expected {expected}")


def check_size(what: str, found: int, expected: int) -> None:
    """Judge a body's length (bytes). Raises MalformedError (BAD_REQUEST/BAD_LEN)."""
    if found != expected:
        raise bad_length(what, found, str(expected))


def check_least(
    what: str, found: int, least: int, error: ErrorCode = errors.BAD_REQUEST_BAD_LEN
) -> None:
    """Judge that a body has at least the bytes it needs. Raises MalformedError."""
    if found < least:
        raise bad_length(what, found, f"at least {least}", error)


def walk(
    frame: bytes, offset: int, end: int, what: str, error: ErrorCode, align: int = 8
) -> Iterator[tuple[int, int, int]]:
    """The (type, start, end) of each TLV in frame[offset:end], one after the other.

    A length must be a multiple of `align` bytes, and no TLV may be shorter than its header
    or reach beyond `end`. Raises MalformedError with `error`.
    """
    while offset < end:
        if end - offset < TLV.size:
            raise bad_length(what, end - offset, f"at least {TLV.size}", error)
        kind, length = TLV.unpack_from(frame, offset)
        if length < TLV.size or length % align or length > end - offset:
            raise bad_length(
                f"{what} of type {kind}",
                length,
                f"{max(align, TLV.size)} to {end - offset} in steps of {align}",
                error,
            )
        yield kind, offset, offset + length
        offset += length


def padded(data: bytes) -> bytes:
    """The bytes followed by zeros up to a multiple of 8."""
    return data + bytes(-len(data) % 8)


def whole_words(what: str, data: bytes) -> bytes:
    """The bytes themselves. Raises EncodeError unless they are a multiple of 8."""
    if len(data) % 8:
        raise EncodeError(f"{what} has {len(data)} bytes of data, expected a multiple of 8")
    return data


def text(raw: bytes) -> str:
    """A string of the wire, up to its NUL, for which the last byte is kept if there is none.

    Bytes that are no UTF-8 survive a round trip.
    """
    return raw[:-1].split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def raw_text(what: str, value: str, room: int) -> bytes:
    """The string's bytes for a field of `room` bytes, one of them for the NUL at its end.

    Raises EncodeError.
    """
    raw = value.encode("utf-8", "surrogateescape")
    if len(raw) >= room or b"\0" in raw:
        raise EncodeError(f"{what} {value!r} doesn't fit {room - 1} bytes without a NUL")
    return raw


def mac(what: str, value: bytes) -> bytes:
    """The bytes of a MAC address. Raises EncodeError unless they are 6."""
    if len(value) != 6:
        raise EncodeError(f"{what} has {len(value)} bytes, expected 6")
    return value
