"""Sharing: one division at a time, none while the datapath is synchronised, doubts said once."""

import logging
from typing import cast

import pytest

from slicer.isolation import Share
from slicer.isolation.entitlements import Entitlements, PortShares
from slicer.isolation.queues import PortQueues, QueueRate
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import BarrierReply, BarrierRequest, ErrorMessage, MeterMod
from slicer.openflow.v13 import V13
from slicer.policy.ovsdb import UnixSocket
from slicer.proxy.datapath import Datapath
from slicer.proxy.events import ArrangeQueues, QueuesArranged, QueuesRefused
from slicer.proxy.operation import Refused, Steps
from tests.unit.proxy.parts import FEATURES, FakeEnforcement, FakeHost, ready_datapath, said

GONE = MeterMod(1, of.OFPMC_MODIFY, of.OFPMF_KBPS, 7)
UNKNOWN_METER = ErrorMessage(1, *errors.METER_MOD_FAILED_UNKNOWN_METER[:2], b"")
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


def test_a_datapath_that_refuses_is_read_back_at_once(caplog: pytest.LogCaptureFixture) -> None:
    begun: list[str] = []

    def synchronise(*_: object) -> Steps[None]:
        begun.append("synchronise")
        yield []

    def divide() -> Steps[int]:
        yield []
        raise Refused([(GONE, UNKNOWN_METER)])

    host = FakeHost()
    datapath = ready_datapath(FakeEnforcement(share=divide, synchronise=synchronise), host)
    datapath.sharing.share(1.0)
    with caplog.at_level(logging.WARNING):
        datapath.handle(V13.encode(BarrierReply(1)), 1.1)
    assert (begun, datapath.peer.is_closed) == (["synchronise"], False)
    assert datapath.counters["bandwidth: refused by the datapath"] == 1
    (line,) = caplog.messages
    assert "METER_MOD_FAILED/UNKNOWN_METER" in line
    assert "reading it back" in line


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


# ---- queues ----

WHERE = UnixSocket("/run/db.sock")
SHARED = Entitlements({1: PortShares(10, {"red": Share(share=3), "blue": Share(share=7)})})
RATES = {1: PortQueues(10, {"red": QueueRate(3, 10), "blue": QueueRate(7, 10)})}
QUEUES = {("red", 1): 1, ("blue", 1): 2}
REFUSED = QueuesRefused(1, "OVSDB at unix:/run/db.sock: Connection refused")


class Asking:
    """A datapath whose database is known, and what became of what it asked."""

    def __init__(self, given: Entitlements = SHARED, **answers: object) -> None:
        self.datapath, self.host = sharing(**answers)
        self.host.ovsdb = WHERE
        self.given = given
        self.went_on: list[float] = []

    def ask(self) -> None:
        self.datapath.sharing.entitle(self.given, self.went_on.append, 1.0)

    @property
    def entitled(self) -> list[tuple[object, ...]]:
        enforcement = cast(FakeEnforcement, self.datapath.enforcement)
        return [asked[1:] for asked in enforcement.asked if asked[0] == "entitle"]


def test_queues_are_arranged_before_anything_else() -> None:
    asking = Asking()
    asking.ask()
    assert asking.host.arranging == [ArrangeQueues(1, FEATURES.datapath_id, WHERE, RATES)]
    assert (asking.entitled, asking.went_on) == ([], [])
    asking.datapath.sharing.arranged(QueuesArranged(1, QUEUES), 2.0)
    assert asking.entitled == [(SHARED, QUEUES)]
    assert asking.went_on == [2.0]


def test_an_answer_that_nobody_waits_for_changes_nothing() -> None:
    asking = Asking()
    asking.datapath.sharing.arranged(QueuesArranged(1, QUEUES), 2.0)
    assert (asking.entitled, asking.went_on) == ([], [])


def test_where_the_enforcement_takes_no_queues_none_are_asked_for() -> None:
    asking = Asking(takes_queues=False)
    asking.ask()
    assert asking.host.arranging == []
    assert asking.entitled == [(SHARED, {})]
    assert asking.went_on == [1.0]


def test_a_datapath_that_needs_queues_and_can_have_none_is_let_go(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asking = Asking()
    asking.ask()
    asking.datapath.sharing.arranged(REFUSED, 2.0)
    why = f"the policy shares ports, which takes queues: {REFUSED.reason}"
    assert asking.datapath.peer.close_reason == why
    assert "s1: can't be sliced: the policy shares ports" in caplog.text
    assert (asking.entitled, asking.went_on) == ([], [])


def test_one_that_needs_none_goes_on_and_it_is_said(caplog: pytest.LogCaptureFixture) -> None:
    asking = Asking(Entitlements())
    asking.ask()
    assert asking.host.arranging == [ArrangeQueues(1, FEATURES.datapath_id, WHERE, {})]
    asking.datapath.sharing.arranged(REFUSED, 2.0)
    assert asking.datapath.peer.close_reason is None
    assert asking.went_on == [2.0]
    assert "Connection refused" in caplog.text


def test_one_that_has_queues_keeps_them_while_its_database_is_away(
    caplog: pytest.LogCaptureFixture,
) -> None:
    asking = Asking()
    for answer in (QueuesArranged(1, QUEUES), REFUSED, REFUSED, QueuesArranged(1, QUEUES), REFUSED):
        asking.ask()
        asking.datapath.sharing.arranged(answer, 2.0)
    assert asking.datapath.peer.close_reason is None
    assert asking.entitled == [(SHARED, QUEUES)] * 5
    assert asking.datapath.counters["bandwidth: queues not arranged"] == 3
    assert caplog.text.count("queues stay as they are: OVSDB at unix:/run/db.sock") == 2


def test_what_a_database_notes_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    asking = Asking()
    for _ in range(3):
        asking.ask()
        asking.datapath.sharing.arranged(QueuesArranged(1, {}, ("port 1 has a QoS",)), 2.0)
    assert caplog.messages == ["s1: port 1 has a QoS"]
