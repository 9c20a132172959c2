"""Conversations with a datapath of OpenFlow 1.0 that refuses what it is sent while flows are cut
anew: it costs the flows that it refuses, and nobody else anything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    ErrorMessage,
    FlowMod,
    FlowRemoved,
)
from slicer.openflow.oxm import Match
from slicer.proxy.clip.synchronise import LOST
from tests.conversation.test_clip_in_turns import (
    A_TURN,
    AGAIN,
    HEADER,
    NO_FLOOD,
    Scene,
    configured,
    renamed,
)
from tests.fakes import switch10
from tests.fakes.checks import Refused
from tests.fakes.network import port
from tests.fakes.switch10 import FakeSwitch10
from tests.unit.proxy.clip.scene import ANY, FLOOD, TO_2, add, delete

DELETE_STRICT = of.OFPFC_DELETE_STRICT
AT_1 = Match.of(in_port=1)
Refuses = Callable[[FlowMod], bool]


@pytest.fixture(autouse=True)
def _short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    for where in ("pace", "clip.synchronise", "clip.enforcement"):
        monkeypatch.setattr(f"slicer.proxy.{where}.A_TURN", A_TURN)


class Refusing:
    """What the switch refuses right now."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.what: Refuses = lambda asked: False
        change = switch10._SPECIAL[FlowMod]

        def changed(switch: FakeSwitch10, asked: FlowMod) -> None:
            if self.what(asked):
                raise Refused(errors.FLOW_MOD_FAILED_TABLE_FULL)
            change(switch, asked)

        monkeypatch.setitem(switch10._SPECIAL, FlowMod, changed)


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Refusing:
    return Refusing(monkeypatch)


def bounded(scene: Scene, most: int = 200) -> None:
    """Nothing goes on for ever."""
    left = [most]

    def between(turn: list[FlowMod]) -> None:
        left[0] -= 1
        assert left[0] > 0, "it goes on for ever"

    scene.switch.between = between


def with_one_beneath(refusing: Refusing) -> Scene:
    """Red has many flows, the first of which hides a piece of another; the datapath refuses both
    from now on."""
    scene = Scene()
    scene.ask(scene.red, add(AT_1, TO_2, flags=of.OFPFF_SEND_FLOW_REM))
    scene.ask(scene.red, add(ANY, FLOOD))
    scene.fill(scene.red)
    scene.ask(scene.blue, add(Match.of(in_port=3), FLOOD))
    bounded(scene)
    refusing.what = lambda asked: asked.match == AT_1 and asked.command != DELETE_STRICT
    return scene


def check(scene: Scene) -> None:
    """The datapath is there, and blue is served."""
    assert scene.switch in scene.net.peers.values()
    scene.ask(scene.blue, configured(4, of.OFPPC_NO_FLOOD))
    assert scene.way(in_port=3) == []
    slivers = scene.net.engine.datapaths[1].slivers
    bounded(scene)
    scene.net.wait(31)
    assert {name: each.counters[LOST] for name, each in slivers.items()} == {"red": 2, "blue": 0}


def test_a_piece_that_comes_to_light_may_be_refused_too(refusing: Refusing) -> None:
    scene = with_one_beneath(refusing)
    scene.ask(scene.red, NO_FLOOD)
    assert scene.way() == []
    check(scene)
    assert [type(each) for each in scene.heard(scene.red)] == [FlowRemoved]


def test_nor_does_that_cost_the_datapath_its_connection(refusing: Refusing) -> None:
    scene = with_one_beneath(refusing)
    scene.switch.set_port(port(5))
    scene.net.run()
    assert scene.way() == [2, 5]
    check(scene)


@pytest.mark.parametrize("is_refused", [True, False])
def test_what_is_said_of_a_flow_that_is_being_cut_anew(
    refusing: Refusing, *, is_refused: bool
) -> None:
    """It holds, whatever becomes of that."""
    scene = Scene()
    second = scene.connect("red")
    scene.ask(scene.red, add(ANY, FLOOD))
    bounded(scene)
    refusing.what = lambda asked: asked.command != DELETE_STRICT
    settled = [False]

    def between(turn: list[FlowMod]) -> None:
        if turn and not settled[0]:
            settled[0] = True
            second.say(add(ANY, a.SetVlanVid(5), FLOOD), BarrierRequest(98))
            refusing.what = lambda asked: is_refused and asked.command != DELETE_STRICT

    scene.switch.between = between
    scene.ask(scene.red, NO_FLOOD)
    refusing.what = lambda asked: False
    heard = [type(each) for each in scene.heard(second)]
    assert heard == [ErrorMessage, BarrierReply] if is_refused else [BarrierReply]
    scene.net.wait(124)
    assert scene.switch in scene.net.peers.values()
    assert bool(scene.pieces()) is not is_refused
    scene.ask(scene.red, add(ANY, FLOOD), delete())
    assert not scene.pieces()
    assert scene.switch in scene.net.peers.values()


def test_a_deletion_that_is_refused_keeps_no_other_slice_waiting(refusing: Refusing) -> None:
    scene = Scene()
    scene.ask(scene.red, NO_FLOOD, add(AT_1, *[FLOOD] * 5000))
    scene.fill(scene.red)
    scene.ask(scene.blue, add(Match.of(in_port=3), FLOOD))
    bounded(scene)
    refusing.what = lambda asked: asked.command == DELETE_STRICT
    scene.red.say(AGAIN, BarrierRequest(99))
    scene.net.run()
    assert [type(each) for each in scene.heard(scene.red)] == [ErrorMessage, BarrierReply]
    bounded(scene)
    scene.ask(scene.blue, configured(4, of.OFPPC_NO_FLOOD))
    assert scene.way(in_port=3) == []


def test_while_all_pieces_go_none_comes_that_the_datapath_might_refuse(refusing: Refusing) -> None:
    """Also where a piece has hidden another one."""
    scene = Scene(f"""{HEADER}
  - {{slice: red, priority: 10, ports: [up]}}
  - {{slice: blue, priority: 1, ports: [3, 4]}}
""")
    at_3 = Match.of(in_port=3)
    scene.ask(scene.blue, add(at_3, FLOOD), add(ANY, a.Output(4)))
    scene.ask(scene.blue, configured(4, of.OFPPC_NO_FLOOD))
    have_gone = [False]

    def between(turn: list[FlowMod]) -> None:
        have_gone[0] |= not scene.pieces()

    scene.switch.between = between
    refusing.what = lambda asked: not have_gone[0] and asked.command == of.OFPFC_ADD
    renamed(scene)
    assert scene.switch in scene.net.peers.values()
    assert {each.match.get("in_port") for each in scene.pieces()} == {3, 4}
    slivers = scene.net.engine.datapaths[1].slivers
    assert not slivers["blue"].counters[LOST]
