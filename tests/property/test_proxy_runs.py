"""Frames that are handled in runs have the same effect as if each had been handled by itself.

Two engines hear the same: whatever tenants and a datapath say, cut anywhere into reads. One of them
knows no runs. After each read both have sent every peer the same bytes, pause and close the same
connections, have counted the same and remember as much.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicer.openflow import constants as of
from slicer.openflow.actions import DecNwTtl, Group, Output
from slicer.openflow.framing import Framer
from slicer.openflow.header import with_xid, xid_of
from slicer.openflow.instructions import ApplyActions, GotoTable
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoRequest,
    ErrorMessage,
    FlowMod,
    Message,
    PacketIn,
    PacketOut,
    RoleRequest,
    SetAsync,
)
from slicer.openflow.multipart import FlowStatsRequest
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy import pending
from slicer.proxy.datapath import Datapath
from slicer.proxy.events import Close, ControllerEndpoint, DataReceived, Event, Send, Written
from slicer.proxy.settings import Settings
from slicer.proxy.tenant import Tenant
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch

POLICIES = {
    "all": """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: [ptcp:7000]}}
flowspace: [{slice: red, priority: 1}]
""",
    "shared": """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: [ptcp:7000]}, blue: {controllers: [ptcp:7500]}}
flowspace:
  - {slice: red, priority: 1, match: {vlan_vid: 5}}
  - {slice: red, priority: 3, match: {eth_type: 0x0806}}
  - {slice: blue, priority: 1, match: {vlan_vid: 6}}
""",
    "limited": """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: [ptcp:7000], limits: {flows: 100}}}
flowspace: [{slice: red, priority: 1}]
""",
}
SMALL = Settings(
    datapath_pending=24, datapath_backlog=4_000, outbox_events=3_000, outbox_replies=60_000
)
FEW_BYTES = Settings(datapath_backlog=1_500)
ARP = bytes(12) + b"\x08\x06" + bytes(28)
OTHERS = bytes(12) + b"\x81\x00\x00\x06\x08\x00" + bytes(20)
LLDP = bytes(12) + b"\x88\xcc" + bytes(20)
TO_2 = (ApplyActions((Output(2),)),)
ADD = FlowMod(0, table_id=0, priority=7, match=Match.of(in_port=1, eth_dst=5), instructions=TO_2)
OUT = PacketOut(0, in_port=1, actions=(Output(2),), data=ARP)

HOT: list[Message] = [
    ADD,
    replace(ADD, cookie=9, idle_timeout=3),
    OUT,
    replace(OUT, data=ARP + ARP),
]
BOTH: list[Message] = [
    *HOT,
    *HOT,
    replace(ADD, match=Match.of(in_port=2)),
    replace(ADD, match=Match(), priority=0),
    replace(ADD, command=of.OFPFC_DELETE, instructions=()),
    replace(ADD, command=of.OFPFC_DELETE, instructions=(), out_port=2),
    replace(ADD, instructions=(ApplyActions((Output(of.OFPP_NORMAL),)),)),
    replace(ADD, instructions=(ApplyActions((Output(of.OFPP_CONTROLLER, 99),)),)),
    replace(OUT, in_port=3),
    replace(OUT, in_port=of.OFPP_CONTROLLER, actions=(Output(of.OFPP_FLOOD),)),
    replace(OUT, data=OTHERS),
    replace(OUT, data=LLDP),
    replace(OUT, actions=()),
    BarrierRequest(0),
    EchoRequest(0, b"echo"),
    FlowStatsRequest(0),
]
ONLY_1_3: list[Message] = [
    replace(ADD, table_id=251),
    replace(ADD, instructions=(GotoTable(3),)),
    replace(ADD, match=Match.of(in_port=1, reg0=4)),
    replace(ADD, instructions=(ApplyActions((Group(1),)),)),
    replace(OUT, actions=(DecNwTtl(), Output(1))),
    replace(OUT, actions=(), data=ARP + bytes(0xFFFF - 24 - len(ARP))),
    RoleRequest(0, of.OFPCR_ROLE_SLAVE, 5),
    RoleRequest(0, of.OFPCR_ROLE_EQUAL, 5),
    SetAsync(0, (0, 0), (0, 0), (0, 0)),
    SetAsync(0, (7, 7), (7, 7), (7, 7)),
]
BROKEN = [
    bytes.fromhex("040e000800000000"),
    bytes.fromhex("040d000a000000000000"),
    bytes.fromhex("010e000800000000"),
    bytes.fromhex("0463000800000000"),
    V13.encode(ADD)[:1] + b"\x0d" + V13.encode(ADD)[2:],
    b"\x01" + V13.encode(ADD)[1:],
    b"\x04" + V10.encode(ADD)[1:],
]
SPOKEN = {
    "red 1.3": [*map(V13.encode, BOTH), *map(V13.encode, ONLY_1_3), *BROKEN],
    "red 1.0": [*map(V10.encode, BOTH), *BROKEN],
}


def packet_ins(tag: int) -> list[bytes]:
    """What the datapath says of a slice's packets."""
    said = PacketIn(
        0, of.OFP_NO_BUFFER, 42, of.OFPR_ACTION, 1, 7, Match.of(in_port=1, reg0=tag), ARP
    )
    variants = [
        said,
        said,
        replace(said, cookie=8, data=ARP + ARP),
        replace(said, xid=77),
        replace(said, reason=of.OFPR_INVALID_TTL),
        replace(said, table_id=0),
        replace(said, table_id=253, match=Match.of(in_port=2, reg0=tag)),
        replace(said, match=Match.of(in_port=1, reg0=0x7001)),
        replace(said, match=Match.of(in_port=1)),
        replace(said, match=Match.of(in_port=0x10000, reg0=tag)),
        replace(said, data=b""),
    ]
    return [V13.encode(each) for each in variants]


