"""Conversations about flows that a datapath of OpenFlow 1.0 may still refuse, or does: what is said
of them meanwhile holds, and it costs nobody else anything."""

from __future__ import annotations

from collections import Counter

import pytest

from slicer.openflow import constants as of
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    ErrorMessage,
    FlowRemoved,
    Message,
)
from slicer.openflow.oxm import Match
from slicer.proxy.clip.enforcement import Clip
from slicer.proxy.clip.synchronise import LOST
from slicer.proxy.clip.tenancy import Tenancy
from tests.conversation.test_clip_in_turns import Scene
from tests.fakes.tenant import FakeTenant
from tests.unit.proxy.clip.scene import ANY, FLOOD, TO_1, TO_2, add, delete

AT_1 = Match.of(in_port=1)
ONE_PIECE, MANY_PIECES = AT_1, ANY


def tenancy(scene: Scene) -> Tenancy:
    clip = scene.net.engine.datapaths[1].enforcement
    assert isinstance(clip, Clip)
    return clip._tenancy


def said(scene: Scene, tenant: FakeTenant, *messages: Message) -> list[type[Message]]:
    """What kinds of answers these have."""
    tenant.say(*messages, BarrierRequest(99))
    scene.net.run()
    heard = scene.heard(tenant)
    assert heard[-1] == BarrierReply(99)
    return [type(each) for each in heard[:-1]]


def check(scene: Scene) -> None:
    """After a while the datapath is there, holds just what it should, and each flow has a slot."""
    scene.net.wait(124)
    assert scene.switch in scene.net.peers.values()
    there = tenancy(scene)
    tops = {each.place: each.cookie for each in there.mirror.tops}
    assert {(each.match.canonical(), each.priority): each.cookie for each in scene.pieces()} == tops
    for name in ("red", "blue"):
        users = Counter(each.asked.priority for each in there.mirror.flows_of(name).values())
        slots = there._slots.get(name)
        assert slots is None or slots._users == users


def first_refused(scene: Scene) -> None:
    """The datapath is full, until it has refused what is said first."""
    scene.switch.most_flows = 0
    scene.step(lambda: setattr(scene.switch, "most_flows", 1000))


@pytest.mark.parametrize("match", [ONE_PIECE, MANY_PIECES])
def test_a_flow_that_is_deleted_at_once_and_was_refused(match: Match) -> None:
    scene = Scene()
    scene.switch.most_flows = 0
    assert said(scene, scene.red, add(match, FLOOD), delete(match)) == [ErrorMessage]
    check(scene)
    assert not tenancy(scene).mirror.flows


@pytest.mark.parametrize("match", [ONE_PIECE, MANY_PIECES])
def test_a_flow_that_is_said_otherwise_at_once_and_refused_both_times(match: Match) -> None:
    scene = Scene()
    scene.switch.most_flows = 0
    asked = add(match, FLOOD), add(match, TO_2, FLOOD)
    assert said(scene, scene.red, *asked) == [ErrorMessage] * 2
    check(scene)
    assert not tenancy(scene).mirror.flows


@pytest.mark.parametrize("match", [ONE_PIECE, MANY_PIECES])
def test_by_another_controller_of_the_slices(match: Match) -> None:
    scene = Scene()
    second = scene.connect("red")
    scene.ask(scene.red, add(match, TO_1))
    first_refused(scene)
    scene.red.say(add(match, FLOOD), BarrierRequest(99))
    assert said(scene, second, delete(match)) == []
    assert ErrorMessage in [type(each) for each in scene.heard(scene.red)]
    check(scene)
    assert not scene.pieces()


def test_a_piece_that_is_missing_and_refused_costs_its_flow_and_no_more() -> None:
    scene = Scene()
    tells = of.OFPFF_SEND_FLOW_REM
    scene.ask(scene.red, add(AT_1, TO_2, flags=tells))
    scene.ask(scene.blue, add(Match.of(in_port=3), FLOOD, flags=tells))
    tables, pieces = scene.switch.tables, scene.pieces()
    tables.flows = {key: flow for key, flow in tables.flows.items() if flow not in pieces}
    scene.switch.most_flows = len(tables.flows) + 1
    check(scene)
    assert len(scene.pieces()) == len(tenancy(scene).mirror.flows) == 1
    heard = [type(each) for tenant in (scene.red, scene.blue) for each in scene.heard(tenant)]
    assert heard == [FlowRemoved]
    slivers = scene.net.engine.datapaths[1].slivers.values()
    assert sum(each.counters[LOST] for each in slivers) == 1
