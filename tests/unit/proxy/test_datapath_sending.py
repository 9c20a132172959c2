"""Datapaths: barriers of the slicer's own, its orders, and switches that are slow."""

import pytest

from slicer.openflow import errors
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoRequest,
    ErrorMessage,
    Message,
)
from slicer.openflow.v13 import V13
from slicer.proxy.congestion import CONGESTION
from slicer.proxy.datapath import Datapath
from slicer.proxy.pending import BARRIER_EVERY, Request
from slicer.proxy.settings import Settings
from tests.unit.proxy.parts import Recorder, peer, ready_datapath, said


def tell(datapath: Datapath, *messages: Message) -> list[Message]:
    """What the datapath is told when it says this."""
    for message in messages:
        datapath.handle(V13.encode(message), 1.0)
    return said(datapath.peer)


def test_every_so_often_a_barrier_is_put_in_that_nobody_hears_of() -> None:
    datapath, asker = ready_datapath(), Recorder()
    for _ in range(BARRIER_EVERY):
        datapath.ask(Request(asker, 7, Kind.FLOW_MOD), EchoRequest(0))
    barriers = [each for each in said(datapath.peer) if isinstance(each, BarrierRequest)]
    assert barriers == [BarrierRequest(BARRIER_EVERY + 1)]
    assert tell(datapath, BarrierReply(BARRIER_EVERY + 1)) == []
    assert len(datapath.pending) == 0
    assert asker.heard == [("passed", 7)] * BARRIER_EVERY


def test_an_order_of_the_slicers_own_that_is_refused_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    datapath = ready_datapath()
    datapath.order(EchoRequest(0))
    datapath.order(EchoRequest(0))
    datapath.flush()
    assert said(datapath.peer) == [EchoRequest(1), EchoRequest(2), BarrierRequest(3)]
    tell(datapath, ErrorMessage(1, *errors.BAD_REQUEST_EPERM[:2], b""), BarrierReply(3))
    assert caplog.messages == [
        "a datapath refused a ECHO_REQUEST of the slicer's: BAD_REQUEST/EPERM"
    ]
    assert len(datapath.pending) == 0


def fill(datapath: Datapath, what: str) -> None:
    """Make a datapath slow: with so many bytes unsent, requests unanswered or bytes to quote."""
    if what == "bytes":
        datapath.peer.backlog = Settings().datapath_backlog + 1
        return
    quote = bytes(Settings().datapath_backlog + 1) if what == "quotes" else b""
    for _ in range(3):
        datapath.ask(Request(Recorder(), 7, Kind.FLOW_MOD, quote), EchoRequest(0))


@pytest.mark.parametrize("what", ["bytes", "requests", "quotes"])
def test_a_slow_datapath_pauses_those_that_send_to_it_until_it_has_caught_up(
    what: str,
) -> None:
    datapath, sender, idle = ready_datapath(), peer(9), peer(10)
    datapath.settings = Settings(datapath_pending=2)
    datapath.hold_back(sender)
    assert sender.reads
    fill(datapath, what)
    said(datapath.peer)
    for _ in range(3):
        datapath.hold_back(sender)
    assert not sender.reads
    assert idle.reads
    assert datapath.counters == {f"paused: {CONGESTION}": 1}
    datapath.caught_up()
    assert not sender.reads, "nothing has changed"
    (barrier,) = said(datapath.peer)
    assert isinstance(barrier, BarrierRequest)
    datapath.peer.backlog = 0
    tell(datapath, BarrierReply(barrier.xid))
    assert sender.reads


def test_bytes_that_have_left_are_enough_to_go_on() -> None:
    datapath, sender = ready_datapath(), peer(9)
    fill(datapath, "bytes")
    datapath.hold_back(sender)
    datapath.peer.backlog = Settings().datapath_backlog
    datapath.caught_up()
    assert sender.reads
    datapath.hold_back(sender)
    assert sender.reads
