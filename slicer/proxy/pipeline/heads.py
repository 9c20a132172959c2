"""Heads: how packet-ins begin, and what becomes of that.

All before the packet repeats, as flows and ports do: a packet-in is looked up by these bytes, and
nothing of it is looked at. Open vSwitch sends packet-ins under xid 0, so only those are remembered.
Invariant: a head with its packet is what `Translations.packet_in` makes of the frame.
"""

from __future__ import annotations

from slicer.openflow.errors import EncodeError
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import shallow
from slicer.proxy.known import Known
from slicer.proxy.notice import Notice
from slicer.proxy.pipeline.kept import KEPT
from slicer.proxy.pipeline.shallow import Translations, keep
from slicer.proxy.swift import Destination, Head

_NO_XID = bytes(4)


class Heads:
    """The heads that one datapath's packet-ins have been found to have; at most KEPT."""

    def __init__(self, translations: Translations) -> None:
        self._translations = translations
        self._heads: Known[bytes, Head] = Known()
        self._destinations: dict[tuple[int, int, int, bool], Destination] = {}
        self._last_rest = 0

    def of(self, frame: bytes) -> Head | None:
        """The head of a packet-in, or None where it bears no tag or is cut short. Raises
        MalformedError."""
        head = self._heads.get(frame[: self._last_rest])
        return head or self._looked_for(frame)

    def _looked_for(self, frame: bytes) -> Head | None:
        if len(frame) < shallow.SHORTEST_PACKET_IN:
            return None
        rest = shallow.packet_at(frame)
        if len(frame) < rest:
            return None
        self._last_rest = rest
        key = frame[:rest]
        return self._heads.get(key) or self._made(frame, key)

    def _made(self, frame: bytes, key: bytes) -> Head | None:
        tagged = self._translations.packet_in(frame)
        if tagged is None:
            return None
        tag, in_port, reason, restored, is_table_miss = tagged
        packet = len(frame) - len(key)
        notice = Notice.of_packet_in(restored, in_port, reason, is_table_miss=is_table_miss)
        try:
            in_1_0 = notice.frame(V10)
        except EncodeError:
            in_1_0 = b""
        names = (tag, in_port, reason, is_table_miss)
        destination = self._destinations.get(names)
        if destination is None:
            any_of_them = Notice.of_packet_in(b"", in_port, reason, is_table_miss=is_table_miss)
            destination = Destination(tag, in_port, any_of_them)
            keep(self._destinations, names, destination)
        head = Head(
            destination,
            len(key),
            restored[: len(restored) - packet],
            in_1_0[: len(in_1_0) - packet] or None,
        )
        if frame[4:8] == _NO_XID:
            self._heads.keep(tag, key, head, KEPT)
        return head
