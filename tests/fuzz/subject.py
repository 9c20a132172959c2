"""Subject: the engine that is fuzzed, with what must hold after every frame.

A fake switch joins; from then on a stand-in answers barriers alone. Red has a controller of each
version, blue one that listens. Tenants' frames and datapaths' frames come from outside. Not here:
where frames come from.

Invariant, checked after each frame: nothing is raised; whatever goes to the datapath in answer to a
tenant's frame can be decoded and names nothing but what is that tenant's; blue hears nothing of
red's; what is remembered of requests is gone once the datapath has answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

from slicer.openflow.dialect import Dialect
from slicer.openflow.framing import Framer
from slicer.openflow.header import xid_of
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import BarrierReply, Hello
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.events import Connected, ControllerEndpoint, DataReceived, Send, Written
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.fuzz.judge import Broken, Judge

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [ptcp:7000], limits: {flows: 1000, groups: 10, meters: 10}}
  blue: {controllers: [ptcp:7100]}
flowspace:
  - {slice: red, priority: 10, ports: [1, 2]}
  - {slice: blue, priority: 10, ports: [3]}
"""
MOST_PENDING = 200
_DIALECTS: Mapping[int, Dialect] = {V13.version: V13, V10.version: V10}


class Subject:
    """One engine, at work."""

    def __init__(self) -> None:
        self._net = Network(POLICY)
        self._engine = self._net.engine
        switch = FakeSwitch(1, [port(1), port(2), port(3)])
        self._datapath = self._net.plug(switch)
        self._now = 0.0
        self._numbers = count(1000)
        self._blue = self._net.peer_of(self._net.connect(self._endpoint("blue")))
        self._red: dict[int, int] = {}
        for version in _DIALECTS:
            self._join(version)
        slivers = self._engine.datapaths[1].slivers
        self.tag = slivers["red"].tag

    def _endpoint(self, name: str) -> ControllerEndpoint:
        listening = self._net.listening
        found = (each for each in listening if isinstance(each, ControllerEndpoint))
        return next(each for each in found if each.slice == name)

    def _join(self, version: int) -> None:
        peer = next(self._numbers)
        self._red[version] = peer
        came = Connected(self._endpoint("red"), peer, f"10.8.8.8:{peer}")
        hello = _DIALECTS[version].encode(Hello(1, frozenset({version})))
        for event in (came, DataReceived(peer, hello)):
            for command in self._engine.handle(event, self._now):
                if isinstance(command, Send):
                    self._engine.handle(Written(command.peer, len(command.data)), self._now)

    @property
    def is_over(self) -> bool:
        """Has the datapath's connection ended, as it must when the datapath breaks the protocol?"""
        return self._datapath not in self._engine._sessions

    def tenant_says(self, version: int, frame: bytes) -> None:
        """A frame of red's controller of a version, which connects again if its connection has
        ended, as it must when a frame can't be framed. Raises Broken."""
        self._tell(self._red[version], frame, by_tenant=True)
        if self._red[version] not in self._engine._sessions:
            self._join(version)

    def datapath_says(self, frame: bytes) -> None:
        """A frame of the datapath's. Raises Broken."""
        self._tell(self._datapath, frame, by_tenant=False)

    @property
    def _is_synchronising(self) -> bool:
        """A datapath's frame that is cut short goes on in its answers to a tenant's, and may well
        begin a synchronisation then."""
        return 1 in self._engine.datapaths and self._engine.datapaths[1].is_synchronising

    def _tell(self, peer: int, frame: bytes, *, by_tenant: bool) -> None:
        self._now += 0.001
        said: list[DataReceived] = [DataReceived(peer, frame)]
        while said:
            for command in self._engine.handle(said.pop(), self._now):
                if not isinstance(command, Send):
                    continue
                self._engine.handle(Written(command.peer, len(command.data)), self._now)
                said += self._heard(command, by_tenant)
        pending = self._engine.datapaths[1].pending if 1 in self._engine.datapaths else ()
        if len(pending) > MOST_PENDING:
            raise Broken(f"{len(pending)} requests are remembered")

    def _heard(self, command: Send, by_tenant: bool) -> list[DataReceived]:
        if command.peer == self._blue and by_tenant:
            raise Broken(f"blue hears {command.data.hex()}")
        if command.peer != self._datapath:
            return []
        replies = []
        judge = Judge(self.tag, self._is_synchronising)
        for frame in Framer().feed(command.data):
            if V13.kind(frame) is Kind.BARRIER_REQUEST:
                replies.append(V13.encode(BarrierReply(xid_of(frame))))
            elif by_tenant:
                judge.frame(frame)
        return [DataReceived(self._datapath, b"".join(replies))] if replies else []
