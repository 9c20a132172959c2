"""Parts: a reply whose list is too long for one frame, as several (OpenFlow 1.3.5 7.3.5).

For what the slicer itself lists; a datapath's replies come in parts already. Invariant: the parts'
entries one after the other are the reply's, and only the last part says that it is the last.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from slicer.openflow.multipart import PortDescReply, PortStatsReply

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
