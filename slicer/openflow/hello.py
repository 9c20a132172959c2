"""Hello and version negotiation: what comes before any version is agreed on.

A hello has the same layout in every version (OpenFlow 1.3.5 7.5.1), so it is read and
written here and not in a dialect.

Invariant: `decode_hello(encode_hello(h))` is h, for a hello that names a version.
"""

import struct
from collections.abc import Mapping
from typing import Final

from slicer.openflow import errors
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.header import HEADER, check_frame
from slicer.openflow.messages import Hello

HELLO_TYPE: Final = 0
_ELEMENT: Final = struct.Struct("!HH")
_VERSION_BITMAP: Final = 1
WIRE_VERSIONS: Final = range(1, 7)
"""The versions that there are: OpenFlow 1.0 to 1.5."""
_WORD: Final = 4
_HIGHEST_VERSION: Final = 0xFF


def decode_hello(frame: bytes) -> Hello:
    """Read a hello of any version (OpenFlow 1.3.5 7.5.1).

    Unknown elements are skipped; a bitmap without a version is taken for none, as Open
    vSwitch does. Raises MalformedError for another type of message, for version 0, and for
    an element that reaches beyond the frame.
    """
    version, message_type, length, xid = check_frame(frame)
    if message_type != HELLO_TYPE:
        raise MalformedError(
            errors.BAD_REQUEST_BAD_TYPE,
            f"message of type {message_type}, expected a hello (type {HELLO_TYPE})",
        )
    if not version:
        raise MalformedError(
            errors.BAD_REQUEST_BAD_VERSION, "hello of version 0, expected 1 or higher"
        )
    offset = HEADER.size
    versions: frozenset[int] = frozenset()
    while length - offset >= _ELEMENT.size:
        element, size = _ELEMENT.unpack_from(frame, offset)
        if not _ELEMENT.size <= size <= length - offset:
            raise MalformedError(
                errors.BAD_REQUEST_BAD_LEN,
                f"hello element at byte {offset} has length {size}, "
                f"expected {_ELEMENT.size} to {length - offset}",
            )
        if element == _VERSION_BITMAP:
            versions |= _versions(frame[offset + _ELEMENT.size : offset + size])
        offset += (size + 7) & ~7
    return Hello(xid, versions or frozenset({version}), has_bitmap=bool(versions))


def _versions(bitmap: bytes) -> frozenset[int]:
    """The versions whose bits are set; there is no version 0, and none beyond 255."""
    words = (bitmap[n : n + _WORD] for n in range(0, len(bitmap) - _WORD + 1, _WORD))
    return frozenset(
        32 * index + bit
        for index, word in enumerate(words)
        for bit in range(32)
        if int.from_bytes(word, "big") >> bit & 1 and 0 < 32 * index + bit <= _HIGHEST_VERSION
    )


def encode_hello(hello: Hello) -> bytes:
    """The hello's frame: its highest version in the header, all of them in a bitmap.

    Raises EncodeError without a version, for one beyond 1 to 255, and for several of them
    without a bitmap.
    """
    versions = hello.versions
    if not versions or not 0 < min(versions) <= max(versions) <= _HIGHEST_VERSION:
        raise EncodeError(f"hello with versions {sorted(versions)}, expected 1 to 255")
    if hello.has_bitmap:
        words = [0] * (max(versions) // 32 + 1)
        for version in versions:
            words[version // 32] |= 1 << version % 32
        bitmap = b"".join(word.to_bytes(_WORD, "big") for word in words)
        element = _ELEMENT.pack(_VERSION_BITMAP, _ELEMENT.size + len(bitmap)) + bitmap
        body = element + bytes(-len(element) % 8)
    elif len(versions) == 1:
        body = b""
    else:
        raise EncodeError(f"hello with versions {sorted(versions)} needs a bitmap")
    try:
        return HEADER.pack(max(versions), HELLO_TYPE, HEADER.size + len(body), hello.xid) + body
    except struct.error as error:
        raise EncodeError(f"{hello}: {error}") from error


def negotiate(supported: Mapping[int, Dialect], hello: Hello) -> Dialect | None:
    """The dialect to speak with the sender of a hello, or None (OpenFlow 1.3.5 6.3.1).

    With a bitmap it is the highest version that both sides have; without one it is the
    lower one of the two sides' highest, if we speak it.
    """
    if not supported:
        return None
    if hello.has_bitmap:
        common = hello.versions & supported.keys()
        return supported[max(common)] if common else None
    return supported.get(min(*hello.versions, max(supported)))
