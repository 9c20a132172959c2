"""Sharing: one division at a time, none while the datapath is synchronised, doubts said once."""

import logging

import pytest

from slicer.isolation import Share
from slicer.isolation.entitlements import Entitlements, PortShares
from slicer.openflow.messages import BarrierReply, BarrierRequest
from slicer.openflow.v13 import V13
from slicer.proxy.datapath import Datapath
from slicer.proxy.operation import Steps
from tests.unit.proxy.parts import FakeEnforcement, FakeHost, ready_datapath, said

VAGUE = Entitlements({1: PortShares(None, {"red": Share(share=2)})})


def nothing(now: float) -> None:
    """What follows is no matter."""


def dividing() -> Steps[int]:
    yield []
    return 2


def sharing(**answers: object) -> tuple[Datapath, FakeHost]:
    host = FakeHost()
    return ready_datapath(FakeEnforcement(share=lambda: dividing(), **answers), host), host


def test_a_division_is_an_operation_and_the_host_hears_of_its_end() -> None:
    datapath, host = sharing()
    datapath.sharing.share(1.0)
    assert said(datapath.peer) == [BarrierRequest(1)]
    assert host.told == []
    datapath.handle(V13.encode(BarrierReply(1)), 1.1)
    assert host.told == ["shared"]
    assert datapath.counters["bandwidth: rates changed"] == 2


def test_one_that_is_due_while_another_is_under_way_waits_for_the_next_time() -> None:
    datapath, host = sharing()
    datapath.sharing.share(1.0)
    said(datapath.peer)
    datapath.sharing.share(1.4)
    assert said(datapath.peer) == []
    assert host.told == ["shared"]


def test_none_is_begun_while_the_datapath_is_synchronised() -> None:
    def synchronise(*_: object) -> Steps[None]:
        yield []

    datapath, host = sharing(synchronise=synchronise)
    datapath.synchronise(1.0)
    said(datapath.peer)
    datapath.sharing.share(1.0)
    assert (said(datapath.peer), host.told) == ([], ["shared"])


def test_a_doubt_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    datapath, _ = sharing()
    with caplog.at_level(logging.ERROR):
        datapath.sharing.entitle(VAGUE, nothing, 1.0)
        datapath.sharing.entitle(VAGUE, nothing, 1.0)
    (line,) = caplog.messages
    assert line.startswith("s1: port 1 (")
    datapath.sharing.entitle(Entitlements(), nothing, 1.0)
    datapath.sharing.entitle(VAGUE, nothing, 1.0)
    assert len(caplog.messages) == 2
