"""Audits: when a datapath is read back."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from slicer.proxy.audits import AUDITS_APART, Audits
from slicer.proxy.faults import FAULT
from slicer.proxy.settings import Settings
from slicer.proxy.timers import Timers
from slicer.proxy.turns import Turns
from tests.unit.proxy.parts import peer

SOON, USUAL = AUDITS_APART * 0.1, Settings().audit_interval


class Scene:
    """Audits of a datapath that takes a tenth of a second to be read back."""

    def __init__(self) -> None:
        self.timers = Timers()
        self.read: list[float] = []
        self.size: Any = lambda dpid, ports: 1
        view: Any = SimpleNamespace(size_on=lambda *asked: self.size(*asked))
        self.turns = Turns(10, self.timers)
        self.subject = Audits(Settings(), self.timers, self.turns, view)
        named: Any = SimpleNamespace(
            dpid=1, peer=peer(), ports={}, took=0.1, synchronise=self.read.append
        )
        named.is_synchronising = named.is_doubted = False
        self.datapath = named

    def tenant_leaves(self, reason: str, now: float) -> None:
        whose = peer(2)
        whose.close(reason)
        tenant: Any = SimpleNamespace(peer=whose, datapath=self.datapath)
        self.subject.tenant_left(tenant, now)


def test_it_is_read_back_when_it_joins_and_every_so_often() -> None:
    scene = Scene()
    scene.subject.look_through(scene.datapath, 5.0)
    assert scene.read == [5.0]
    scene.subject.passed(scene.datapath, 6.0)
    assert scene.timers.next_deadline is not None
    scene.timers.run(6.0 + USUAL)
    assert scene.read == [5.0, 6.0 + USUAL]


def test_one_that_takes_long_is_read_back_less_often() -> None:
    scene = Scene()
    scene.datapath.took = 10.0
    scene.subject.passed(scene.datapath, 0.0)
    assert scene.timers.next_deadline == AUDITS_APART * 10.0


def test_after_a_fault_it_is_read_back_soon_and_once_whoever_goes() -> None:
    scene = Scene()
    scene.subject.passed(scene.datapath, 0.0)
    for now in (1.0, 1.5, 2.0):
        scene.tenant_leaves(FAULT, now)
    assert scene.timers.next_deadline == 1.0 + SOON
    scene.timers.run(1.0 + SOON)
    assert scene.read == [1.0 + SOON]
    scene.turns.over(1, 4.0)
    scene.subject.passed(scene.datapath, 4.0)
    assert scene.timers.next_deadline == 4.0 + USUAL
    scene.tenant_leaves(FAULT, 5.0)
    assert scene.timers.next_deadline == 5.0 + SOON


@pytest.mark.parametrize("took", [0.1, 10.0])
def test_no_fault_puts_off_what_is_due(took: float) -> None:
    scene = Scene()
    scene.datapath.took = took
    scene.subject.passed(scene.datapath, 0.0)
    due = scene.timers.next_deadline
    assert due is not None
    scene.tenant_leaves(FAULT, due - 1.0)
    assert scene.timers.next_deadline == due


def test_after_a_fault_while_it_is_read_back_it_is_read_back_once_more() -> None:
    scene = Scene()
    scene.datapath.is_synchronising = True
    scene.tenant_leaves(FAULT, 1.0)
    assert scene.timers.next_deadline is None
    scene.subject.passed(scene.datapath, 2.0)
    assert scene.timers.next_deadline == 2.0 + SOON


@pytest.mark.parametrize("has_gone", [False, True])
def test_who_goes_otherwise_or_with_the_datapath_has_nothing_read_back(has_gone: bool) -> None:
    scene = Scene()
    if has_gone:
        scene.datapath.peer.close("the other side closed it")
    scene.tenant_leaves(FAULT if has_gone else "the other side closed it", 1.0)
    assert scene.timers.next_deadline is None


def test_a_datapath_that_has_gone_is_not_read_back() -> None:
    scene = Scene()
    scene.tenant_leaves(FAULT, 1.0)
    scene.subject.forget(1)
    assert scene.timers.next_deadline is None
    scene.tenant_leaves(FAULT, 2.0)
    assert scene.timers.next_deadline == 2.0 + SOON, "another connection of the same dpid's"


@pytest.mark.parametrize("part", ["size", "synchronise"])
def test_a_fault_costs_the_datapath(part: str) -> None:
    scene = Scene()

    def fault(*_: object) -> int:
        raise ZeroDivisionError("a fault")

    if part == "size":
        scene.size = fault
    else:
        scene.datapath.synchronise = fault
    scene.subject.look_through(scene.datapath, 1.0)
    assert scene.datapath.peer.close_reason == FAULT
