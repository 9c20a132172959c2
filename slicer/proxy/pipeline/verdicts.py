"""Verdicts: which packets of packet-outs have been found to be their slices'.

Of a packet only what the flowspace's rules look at can matter. Where no rule looks beyond the
Ethernet header, that header's bytes are the question; otherwise the packet is parsed, and fields
that no rule looks at are left out. What has passed before passes again; all else is judged, and
only what passes is remembered. Invariant: `check_packet` would pass what is passed here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from slicer.flowspace import packet
from slicer.flowspace.fields import FIELDS
from slicer.flowspace.space import FlowSpace
from slicer.openflow.messages import Port
from slicer.proxy.pipeline.judging import check_packet
from slicer.proxy.sliver import Sliver

KEPT = 8192
MOST_OUTPUTS = 64
"""Of a packet-out with more of them nothing is remembered."""
PacketCheck = Callable[[tuple[int, ...] | None, bytes], None]
"""Judges the packet of a packet-out by its outputs, None for one that does more than output. Raises
Refusal."""

_LONGEST_ETHERNET: Final = 26
"""Bytes that say what an Ethernet header says: addresses, a tag, and a type from a SNAP header."""
_PORT: Final = FIELDS["port"].place
_NAMES: Final = ("port", "eth_src", "eth_dst", "eth_type", "vlan_vid", "vlan_pcp")
_ETHERNET: Final = sum(FIELDS[name].place for name in _NAMES)

_Passed = dict[tuple[int, ...], set[object]]


class Verdicts:
    """The verdicts on one flowspace. At most KEPT are kept, and all are forgotten when one more
    comes, and a slice's when its ports have changed."""

    def __init__(self, space: FlowSpace) -> None:
        self._space = space
        self._mask = 0
        for rule in space.rules:
            for region in rule.regions:
                self._mask |= region.mask
        self._is_by_header = not self._mask & ~_ETHERNET
        self._mask &= ~_PORT
        self._passed: dict[str, tuple[object, _Passed]] = {}
        self._size = 0

    def of(self, sliver: Sliver) -> PacketCheck:
        """What judges a sliver's packet-outs, for as long as nothing else happens."""
        passed = self._of(sliver.slice, sliver.ports)

        def check(outputs: tuple[int, ...] | None, data: bytes) -> None:
            if not outputs:
                return
            question = self._question(data)
            known = passed.get(outputs)
            if question is not None and known is not None and question in known:
                return
            check_packet(self._space, sliver, outputs, data)
            if question is not None and len(outputs) <= MOST_OUTPUTS:
                self._keep(passed, outputs, question)

        return check

    def _of(self, name: str, ports: dict[int, Port]) -> _Passed:
        known = self._passed.get(name)
        if known is None or known[0] is not ports:
            known = self._passed[name] = ports, {}
        return known[1]

    def _question(self, data: bytes) -> object:
        """What the verdict on a packet depends on, None for later fragments, which have rules of
        their own."""
        if self._is_by_header:
            return data[:_LONGEST_ETHERNET]
        point = packet.parse(data, 0)
        return None if point.later_fragment else point.header & self._mask

    def _keep(self, passed: _Passed, outputs: tuple[int, ...], question: object) -> None:
        self._size += 1
        if self._size > KEPT:
            self._passed.clear()
            passed.clear()
            self._size = 0
        passed.setdefault(outputs, set()).add(question)
