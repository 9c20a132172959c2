"""Frames of OpenFlow 1.3 made by hand, piece by piece, for the tests of the wire."""

import struct
from pathlib import Path

import pytest

from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import ErrorCode, MalformedError
from slicer.openflow.oxm import oxm
from slicer.openflow.v13 import V13

ALL_PORTS = 0xFFFFFFFF


def pack(layout: str, *values: int | bytes) -> bytes:
    return struct.pack("!" + layout, *values)


def frame(message_type: int, body: bytes = b"", xid: int = 5, version: int = 4) -> bytes:
    return pack("BBHI", version, message_type, 8 + len(body), xid) + body


def multipart(kind: int, body: bytes = b"", flags: int = 0, message_type: int = 19) -> bytes:
    return frame(message_type, pack("HH4x", kind, flags) + body)


def tlv(kind: int, body: bytes = b"", length: int | None = None) -> bytes:
    """A type, a length (the right one unless another is given) and a body."""
    return pack("HH", kind, 4 + len(body) if length is None else length) + body


def oxm_tlv(name: str, value: int, mask: int | None = None) -> bytes:
    header, payload = oxm(name, value, mask)
    return pack("I", header) + payload


def raw_oxm(oxm_class: int, field: int, payload: bytes, masked: bool = False) -> bytes:
    return pack("HBB", oxm_class, field << 1 | masked, len(payload)) + payload


def match(oxms: bytes = b"") -> bytes:
    found = pack("HH", 1, 4 + len(oxms)) + oxms
    return found + bytes(-len(found) % 8)


def flow_mod(matched: bytes = match(), instructions: bytes = b"", command: int = 0) -> bytes:
    head = pack("QQBBHHHIIIH2x", 0, 0, 0, command, 0, 0, 5, *[ALL_PORTS] * 3, 0)
    return frame(14, head + matched + instructions)


def apply(actions: bytes) -> bytes:
    """An apply-actions instruction."""
    return tlv(4, bytes(4) + actions)


OUTPUT = tlv(0, pack("IH6x", 1, 0))


def refused(bad: bytes, error: ErrorCode, text: str = "", dialect: Dialect = V13) -> None:
    """Decoding the frame raises MalformedError with this error and this in its text."""
    with pytest.raises(MalformedError) as caught:
        dialect.decode(bad)
    assert caught.value.error == error
    assert text in str(caught.value)


def recorded(path: Path) -> dict[str, bytes]:
    """The frames of a file by name: behind what it says of itself, blocks of a name and bytes."""
    blocks = [block.split("\n", 1) for block in path.read_text().strip().split("\n\n")[1:]]
    return {name: bytes.fromhex(hexes) for name, hexes in blocks}
