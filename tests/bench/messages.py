"""Messages: what one message costs in the engine, without sockets.

A stream of messages of one kind, equal ones or each another, is handed to an engine in reads of
BATCH frames, as they come from a busy peer, or each in a read of its own, as from one that waits
for answers, and timed beside a relay that does no more than any proxy must: it cuts the same reads
into frames and gives each a new xid. Not measured here: the sockets, the kernel, other processes.

Invariant: every frame that is timed is carried out, and the engine keeps nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
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
from slicer.openflow.multipart import FlowStats, FlowStatsReply, FlowStatsRequest
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
SHARED = (
    POLICY.replace("flowspace:", "  blue: {controllers: [ptcp:7500]}\nflowspace:")
    + """
  - {slice: blue, priority: 20, match: {vlan_vid: 6}}
  - {slice: red, priority: 30, match: {eth_type: 0x0800, ip_proto: 6, tcp_dst: 80}}
"""
)
"""Where not all is red's, so that it has to be asked whose a packet is."""
DISTINCT = 8_192
"""So many different flow-mods there are: none comes twice, as the slicer would notice."""
LISTED = 250
"""Flows in one part of a datapath's statistics."""
DIALECTS = (V13, V10)
ALONE = ("packet-in", "flow-mod", "packet-out", "barrier")
"""What is measured alone in its read, too."""
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


def measure_all(count: int) -> Iterator[Cost]:
    """All that is measured here."""
    yield from measure(count)
    yield from measure_alone(count)
    yield from measure_shared(count)
    yield from measure_statistics(count)


def measure(count: int, policy: str = POLICY) -> Iterator[Cost]:
    """The costs of the hot messages, each measured on `count` of them, for the slice red of a
    policy."""
    for dialect in DIALECTS:
        yield from _measured(Bench(dialect, policy), count)


def measure_clip(count: int, policy: str = POLICY) -> Iterator[Cost]:
    """Likewise, where the datapath speaks only OpenFlow 1.0."""
    bench = Bench(V10, policy, V10)
    for cost in (*_measured(bench, count), *_alone(bench, count)):
        yield replace(cost, datapath=V10.version)


def measure_alone(count: int, policy: str = POLICY) -> Iterator[Cost]:
    """What the hot messages cost where each is alone in its read."""
    for dialect in DIALECTS:
        yield from _alone(Bench(dialect, policy), count)


def _alone(bench: Bench, count: int) -> Iterator[Cost]:
    for cost in _measured(bench, count, ALONE, at_once=1):
        yield replace(cost, message=f"{cost.message}, alone")


def measure_shared(count: int) -> Iterator[Cost]:
    """What a packet-out costs where the slice doesn't own everything."""
    for dialect in DIALECTS:
        for cost in _measured(Bench(dialect, SHARED), count, ("packet-out",)):
            yield replace(cost, message="packet-out, shared")


