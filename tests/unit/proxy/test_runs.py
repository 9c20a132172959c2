"""Runs: what makes one, what ends one, and what is done once for all of it.

`tests/property/test_proxy_runs.py` says that nothing else changes by it.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.actions import Output
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierReply,
    EchoRequest,
    ErrorMessage,
    FlowMod,
    Message,
    PacketIn,
    PacketOut,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy.datapath import Datapath
from slicer.proxy.pending import BARRIER_EVERY
from slicer.proxy.routes import State
from slicer.proxy.runs import handle_all
from slicer.proxy.settings import Settings
from slicer.proxy.tenant import Tenant
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.unit.proxy.parts import said

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: [tcp:127.0.0.1:6653]}}
flowspace: [{slice: red, priority: 1}]
"""
TO_2 = (Output(2),)
ADD = FlowMod(7, priority=7, match=Match.of(in_port=1), instructions=(ApplyActions(TO_2),))
OUT = PacketOut(8, in_port=1, actions=TO_2, data=bytes(60))


class Alone:
    """A ready datapath and its tenant, and the frames that each has handled by themselves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.net = Network(POLICY)
        self.net.plug(FakeSwitch(1, [port(1), port(2)]))
        self.datapath = self.net.engine.datapaths[1]
        (self.tenant,) = self.datapath.slivers["red"].tenants
        self.alone: list[bytes] = []
        for session in (Tenant, Datapath):
            monkeypatch.setattr(session, "handle", self._noting(session.handle))
        for each in (self.tenant, self.datapath):
            each.peer.take_outgoing()

    def _noting(self, handle: object) -> object:
        def noting(session: Tenant | Datapath, frame: bytes, now: float) -> None:
            self.alone.append(frame)
            handle(session, frame, now)  # type: ignore[operator]

        return noting

    def hears(self, session: Tenant | Datapath, messages: Sequence[Message]) -> list[bytes]:
        """Which frames are handled alone when all of these come in one read."""
        self.alone.clear()
        handle_all(session, [V13.encode(each) for each in messages], 1.0)
        return list(self.alone)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Alone:
    return Alone(monkeypatch)


def test_flow_mods_and_packet_outs_make_one_run(alone: Alone) -> None:
    assert alone.hears(alone.tenant, [ADD, OUT, ADD, OUT]) == []
    assert len(alone.datapath.peer._outgoing) == 1
    assert len(alone.datapath.pending) == 4


def test_what_is_no_part_of_a_run_is_handled_by_itself(alone: Alone) -> None:
    refused = FlowMod(9, table_id=251)
    echo = EchoRequest(9)
    taken = alone.hears(alone.tenant, [ADD, ADD, echo, OUT, OUT, refused, ADD])
    assert taken == [V13.encode(echo), V13.encode(refused), V13.encode(ADD)]
    kinds = [V13.kind(V13.encode(each)) for each in said(alone.tenant.peer)]
    assert kinds == [Kind.ECHO_REPLY, Kind.ERROR]
    assert len(alone.datapath.pending) == 5


def test_what_stands_alone_is_handled_by_itself(alone: Alone) -> None:
    assert len(alone.hears(alone.tenant, [ADD, EchoRequest(1), OUT])) == 3
    for message in (ADD, OUT):
        assert alone.hears(alone.tenant, [message]) == [V13.encode(message)]
    assert len(alone.datapath.pending) == 4


def test_a_slave_has_no_runs(alone: Alone) -> None:
    alone.tenant.role = of.OFPCR_ROLE_SLAVE
    assert alone.hears(alone.tenant, [ADD, OUT]) == [V13.encode(ADD), V13.encode(OUT)]
    assert len(alone.datapath.pending) == 0


def test_a_barrier_is_put_in_just_where_it_would_be(alone: Alone) -> None:
    assert alone.hears(alone.tenant, [ADD] * (BARRIER_EVERY + 3)) == []
    sent = [V13.kind(V13.encode(each)) for each in said(alone.datapath.peer)]
    assert sent.index(Kind.BARRIER_REQUEST) == BARRIER_EVERY
    assert len(sent) == BARRIER_EVERY + 4


def test_an_error_finds_the_one_of_a_run_that_it_is_about(alone: Alone) -> None:
    pending = alone.datapath.pending
    first = pending.next_run()[0]
    asked = [ADD, OUT, FlowMod(99, match=Match.of(in_port=2))]
    alone.hears(alone.tenant, asked)
    error = ErrorMessage(first + 2, *errors.BAD_MATCH_BAD_PREREQ[:2], b"the datapath's")
    alone.hears(alone.datapath, [error])
    (told,) = said(alone.tenant.peer)
    assert told == ErrorMessage(99, error.type, error.code, V13.encode(asked[2]))
    alone.datapath.flush()
    alone.hears(alone.datapath, [BarrierReply(first + 3)])
    assert (len(pending), alone.tenant.allowance.outstanding._count) == (0, 0)


def test_a_datapath_that_gets_too_much_is_given_it_one_by_one(alone: Alone) -> None:
    alone.datapath.settings = Settings(datapath_backlog=200)
    taken = alone.hears(alone.tenant, [ADD] * 4)
    assert taken == [V13.encode(ADD)] * 4
    assert not alone.tenant.peer.reads
    assert alone.hears(alone.tenant, [ADD] * 4) == [], "it is paused already"


def test_packet_ins_of_a_read_are_sent_together(alone: Alone) -> None:
    tag = alone.tenant.sliver.tag
    came = PacketIn(0, of.OFP_NO_BUFFER, 4, 1, 1, 7, Match.of(in_port=1, reg0=tag), b"data")
    nobodys = PacketIn(0, of.OFP_NO_BUFFER, 4, 1, 1, 7, Match.of(in_port=1), b"data")
    said_by_it = [came, came, came, nobodys, came, came]
    assert alone.hears(alone.datapath, said_by_it) == [V13.encode(nobodys)]
    sent = [len(each) for each in alone.tenant.peer._outgoing]
    assert (len(sent), 2 * sent[0]) == (2, 3 * sent[1])
    assert alone.datapath.counters == {"dropped: packet-in of no slice": 1}


def test_a_packet_in_that_stands_alone_is_a_run_of_one(alone: Alone) -> None:
    tag = alone.tenant.sliver.tag
    came = PacketIn(0, of.OFP_NO_BUFFER, 4, 1, 1, 7, Match.of(in_port=1, reg0=tag), b"data")
    assert alone.hears(alone.datapath, [came]) == []
    assert len(alone.tenant.peer._outgoing) == 1


def test_a_datapath_that_joins_has_no_runs(alone: Alone) -> None:
    alone.datapath.state = State.JOINING
    tag = alone.tenant.sliver.tag
    came = PacketIn(0, of.OFP_NO_BUFFER, 4, 1, 1, 7, Match.of(in_port=1, reg0=tag), b"data")
    assert alone.hears(alone.datapath, [came]) == [V13.encode(came)]
