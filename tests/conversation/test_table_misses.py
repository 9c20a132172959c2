"""What no flow has matched: OpenFlow 1.0's controllers are told of it, 1.3's are not."""

from __future__ import annotations

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow.groups import Bucket
from slicer.openflow.instructions import ApplyActions, GotoTable, WriteActions
from slicer.openflow.messages import (
    BarrierRequest,
    FlowMod,
    GroupMod,
    Message,
    PacketIn,
    PacketOut,
    PortMod,
    SetConfig,
)
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from tests.conversation.openflow10 import (
    DELETE_ALL,
    OFFICE,
    TO_2,
    TO_CONTROLLER,
    VIDEO,
    Scene,
    acts,
    flow,
    miss_of,
)
from tests.fakes import frames


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_miss_is_told_to_the_slices_openflow_1_0_controllers_alone(scene: Scene) -> None:
    old, new = scene.connect("office", V10), scene.connect("office", V13)
    other = scene.connect("video", V10)
    assert scene.way(OFFICE) == []
    assert scene.told(old) == [miss_of(OFFICE)]
    assert (scene.told(new), scene.told(other)) == ([], [])
    scene.way(VIDEO)
    assert scene.told(other) == [miss_of(VIDEO)]
    assert (scene.told(old), scene.told(new)) == ([], [])


def test_a_miss_comes_whole_whatever_length_was_set(scene: Scene) -> None:
    old = scene.connect("office", V10)
    scene.ask(old, SetConfig(1, of.OFPC_FRAG_NORMAL, 5))
    scene.way(OFFICE)
    assert scene.told(old) == [miss_of(OFFICE)]


def test_misses_go_on_after_all_flows_are_deleted(scene: Scene) -> None:
    old = scene.connect("office", V10)
    scene.ask(old, acts(TO_2))
    assert [number for number, _ in scene.way(OFFICE)] == [2]
    assert scene.told(old) == []
    scene.ask(old, DELETE_ALL)
    scene.way(OFFICE)
    assert scene.told(old) == [miss_of(OFFICE)]


def test_a_packet_out_to_the_table_may_miss_too(scene: Scene) -> None:
    old = scene.connect("office", V10)
    data = frames.write(OFFICE)
    to_table = PacketOut(1, in_port=1, actions=(a.Output(of.OFPP_TABLE),), data=data)
    heard = scene.net.say(old, to_table, BarrierRequest(2))
    packet_ins = [each for each in heard if isinstance(each, PacketIn)]
    assert [(each.reason, each.data) for each in packet_ins] == [miss_of(OFFICE)]


def test_misses_go_on_after_a_restart(scene: Scene) -> None:
    scene.connect("office", V10)
    scene.run()
    assert scene.sent_to_controllers(OFFICE) == 0
    old = scene.connect("office", V10)
    assert scene.way(OFFICE) == []
    assert scene.told(old) == [miss_of(OFFICE)]


def test_misses_end_with_the_last_controller_that_hears_of_them(scene: Scene) -> None:
    first, second = scene.connect("office", V10), scene.connect("office", V10)
    new = scene.connect("office", V13)
    scene.net.unplug(first)
    assert scene.sent_to_controllers(OFFICE) == 1
    assert scene.told(second) == [miss_of(OFFICE)]
    scene.net.unplug(second)
    assert scene.sent_to_controllers(OFFICE) == 0
    again = scene.connect("office", V10)
    assert scene.sent_to_controllers(OFFICE) == 1
    assert (scene.told(again), scene.told(new)) == ([miss_of(OFFICE)], [])


BUCKETS = (Bucket(0, of.OFPP_ANY, of.OFPG_ANY, (TO_2,)),)
HANDLED: dict[str, tuple[list[Message], list[int]]] = {
    "a flow that drops it": ([flow()], []),
    "an output": ([acts(TO_2)], [2]),
    "an output to where nobody is": ([acts(a.Output(9))], []),
    "a rewrite alone": ([acts(a.SetNwDst(9))], []),
    "a tag alone": ([acts(a.SetVlanVid(5))], []),
    "a group": (
        [GroupMod(1, of.OFPGC_ADD, of.OFPGT_ALL, 1, BUCKETS), acts(a.Group(1))],
        [2],
    ),
    "a group without buckets": (
        [GroupMod(1, of.OFPGC_ADD, of.OFPGT_ALL, 1, ()), acts(a.Group(1))],
        [],
    ),
    "a written output": ([flow(WriteActions((TO_2,)))], [2]),
    "a table without a flow for it": ([flow(GotoTable(1))], []),
    "two tables": (
        [flow(ApplyActions((a.PushVlan(0x8100),)), GotoTable(1)), flow(table=1)],
        [],
    ),
}


@pytest.mark.parametrize(("messages", "ports"), HANDLED.values(), ids=HANDLED.keys())
def test_what_a_flow_has_matched_is_no_miss(
    scene: Scene, messages: list[Message], ports: list[int]
) -> None:
    old, new = scene.connect("office", V10), scene.connect("office", V13)
    version = V10 if all(map(_is_said_in_1_0, messages)) else V13
    scene.ask(old if version is V10 else new, *messages)
    assert [number for number, _ in scene.way(OFFICE)] == ports
    assert scene.told(old) == []


def _is_said_in_1_0(message: Message) -> bool:
    return isinstance(message, FlowMod) and all(
        isinstance(each, ApplyActions)
        and not any(isinstance(action, a.Group | a.PushVlan) for action in each.actions)
        for each in message.instructions
    )


def test_an_output_to_the_controller_is_told_once_and_to_all(scene: Scene) -> None:
    old, new = scene.connect("office", V10), scene.connect("office", V13)
    scene.ask(old, acts(TO_CONTROLLER))
    scene.way(OFFICE)
    said = (of.OFPR_ACTION, frames.write(OFFICE))
    assert (scene.told(old), scene.told(new)) == ([said], [said])


@pytest.mark.parametrize(
    "config", [of.OFPPC_NO_RECV, of.OFPPC_NO_PACKET_IN, of.OFPPC_PORT_DOWN], ids=hex
)
def test_a_port_that_is_shut_gives_no_miss(scene: Scene, config: int) -> None:
    old = scene.connect("office", V10)
    address = scene.switch.ports[1].hw_addr
    scene.ask(old, PortMod(1, 1, address, config, config))
    scene.way(OFFICE)
    assert scene.told(old) == []
    scene.way(OFFICE, in_port=2)
    assert scene.told(old) == [miss_of(OFFICE)]
    scene.ask(old, PortMod(2, 1, address, 0, config))
    scene.way(OFFICE)
    assert scene.told(old) == [miss_of(OFFICE)]
