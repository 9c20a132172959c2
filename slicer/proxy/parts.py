"""Parts: a reply whose list is too long for one frame, as several (OpenFlow 1.3.5 7.3.5).

A datapath's replies come in parts already, but in another version they may take more room, or hold
a flow for which that version has no words, which is left out. Invariant: the parts' entries one
after the other are the reply's, and only the last part says that it is the last.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import EncodeError
from slicer.openflow.framing import LONGEST_FRAME
from slicer.openflow.messages import Message
from slicer.openflow.multipart import FlowStats, FlowStatsReply, PortDescReply, PortStatsReply

_ROOM = 0xFFFF - 16
"""Bytes for entries in a frame: what the headers of message and multipart leave."""
_ENTRY_SIZES = {PortDescReply: 64, PortStatsReply: 112}

Listing = TypeVar("Listing", PortDescReply, PortStatsReply)


def in_parts(reply: Listing) -> list[Listing]:
    """The reply itself if one frame holds it, otherwise as few parts as do."""
    most = _ROOM // _ENTRY_SIZES[type(reply)]
    starts = range(0, max(len(reply.entries), 1), most)
    return [
        replace(reply, entries=reply.entries[start : start + most], more=start != starts[-1])
        for start in starts
    ]


def frames(dialect: Dialect, message: Message) -> list[bytes]:
    """The frames that say a message in a dialect. Raises EncodeError."""
    try:
        return [dialect.encode(message)]
    except EncodeError:
        if not isinstance(message, FlowStatsReply):
            raise
        return [dialect.encode(part) for part in _sayable(dialect, message)]


def _sayable(dialect: Dialect, reply: FlowStatsReply) -> list[FlowStatsReply]:
    """The flows that a dialect has words for, in as few parts as hold them."""
    none = len(dialect.encode(replace(reply, entries=())))
    parts: list[list[FlowStats]] = [[]]
    taken = none
    for entry in reply.entries:
        try:
            size = len(dialect.encode(replace(reply, entries=(entry,)))) - none
        except EncodeError:
            continue
        if taken + size > LONGEST_FRAME:
            parts.append([])
            taken = none
        taken += size
        parts[-1].append(entry)
    return [
        replace(reply, entries=tuple(part), more=reply.more or part is not parts[-1])
        for part in parts
    ]