@dataclass(frozen=True, slots=True)
class Said:
    """Which of a speaker's frames, under which xid, how often; which bytes of it make a read with
    what comes before."""

    speaker: str
    frame: int
    xid: int
    times: int
    cut: int | None


said = st.builds(
    Said,
    st.sampled_from(["red 1.3", "red 1.3", "red 1.0", "datapath", "answers", "written"]),
    st.integers(0, 200),
    st.integers(0, 40),
    st.integers(1, 30),
    st.none() | st.integers(0, 150),
)


class Side:
    """One engine and what it has done."""

    def __init__(self, policy: str, bounds: Settings, has_runs: bool) -> None:
        self._net = Network(policy, bounds)
        self.engine = self._net.engine
        self.datapath = self._net.plug(FakeSwitch(1, [port(1), port(2)]))
        endpoint = next(
            each
            for each in self._net.listening
            if isinstance(each, ControllerEndpoint) and each.slice == "red"
        )
        self.peers = {
            "red 1.3": self._net.peer_of(self._net.connect(endpoint, V13)),
            "red 1.0": self._net.peer_of(self._net.connect(endpoint, V10)),
            "datapath": self.datapath,
        }
        self._has_runs = has_runs
        self.sent: dict[int, int] = defaultdict(int)
        self.barriers: list[int] = []

    def hear(self, said: Event) -> tuple[object, ...]:
        """What becomes of an event: what each peer is sent and told, what was counted and what is
        remembered."""
        if not self._has_runs:
            for session in self.engine._sessions.values():
                session.runs = {}
        sent: dict[int, bytes] = defaultdict(bytes)
        others: Counter[str] = Counter()
        for command in self.engine.handle(said, 1.0):
            if isinstance(command, Send):
                sent[command.peer] += command.data
                self.sent[command.peer] += len(command.data)
            else:
                others[str(command)] += 1
            if isinstance(command, Close):
                self.sent.pop(command.peer, None)
        self.barriers += [
            xid_of(each)
            for each in Framer().feed(sent[self.datapath])
            if V13.kind(each) is Kind.BARRIER_REQUEST
        ]
        return dict(sent), others, *self._remembered()

    def _remembered(self) -> Iterator[object]:
        yield self.engine.counters
        for session in self.engine._sessions.values():
            yield session.peer.number, session.peer.backlog, session.peer.reads
            if isinstance(session, Datapath):
                yield session.counters, len(session.pending), session.pending.quoted
                yield {xid: _said(session, xid) for xid in range(1, 200)}
            if isinstance(session, Tenant):
                yield session.sliver.counters, session.allowance.outstanding._count


def _said(datapath: Datapath, xid: int) -> object:
    request = datapath.pending.get(xid)
    return request and (request.xid, request.kind, request.quote)


def reads(side: Side, script: Sequence[Said]) -> Iterator[Event]:
    """The events of a script; answers to barriers and errors go by what has been sent so far."""
    tag = side.engine.datapaths[1].slivers["red"].tag
    frames = {**SPOKEN, "datapath": packet_ins(tag)}
    rest: dict[str, bytes] = defaultdict(bytes)
    for each in script:
        speaker = each.speaker
        if speaker == "written":
            for peer, count in list(side.sent.items()):
                yield Written(peer, count)
            side.sent.clear()
            continue
        if speaker == "answers":
            speaker, data = "datapath", b"".join(_answers(side, each))
        else:
            spoken = frames[speaker]
            xids = range(each.xid, each.xid + each.times)
            frame = spoken[each.frame % len(spoken)]
            is_packet_in = speaker == "datapath"
            data = b"".join(frame if is_packet_in else with_xid(frame, xid) for xid in xids)
        data = rest.pop(speaker, b"") + data
        if each.cut is not None:
            cut = max(len(data) - each.cut, 0)
            data, rest[speaker] = data[:cut], data[cut:]
        if data:
            yield DataReceived(side.peers[speaker], data)


def _answers(side: Side, each: Said) -> Iterator[bytes]:
    first = max(side.engine.datapaths[1].pending._next_xid - each.xid, 1)
    if each.frame % 2:
        for xid in range(first, first + each.times % 4):
            yield V13.encode(ErrorMessage(xid, 5, 1, b"quoted"))
    elif side.barriers:
        yield V13.encode(BarrierReply(side.barriers.pop(0)))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("bounds", [Settings(), SMALL, FEW_BYTES], ids=["usual", "small", "few"])
@settings(max_examples=60, deadline=None)
@given(script=st.lists(said, min_size=1, max_size=25), barrier_every=st.sampled_from([7, 40]))
def test_runs_do_what_single_frames_do(
    policy: str, bounds: Settings, script: list[Said], barrier_every: int
) -> None:
    with patch.object(pending, "BARRIER_EVERY", barrier_every):
        one, other = (Side(POLICIES[policy], bounds, has_runs) for has_runs in (True, False))
        for event in reads(one, script):
            if 1 not in one.engine.datapaths:
                break
            assert one.hear(event) == other.hear(event)


@pytest.mark.parametrize("speaker", ["red 1.3", "red 1.0", "datapath"])
def test_what_is_hot_is_handled_in_runs(speaker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    side = Side(POLICIES["all"], Settings(), has_runs=True)
    alone: list[bytes] = []
    for session in (Tenant, Datapath):
        monkeypatch.setattr(session, "handle", lambda _, frame, __: alone.append(frame))
    script = [Said(speaker, 0, 1, 30, None), Said(speaker, 2, 40, 30, None)]
    for event in reads(side, script):
        sent, *_ = side.hear(event)
        assert sent
    assert alone == []
