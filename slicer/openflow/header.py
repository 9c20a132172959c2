"""The eight bytes every OpenFlow message begins with (OpenFlow 1.3.5 7.1.1).

Knows nothing of what follows them. Invariant: `with_xid` changes the xid and no other byte.
"""

from struct import Struct
from typing import Final, NamedTuple

from slicer.openflow.errors import BAD_REQUEST_BAD_LEN, MalformedError

HEADER: Final = Struct("!BBHI")
"""version, type, length, xid."""

XID: Final = Struct("!I")
XID_OFFSET: Final = 4
_FLAGS_AT: Final = 11


class Header(NamedTuple):
    """A message's header; `length` is in bytes and counts the header."""

    version: int
    type: int
    length: int
    xid: int


def read_header(frame: bytes) -> Header:
    """The header of a complete frame, as `framing.Framer` yields it."""
    return Header._make(HEADER.unpack_from(frame))


def xid_of(frame: bytes) -> int:
    """The transaction id of a complete frame."""
    xid: int = XID.unpack_from(frame, XID_OFFSET)[0]
    return xid


def with_xid(frame: bytes, xid: int) -> bytes:
    """The same frame under another transaction id (32 bits)."""
    return frame[:XID_OFFSET] + XID.pack(xid) + frame[HEADER.size :]


def has_more(reply: bytes) -> bool:
    """Does a reply say that another part follows (OpenFlow 1.3.5 7.3.5)? For replies that are
    multiparts, statistics of 1.0, or nothing but a header."""
    return len(reply) > _FLAGS_AT and bool(reply[_FLAGS_AT] & 1)


def check_frame(frame: bytes) -> Header:
    """The header of a frame that may be cut short.

    Raises MalformedError (BAD_REQUEST/BAD_LEN) unless its length is the frame's.
    """
    if len(frame) < HEADER.size:
        raise MalformedError(
            BAD_REQUEST_BAD_LEN, f"frame of {len(frame)} bytes, expected at least {HEADER.size}"
        )
    header = read_header(frame)
    if header.length != len(frame):
        raise MalformedError(
            BAD_REQUEST_BAD_LEN, f"frame of {len(frame)} bytes, its header says {header.length}"
        )
    return header
