"""Arriving: whose the packets are that come in, and how their slices are told.

A packet is its owner's by the flowspace, LLDP its whose seal it bears. What becomes of packet-ins
that begin alike, up to their packets' heads (`heads.py`), is remembered for runs. Not here: who
hears of them. Invariant: a packet that comes in a run is told as it would be by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from slicer.flowspace import packet
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import PacketIn
from slicer.openflow.v10 import V10
from slicer.proxy import discovery
from slicer.proxy.clip import remembered
from slicer.proxy.clip.heads import head_of
from slicer.proxy.clip.packet_ins import PacketIns
from slicer.proxy.clip.remembered import PACKET_IN_DATA, Came, PacketsIn, keep, with_reason
from slicer.proxy.clip.tenancy import Tenancy
from slicer.proxy.known import Known
from slicer.proxy.notice import Notice
from slicer.proxy.port_configs import PortConfigs
from slicer.proxy.swift import Destination, Head

_PLAIN: Final = bytes(4) + of.OFP_NO_BUFFER.to_bytes(4, "big")
"""The xid and buffer of packet-ins that can begin alike."""


@dataclass(frozen=True, slots=True, eq=False)
class _Arrival(Destination):
    """Where packet-ins of an owner's go for as long as its guards send them, or don't."""

    owner: str
    is_guards: bool


class Arrivals:
    """The packet-ins of one datapath; `limits` counts them."""

    def __init__(
        self, secret: bytes, tenancy: Tenancy, port_configs: PortConfigs, limits: PacketIns
    ) -> None:
        self._secret = secret
        self._tenancy = tenancy
        self._port_configs = port_configs
        self._limits = limits
        self._ports: Mapping[str, Collection[int]] = {}
        self.take(FlowSpace(()), ())

    def take(self, space: FlowSpace, guarded: Iterable[str]) -> None:
        """Take another flowspace; `guarded` are the slices that have guards."""
        self._space = space
        self._guarded = frozenset(guarded)
        self._packets_in = PacketsIn(space)
        self._head_of = head_of(space)
        self.forget()

    def take_ports(self, ports: Mapping[str, Collection[int]]) -> None:
        """Take the slices' ports."""
        self._ports = ports

    def forget(self) -> None:
        """What becomes of packets, or who is limited, has changed."""
        self._heads: Known[bytes, Head | None] = Known()
        self._arrivals: dict[tuple[str, int, int, bool], _Arrival] = {}

    # ---- one by one ----

    def packet_in(self, frame: bytes) -> tuple[int, Notice | None] | None:
        """(tag, what its slice is told), as in `Enforcement.packet_in`. Raises MalformedError."""
        came = self._packets_in.read(frame)
        if came is not None:
            return self._passed(came)
        message = V10.decode(frame)
        assert isinstance(message, PacketIn)
        port = message.match.get("in_port")
        if not isinstance(port, int) or len(message.data) < message.total_len:
            return None
        message = replace(message, buffer_id=of.OFP_NO_BUFFER)
        if discovery.is_discovery(message.data):
            unsealed = discovery.unseal(message.data, self._secret)
            if unsealed is not None:
                return self._discovered(message, port, *unsealed)
        owner = self._space.owner(packet.parse(message.data, port))
        return None if owner is None else self._told(message, port, owner)

    def _passed(self, came: Came) -> tuple[int, Notice | None]:
        owner, port, reason, frame = came
        tag = self._tenancy.tags[owner]
        if reason != of.OFPR_NO_MATCH and self._is_miss(owner):
            reason = of.OFPR_NO_MATCH
            frame = with_reason(frame, reason)
        if not self._is_wanted(tag, port, reason) or not self._limits.take(owner):
            return tag, None
        return tag, _notice(port, reason, frame)

    def _is_miss(self, owner: str) -> bool:
        """Has a guard of the slice's sent what came for its reason? Nothing in the message tells
        guards from the tenant's flows that output to the controller; where there are no such flows
        it was a guard."""
        return owner in self._guarded and not self._tenancy.mirror.asks_for_packets(owner)

    def _discovered(
        self, message: PacketIn, port: int, owner: str, data: bytes
    ) -> tuple[int, Notice | None] | None:
        if port not in self._ports.get(owner, ()):
            return None
        return self._told(replace(message, data=data, total_len=len(data)), port, owner)

    def _told(self, message: PacketIn, port: int, owner: str) -> tuple[int, Notice | None]:
        tag = self._tenancy.tags[owner]
        # LLDP is never seen by any flow of the tenant's.
        if discovery.is_discovery(message.data) or self._is_miss(owner):
            message = replace(message, reason=of.OFPR_NO_MATCH)
        if not self._is_wanted(tag, port, message.reason) or not self._limits.take(owner):
            return tag, None
        notice = Notice.of(message)
        notice.is_table_miss = message.reason == of.OFPR_NO_MATCH
        return tag, notice

    def _is_wanted(self, tag: int, port: int, reason: int) -> bool:
        """OFPPC_NO_PACKET_IN is about packets that no flow has matched (OpenFlow 1.0 5.2.1)."""
        if not self._port_configs or reason != of.OFPR_NO_MATCH:
            return True
        return not self._port_configs.of(tag, port) & of.OFPPC_NO_PACKET_IN

    # ---- in runs ----

    def head(self, frame: bytes) -> Head | None:
        """What becomes of a packet-in; None for what is looked at as a whole, and for packets of
        slices that may have only so many, which are counted one by one."""
        head = self._head_of(frame, PACKET_IN_DATA)
        if head is None:
            return None
        key = frame[:PACKET_IN_DATA] + head
        try:
            return self._heads[key]
        except KeyError:
            return self._found(frame, key)

    def _found(self, frame: bytes, key: bytes) -> Head | None:
        came = self._packets_in.read(frame)
        found = None
        if came is not None and came.owner not in self._limits.limits:
            arrival = self._arrival(came)
            begins = with_reason(came.frame[:PACKET_IN_DATA], arrival.notice.reason)
            found = Head(arrival, PACKET_IN_DATA, b"", begins)
        if frame[4:12] == _PLAIN:
            self._heads.keep(came and came.owner, key, found, remembered.MOST)
        return found

    def _arrival(self, came: Came) -> _Arrival:
        is_guards = self._is_miss(came.owner)
        names = came.owner, came.port, came.reason, is_guards
        arrival = self._arrivals.get(names)
        if arrival is None:
            reason = of.OFPR_NO_MATCH if is_guards else came.reason
            tag, notice = self._tenancy.tags[came.owner], _notice(came.port, reason, b"")
            arrival = _Arrival(tag, came.port, notice, came.owner, is_guards)
            keep(self._arrivals, names, arrival)
        return arrival

    def destined(self, destination: Destination) -> tuple[int, Notice | None]:
        """What `packet_in` says of packet-ins with a destination, but for their bytes; nothing
        where that doesn't hold any more, as its slice's flows have changed."""
        if not self._holds(destination):
            self.forget()
            return destination.tag, None
        tag, notice = destination.tag, destination.notice
        is_wanted = self._is_wanted(tag, destination.in_port, notice.reason)
        return tag, notice if is_wanted else None

    def _holds(self, destination: Destination) -> bool:
        assert isinstance(destination, _Arrival)
        return destination.is_guards == self._is_miss(destination.owner)


def _notice(port: int, reason: int, frame: bytes) -> Notice:
    is_miss = reason == of.OFPR_NO_MATCH
    return Notice(Kind.PACKET_IN, reason, {V10.version: frame}, None, port, is_miss)
