"""Replies: those that say nothing but that somebody has answered, as frames; and barriers.

Echo and barrier replies (OpenFlow 1.3.5 7.5.3, 7.3.8; OpenFlow 1.0 5.5.3, 5.3.7) of any version,
and what asks for the latter.
Invariant: they are what the dialects write.
"""

from collections.abc import Mapping
from typing import Final

from slicer.openflow.header import HEADER

_ECHO_REPLY: Final = b"\x03"
_BARRIER_REPLIES: Final[Mapping[int, int]] = {1: 19, 4: 21}
"""The type byte, by version."""
_BARRIER_REQUESTS: Final[Mapping[int, bytes]] = {
    version: HEADER.pack(version, number - 1, HEADER.size, 0)
    for version, number in _BARRIER_REPLIES.items()
}
"""Under xid 0, by version; its type byte precedes the reply's."""


def echo_reply(request: bytes) -> bytes:
    """The reply to an echo request, with the same data."""
    return request[:1] + _ECHO_REPLY + request[2:]


def barrier_reply(version: int, xid: int) -> bytes:
    """A barrier's reply."""
    return HEADER.pack(version, _BARRIER_REPLIES[version], HEADER.size, xid)


def barrier_request(version: int) -> bytes:
    """A barrier, under xid 0."""
    return _BARRIER_REQUESTS[version]