def measure_statistics(count: int) -> Iterator[Cost]:
    """What a flow costs in the statistics that a tenant asks for, beside the relay of a message."""
    for dialect in DIALECTS:
        bench = Bench(dialect, POLICY)
        request, parts = bench.statistics()
        relay = min(_relay([request] * BATCH, count, BATCH) for _ in range(REPEATS))
        rounds = max(count // (len(parts) * LISTED), 1)
        seconds = min(bench.answered(request, parts, rounds) for _ in range(REPEATS))
        flows = rounds * len(parts) * LISTED
        yield Cost("flow statistics, a flow", dialect.version, seconds / flows, relay / count)


def _measured(
    bench: Bench, count: int, names: Sequence[str] = (), at_once: int = BATCH
) -> Iterator[Cost]:
    for name, frames, from_datapath in bench.frames():
        if names and name not in names:
            continue
        relay = min(_relay(frames[:BATCH], count, at_once) for _ in range(REPEATS))
        # So that those that are to be new are.
        each = (
            count if len(frames) == BATCH else min(count, len(frames) // REPEATS // BATCH * BATCH)
        )
        seconds = []
        for _ in range(REPEATS):
            seconds.append(bench.through(frames, each, at_once, from_datapath=from_datapath))
            frames = [*frames[each % len(frames) :], *frames[: each % len(frames)]]
        yield Cost(name, bench.version, min(seconds) / each, relay / count)


def _reads(frames: Sequence[bytes], at_once: int) -> list[bytes]:
    return [b"".join(frames[at : at + at_once]) for at in range(0, len(frames), at_once)]


def _relay(frames: Sequence[bytes], count: int, at_once: int) -> float:
    framer = Framer()
    reads = _reads(frames, at_once)
    start = process_time()
    for _ in range(count // BATCH):
        for data in reads:
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

    @property
    def version(self) -> int:
        """What the tenant speaks."""
        return self._dialect.version

    def frames(self) -> Iterator[tuple[str, Sequence[bytes], bool]]:
        """The hot messages: name, frames that come in turn, do they come from the datapath?"""
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
        yield "packet-in", [self._spoken.encode(said)] * BATCH, True
        output = (Output(2, 0xFFE5),)
        learned = Match.of(in_port=1, eth_src=1, eth_dst=2)
        instructions = (ApplyActions(output),)
        flow = FlowMod(5, priority=1, match=learned, instructions=instructions)
        asked: list[tuple[str, Message]] = [
            ("flow-mod", flow),
            ("packet-out", PacketOut(5, in_port=1, actions=output, data=PACKET)),
            ("barrier", BarrierRequest(5)),
            ("echo", EchoRequest(5, b"")),
        ]
        for name, message in asked:
            yield name, [self._dialect.encode(message)] * BATCH, False
        others = (
            replace(flow, match=Match.of(in_port=1, eth_src=each, eth_dst=2))
            for each in range(DISTINCT)
        )
        yield "flow-mod, a new one", [self._dialect.encode(each) for each in others], False

    def through(
        self, frames: Sequence[bytes], count: int, at_once: int = BATCH, *, from_datapath: bool
    ) -> float:
        """Seconds of the processor for `count` frames, so many in a read; what the switch's part
        takes, which answers barriers, is not among them."""
        peer = self._datapath if from_datapath else self._tenant
        reads = cycle(_reads(frames, at_once))
        spent = 0.0
        for _ in range(count // BATCH):
            said = list(islice(reads, BATCH // at_once))
            speaker = peer
            while said:
                start = process_time()
                sent = [each for data in said for each in self._handle(speaker, data)]
                spent += process_time() - start
                speaker, said = self._datapath, _reads(self._answers(sent), at_once)
        return spent

    def statistics(self) -> tuple[bytes, list[bytes]]:
        """A tenant's request for its flows, and the datapath's answer in parts of LISTED."""
        flow = FlowMod(
            5,
            priority=1,
            match=Match.of(in_port=1, eth_src=1, eth_dst=2),
            instructions=(ApplyActions((Output(2, 0xFFE5),)),),
        )
        sent = self._handle(self._tenant, self._dialect.encode(flow))
        (stored,) = (V13.decode(each.data) for each in sent if each.peer == self._datapath)
        assert isinstance(stored, FlowMod)
        tag = Match.of(reg0=self._net.engine.datapaths[1].slivers["red"].tag)
        flows = [
            FlowStats(
                *(stored.table_id, 9, 9, stored.priority, 0, 0, 0, 7, 99, 9_999),
                Match((*tag.oxms, *Match.of(in_port=1, eth_src=each, eth_dst=2).oxms)),
                stored.instructions,
            )
            for each in range(4 * LISTED)
        ]
        parts = [
            V13.encode(FlowStatsReply(0, tuple(flows[at : at + LISTED]), at + LISTED < len(flows)))
            for at in range(0, len(flows), LISTED)
        ]
        return self._dialect.encode(FlowStatsRequest(5)), parts

    def answered(self, request: bytes, parts: Sequence[bytes], rounds: int) -> float:
        """Seconds of the processor for so many answers in parts, without the requests."""
        spent = 0.0
        for _ in range(rounds):
            sent = self._handle(self._tenant, request)
            (xid,) = (xid_of(each.data) for each in sent if each.peer == self._datapath)
            for part in parts:
                start = process_time()
                said = self._handle(self._datapath, with_xid(part, xid))
                spent += process_time() - start
                assert [each.peer for each in said] == [self._tenant]
        return spent

    def _handle(self, peer: int, data: bytes) -> list[Send]:
        engine, now = self._net.engine, self._net.now
        commands = engine.handle(DataReceived(peer, data), now)
        sent = [each for each in commands if isinstance(each, Send)]
        for command in sent:
            engine.handle(Written(command.peer, len(command.data)), now)
        return sent

    def _answers(self, sent: list[Send]) -> list[bytes]:
        """What a switch says to the barriers in what it was sent."""
        return [
            self._spoken.encode(BarrierReply(xid_of(frame)))
            for command in sent
            if command.peer == self._datapath
            for frame in Framer().feed(command.data)
            if self._spoken.kind(frame) is Kind.BARRIER_REQUEST
        ]
