"""Scene: a switch of OpenFlow 1.0, the slicer, and two tenants, run until all is quiet.

What the tests of clip's changes, statistics and synchronisation share. Invariant: `refused` and
`ask` see everything that their tenant was answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.actions import Action
from slicer.openflow.errors import ErrorCode
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import FlowMod, Message
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.enforcement import Clip
from tests.fakes.network import Network, port
from tests.fakes.packet import Packet
from tests.fakes.switch10 import FakeSwitch10
from tests.fakes.tables import Flow
from tests.fakes.tenant import FakeTenant

SLICES = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [tcp:127.0.0.1:6653]}
  blue: {controllers: [tcp:127.0.0.1:6654]}
flowspace:
"""
BY_PORTS = f"""{SLICES}
  - {{slice: red, priority: 10, ports: [1, 2, 5]}}
  - {{slice: blue, priority: 10, ports: [3-4]}}
"""
WEB_AND_REST = f"""{SLICES}
  - {{slice: red, priority: 10, match: {{eth_type: ipv4, ip_proto: tcp, tcp_dst: [80, 443]}}}}
  - {{slice: blue, priority: 1}}
"""
TO_1, TO_2, TO_3 = a.Output(1), a.Output(2), a.Output(3)
FLOOD = a.Output(of.OFPP_FLOOD)
TO_CONTROLLER = a.Output(of.OFPP_CONTROLLER, 128)
ANY = Match()
WEB = Packet.of(eth_type=0x0800, ip_proto=6, tcp_src=5, tcp_dst=80)
SSH = Packet.of(eth_type=0x0800, ip_proto=6, tcp_src=5, tcp_dst=22)


def add(match: Match, *actions: Action, priority: int = 5, **more: int) -> FlowMod:
    """A flow-mod that adds a flow; `more` are its other fields."""
    instructions = (ApplyActions(actions),) if actions else ()
    asked = FlowMod(7, priority=priority, match=match, instructions=instructions)
    return _with(asked, more)


def delete(match: Match = ANY, **more: int) -> FlowMod:
    """A flow-mod that deletes."""
    return _with(FlowMod(7, table_id=of.OFPTT_ALL, command=of.OFPFC_DELETE, match=match), more)


def _with(asked: FlowMod, more: Mapping[str, Any]) -> FlowMod:
    return replace(asked, **more)


class Scene:
    """The switch has ports 1 to 4."""

    def __init__(self, policy: str = BY_PORTS, *, most_flows: int = 1_000_000) -> None:
        numbers = (1, 2, 3, 4)
        self.switch = FakeSwitch10(1, [port(each) for each in numbers], most_flows=most_flows)
        self.policy = policy
        self.start()

    def start(self) -> None:
        """The slicer starts (again)."""
        self.net = Network(self.policy, dialect=V10)
        self.net.plug(self.switch)

    @property
    def clip(self) -> Clip:
        """The enforcement."""
        enforcement = self.net.engine.datapaths[1].enforcement
        assert isinstance(enforcement, Clip)
        return enforcement

    def tenant(self, name: str) -> FakeTenant:
        """A slice's controller."""
        return self.net.tenant(name)

    def say(self, name: str, *messages: Message) -> list[Message]:
        """What a tenant hears when it says this, up to the reply to a barrier after it."""
        heard = self.net.say(self.tenant(name), *messages, m.BarrierRequest(99))
        assert heard[-1] == m.BarrierReply(99), heard
        return heard[:-1]

    def ask(self, name: str, *messages: Message) -> None:
        """Requests that are carried out without a word."""
        assert self.say(name, *messages) == []

    def refused(self, name: str, message: Message) -> ErrorCode:
        """The error that a request is refused with."""
        (error,) = self.say(name, message)
        assert isinstance(error, m.ErrorMessage), error
        assert error.xid == message.xid
        return errors.ALL[error.type, error.code]

    def told(self, name: str, asked: mp.FlowStatsRequest | None = None) -> list[mp.FlowStats]:
        """The flows that a tenant is told of."""
        heard = self.say(name, asked or mp.FlowStatsRequest(8))
        assert all(isinstance(each, mp.FlowStatsReply) and each.xid == 8 for each in heard)
        replies = [each for each in heard if isinstance(each, mp.FlowStatsReply)]
        assert [each.more for each in replies] == [True] * (len(replies) - 1) + [False]
        return [entry for reply in replies for entry in reply.entries]

    def on_switch(self, part: Part = Part.PIECE) -> list[Flow]:
        """The switch's flows of a part."""
        cookies = ((flow, Cookie.read(flow.cookie)) for flow in self.switch.tables.flows.values())
        return [flow for flow, cookie in cookies if cookie is not None and cookie.part is part]

    def way(self, packet: Packet, in_port: int = 1) -> list[int]:
        """The ports that a packet leaves by."""
        result = self.switch.inject(in_port, packet)
        self.net.run()
        return [number for number, _ in result.outputs]
