"""Violations: the packets that a datapath of OpenFlow 1.0 has dropped for a slice.

The slicer's own flows drop what nobody owns and what can't be read; a tenant's piece of which some
output is not the slice's drops that output. Each audit reads their counters. What such a piece has
counted between an audit and its end is not reported, and of fragments that the datapath drops it
tells nobody. Invariant: as that of `Growth`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from slicer.openflow.multipart import FlowStats
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.mirror import Mirror
from slicer.proxy.dropped import STRAY, UNOWNED, UNREAD, Dropped, Growth, Reading

PARTS: Final[Mapping[Part, str]] = {Part.UNOWNED: UNOWNED, Part.UNREAD: UNREAD}
"""The slicer's own flows that drop, and what is counted by each."""


class Violations:
    """What one datapath connection has dropped."""

    def __init__(self) -> None:
        self._growth = Growth()

    def grown(self, flows: Iterable[FlowStats], mirror: Mirror) -> Dropped:
        """What has been dropped since the last call."""
        return self._growth.since(_counters(flows, mirror))


def _counters(flows: Iterable[FlowStats], mirror: Mirror) -> Iterator[Reading]:
    for flow in flows:
        cookie = Cookie.read(flow.cookie)
        if cookie is None:
            continue
        if cookie.part in PARTS:
            name = flow.match.canonical(), flow.priority
            yield name, (cookie.tag, PARTS[cookie.part]), flow.packet_count
        elif cookie.part is Part.PIECE:
            piece = mirror.piece(cookie.number)
            if piece is not None and piece.strays:
                yield cookie.number, (cookie.tag, STRAY), flow.packet_count
