"""Messages: what one message costs in the engine, without sockets.

A stream of equal messages is handed to an engine in reads of BATCH frames, as they come from a busy
peer, and timed beside a relay that does no more than any proxy must: it cuts the same stream into
frames and gives each a new xid. Not measured here: sockets, the kernel, other processes.

Invariant: every frame that is timed is carried out, and the engine keeps nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import process_time

from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.dialect import Dialect
from slicer.openflow.framing import Framer
from slicer.openflow.header import with_xid, xid_of
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoRequest,
    FlowMod,
    Message,
    PacketIn,
    PacketOut,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.events import ControllerEndpoint, DataReceived, Send, Written
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.fakes.switch10 import FakeSwitch10

BATCH = 100
"""Frames in one read: about what a socket buffer of 16 kB holds."""
REPEATS = 5
"""The best of so many runs counts: the others had to share the machine."""
POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [ptcp:7000]}
flowspace:
  - {slice: red, priority: 10}
"""
DIALECTS = (V13, V10)
PACKET = bytes(12) + b"\x08\x00" + bytes(50)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a message of one version costs: seconds of the processor, in the engine and in the
    relay."""

    message: str
    version: int
    seconds: float
    relay: float
    datapath: int = V13.version
    """The version that the datapath speaks."""


def measure(count: int, policy: str = POLICY) -> Iterator[Cost]:
    """The costs of the hot messages, each measured on `count` of them, for the slice red of a
    policy."""
    for dialect in DIALECTS:
        yield from _measured(Bench(dialect, policy), dialect, count)


def measure_clip(count: int, policy: str = POLICY) -> Iterator[Cost]:
    """Likewise, where the datapath speaks only OpenFlow 1.0."""
    for cost in _measured(Bench(V10, policy, V10), V10, count):
        yield replace(cost, datapath=V10.version)


def _measured(bench: Bench, dialect: Dialect, count: int) -> Iterator[Cost]:
    for name, frame, from_datapath in bench.frames():
        relay = min(_relay(frame, count) for _ in range(REPEATS))
        seconds = min(
            bench.through(frame, count, from_datapath=from_datapath) for _ in range(REPEATS)
        )
        yield Cost(name, dialect.version, seconds / count, relay / count)


def _relay(frame: bytes, count: int) -> float:
    framer = Framer()
    data = frame * BATCH
    start = process_time()
    for _ in range(count // BATCH):
        b"".join([with_xid(each, number) for number, each in enumerate(framer.feed(data))])
    return process_time() - start


class Bench:
    """An engine with one switch and one tenant."""

    def __init__(self, dialect: Dialect, policy: str, spoken: Dialect = V13) -> None:
        """`spoken` is what the switch speaks."""
        self._spoken = spoken
        self._net = Network(policy, dialect=spoken)
        make = FakeSwitch if spoken is V13 else FakeSwitch10
        self._switch = make(1, [port(1), port(2)])
        self._datapath = self._net.plug(self._switch)
        endpoint = next(
            each
            for each in self._net.listening
            if isinstance(each, ControllerEndpoint) and each.slice == "red"
        )
        self._tenant = self._net.peer_of(self._net.connect(endpoint, dialect))
        self._dialect = dialect

    def frames(self) -> Iterator[tuple[str, bytes, bool]]:
        """The hot messages: name, frame, does it come from the datapath?"""
        tag = self._net.engine.datapaths[1].slivers["red"].tag
        said = PacketIn(
            0,
            of.OFP_NO_BUFFER,
            len(PACKET),
            of.OFPR_ACTION,
            1,
            7,
            Match.of(in_port=1, reg0=tag),
            PACKET,
        )
        if self._spoken is V10:
            said = replace(said, match=Match.of(in_port=1))
        yield "packet-in", self._spoken.encode(said), True
        output = (Output(2, 0xFFE5),)
        learned = Match.of(in_port=1, eth_src=1, eth_dst=2)
        instructions = (ApplyActions(output),)
        asked: list[tuple[str, Message]] = [
            ("flow-mod", FlowMod(5, priority=1, match=learned, instructions=instructions)),
            ("packet-out", PacketOut(5, in_port=1, actions=output, data=PACKET)),
            ("barrier", BarrierRequest(5)),
            ("echo", EchoRequest(5, b"")),
        ]
        for name, message in asked:
            yield name, self._dialect.encode(message), False

    def through(self, frame: bytes, count: int, *, from_datapath: bool) -> float:
        """Seconds of the processor for `count` equal frames; what the switch's part takes, which
        answers barriers, is not among them."""
        peer = self._datapath if from_datapath else self._tenant
        data = frame * BATCH
        spent = 0.0
        for _ in range(count // BATCH):
            said: DataReceived | None = DataReceived(peer, data)
            while said is not None:
                start = process_time()
                sent = self._handle(said)
                spent += process_time() - start
                said = self._answers(sent)
        return spent

    def _handle(self, event: DataReceived) -> list[Send]:
        engine, now = self._net.engine, self._net.now
        sent = [each for each in engine.handle(event, now) if isinstance(each, Send)]
        for command in sent:
            engine.handle(Written(command.peer, len(command.data)), now)
        return sent

    def _answers(self, sent: list[Send]) -> DataReceived | None:
        """What a switch says to the barriers in what it was sent."""
        replies = [
            self._spoken.encode(BarrierReply(xid_of(frame)))
            for command in sent
            if command.peer == self._datapath
            for frame in Framer().feed(command.data)
            if self._spoken.kind(frame) is Kind.BARRIER_REQUEST
        ]
        return DataReceived(self._datapath, b"".join(replies)) if replies else None
