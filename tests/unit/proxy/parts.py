"""Parts for the tests of the proxy: a peer that is read back, a channel, an enforcement that says
what it was asked, and a datapath and a tenant that are past their greetings.

They are stand-ins for one test each; whole conversations are played with `tests/fakes`. Invariant:
nothing here sends anything that a test has not made it send.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.isolation.entitlements import Entitlements
from slicer.isolation.limits import Limits
from slicer.openflow.framing import Framer
from slicer.openflow.header import HEADER
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import ErrorMessage, FeaturesReply, Hello, Message, Port
from slicer.openflow.multipart import DescReply
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.openflow.v13.table import MULTIPARTS, PLAIN
from slicer.policy.ovsdb import Ovsdb
from slicer.proxy.datapath import Datapath
from slicer.proxy.enforcement import Enforcement
from slicer.proxy.events import ArrangeQueues
from slicer.proxy.outbox import OutboxLimits
from slicer.proxy.peer import Peer
from slicer.proxy.pending import Request
from slicer.proxy.routes import State
from slicer.proxy.sliver import Sliver
from slicer.proxy.tenant import Tenant

DIALECTS = {V13.version: V13}
TENANT_DIALECTS = {V13.version: V13, V10.version: V10}
FEATURES = FeaturesReply(0, 0xD1, 0, 254, 0, 0x4F)
DESC = DescReply(0, "Nicira, Inc.", "Open vSwitch", "3.1.0", "None", "None")
DPID = FEATURES.datapath_id
XID = 0x77
"""A tenant's, where a test needs one that is nobody else's."""


def port(number: int, name: str | None = None, state: int = 0) -> Port:
    """A port with an address of its own."""
    short = number & 0xFFFF
    return Port(
        number, bytes((2, 0, 0, 0, short >> 8, short & 0xFF)), name or f"p{short}", 0, state
    )


def ports(*numbers: int) -> dict[int, Port]:
    """Ports by number."""
    return {number: port(number) for number in numbers}


def space(*rules: Rule) -> FlowSpace:
    """The rules given, or everything to `red`."""
    return FlowSpace(rules or (Rule("red", 1, Region.ANY),))


def peer(number: int = 1, now: float = 0.0) -> Peer:
    """A peer whose wishes nobody carries out."""
    return Peer(number, f"10.0.0.{number}:4000", now, [])


def said(peer: Peer) -> list[Message]:
    """What was sent to a peer since the last call."""
    return [V13.decode(frame) for frame in Framer().feed(peer.take_outgoing())]


class Recorder:
    """Asks, and keeps what becomes of it."""

    def __init__(self, *, answers_wanted: int = 1) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self._left = answers_wanted

    def answered(self, request: Request, kind: Kind, frame: bytes, now: float) -> bool:
        self.heard.append(("answered", request.xid, kind))
        self._left -= 1
        return self._left <= 0

    def failed(self, request: Request, error: ErrorMessage, now: float) -> None:
        self.heard.append(("failed", request.xid, (error.type, error.code)))

    def passed(self, request: Request, now: float) -> None:
        self.heard.append(("passed", request.xid))


class FakeEnforcement:
    """Answers each question with what is in `answers`, and keeps what it was asked."""

    swift = None
    """It has no swift way."""
    sends_port_configs = True

    def __init__(self, **answers: Any) -> None:
        self.tags = {"red": 5, "blue": 6}
        self.answers: dict[str, Any] = {
            "features": FEATURES,
            "flow_mod_frame": None,
            "packet_out_frame": None,
            "port_config": 0,
            "entitle": None,
            "left_to_keep": lambda limits: limits,
            "sharing_interval": None,
            "takes_queues": True,
            "table_misses": lambda sliver, are_wanted: (),
            **answers,
        }
        self.asked: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        if name == "takes_queues":
            return self.answers[name]

        def question(*arguments: Any, **named: Any) -> Any:
            self.asked.append((name, *arguments, *named.values()))
            answer = self.answers[name]
            return answer(*arguments, **named) if callable(answer) else answer

        return question


class FakeHost:
    """What an engine is to a datapath."""

    def __init__(self, flowspace: FlowSpace | None = None) -> None:
        self.flowspace = flowspace or space()
        self.told: list[str] = []
        self.view = self
        self.ovsdb: Ovsdb | None = None
        self.entitlements = Entitlements()
        self.arranging: list[ArrangeQueues] = []

    def identified(self, datapath: Datapath, now: float) -> None:
        self.told.append(f"identified {datapath.dpid:x}")

    def synchronised(self, datapath: Datapath, now: float) -> None:
        self.told.append(f"synchronised, {datapath.state.name}")

    def flowspace_on(self, dpid: int, port_names: Mapping[str, int]) -> FlowSpace:
        return self.flowspace

    def entitlements_on(
        self, dpid: int, space: FlowSpace, ports: Mapping[int, Port]
    ) -> Entitlements:
        return self.entitlements

    def ovsdb_of(self, dpid: int) -> Ovsdb | None:
        return self.ovsdb

    def arrange(self, asked: ArrangeQueues) -> None:
        self.arranging.append(asked)

    def shared(self, datapath: Datapath, now: float) -> None:
        self.told.append("shared")

    def name_of(self, dpid: int) -> str:
        return f"s{dpid:x}"

    def limits_of(self, slice_name: str) -> Limits:
        return Limits()

    def intake_of(self, slice_name: str) -> None:
        return None

    def watchers_intake_of(self, slice_name: str) -> None:
        return None


def greeting_datapath(enforcement: object | None = None, host: FakeHost | None = None) -> Datapath:
    """A datapath that has just connected."""
    return Datapath(
        peer(),
        host or FakeHost(),
        cast(Enforcement, enforcement or FakeEnforcement()),
        DIALECTS,
        TENANT_DIALECTS,
    )


def ready_datapath(enforcement: object | None = None, host: FakeHost | None = None) -> Datapath:
    """A datapath with ports 1 and 2 that is ready and has been told nothing yet."""
    datapath = greeting_datapath(enforcement, host)
    datapath.features, datapath.desc, datapath.name = FEATURES, DESC, "s1"
    datapath.ports = ports(1, 2)
    datapath.state = State.READY
    datapath.refresh_slivers()
    said(datapath.peer)
    return datapath


def red_sliver() -> Sliver:
    """A sliver with tag 5 and ports 1 and 2."""
    sliver = Sliver("red", "s1", DPID, 5)
    sliver.ports = ports(1, 2)
    return sliver


def greeting_tenant(
    datapath: Datapath,
    number: int = 9,
    outbox: OutboxLimits | None = None,
    is_watcher: bool = False,
) -> Tenant:
    """A tenant of the slice red that has just connected."""
    sliver = datapath.slivers["red"]
    return Tenant(peer(number), sliver, datapath, outbox or OutboxLimits(), _never, is_watcher)


def _never(when: float, callback: Callable[[float], None]) -> None:
    raise AssertionError(f"nothing of these slices is limited, but a wait until {when}")


def ready_tenant(datapath: Datapath, number: int = 9, outbox: OutboxLimits | None = None) -> Tenant:
    """A tenant of the slice red that has said hello and been told nothing since."""
    tenant = greeting_tenant(datapath, number, outbox)
    tenant.handle(V13.encode(Hello(0, frozenset(DIALECTS))), 0.0)
    said(tenant.peer)
    return tenant


def bare_frame(kind: Kind) -> bytes:
    """As much of a message of a kind as says that it is of that kind."""
    plain = {row.cls.kind: row.number for row in PLAIN} | {Kind.HELLO: 0}
    if kind in plain:
        return HEADER.pack(4, plain[kind], 8, XID)
    row = next(row for row in MULTIPARTS if row.cls.kind is kind)
    return HEADER.pack(4, row.number, 16, XID) + row.multipart.to_bytes(2, "big") + bytes(6)


def hears(tenant: Tenant, message: Message | bytes, now: float = 0.0) -> list[Message]:
    """What a tenant is told when it says something."""
    tenant.handle(message if isinstance(message, bytes) else V13.encode(message), now)
    return said(tenant.peer)


def error(of_error: tuple[int, int, str], quote: bytes, xid: int = XID) -> ErrorMessage:
    """The error message that quotes this."""
    return ErrorMessage(xid, of_error[0], of_error[1], quote)
