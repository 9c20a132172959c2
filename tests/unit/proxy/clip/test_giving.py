"""What the slicer gives a datapath again, and what becomes of it where the datapath refuses it."""

from __future__ import annotations

import pytest

from slicer.openflow import constants as of
from slicer.openflow.messages import FlowRemoved
from slicer.openflow.oxm import Match
from slicer.proxy.clip.cookies import Part
from slicer.proxy.settings import Settings
from tests.fakes.network import port
from tests.unit.proxy.clip.scene import ANY, FLOOD, TO_2, TO_3, Scene, add

AUDIT = Settings().audit_interval + 1
FROM_1, FROM_3 = Match.of(in_port=1), Match.of(in_port=3)
LOST = "lost: flows that can't be cut any more"


def without(scene: Scene, in_port: int, part: Part = Part.PIECE) -> None:
    """Somebody takes a flow away, and the switch has no room for it any more."""
    (gone,) = (each for each in scene.on_switch(part) if each.match.get("in_port") == in_port)
    del scene.switch.tables.flows[gone.key]
    scene.switch.most_flows = len(scene.switch.tables.flows)


@pytest.mark.parametrize("match", [FROM_1, ANY], ids=["one piece", "several"])
def test_a_piece_that_the_datapath_has_no_room_for_any_more_costs_its_flow(match: Match) -> None:
    scene = Scene()
    scene.ask("red", add(match, TO_2, flags=of.OFPFF_SEND_FLOW_REM))
    scene.ask("blue", add(FROM_3, TO_3))
    without(scene, 1)
    scene.net.wait(AUDIT)
    assert scene.net.engine.datapaths.keys() == {1}
    told = [each for each in scene.tenant("red").heard if isinstance(each, FlowRemoved)]
    assert [each.match for each in told] == [match]
    assert [each.match for each in scene.on_switch()] == [FROM_3]
    assert scene.told("red") == []
    assert len(scene.told("blue")) == 1
    scene.net.wait(2 * AUDIT)
    counters = scene.net.engine.datapaths[1].slivers["red"].counters
    assert counters[LOST] == 1
    scene.switch.most_flows = 100
    scene.ask("red", add(match, TO_2))


def test_so_does_one_that_it_has_no_room_for_as_ports_change() -> None:
    scene = Scene()
    scene.ask("red", add(FROM_1, TO_2, FLOOD))
    scene.ask("blue", add(FROM_3, TO_3))
    without(scene, 1)
    scene.switch.set_port(port(5))
    scene.net.run()
    assert scene.net.engine.datapaths.keys() == {1}
    assert [each.match for each in scene.on_switch()] == [FROM_3]
    assert scene.told("red") == []


GUARDED = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [tcp:127.0.0.1:6653]}
  blue: {controllers: [tcp:127.0.0.1:6654]}
flowspace:
  - {slice: red, priority: 10, ports: [1], match: {eth_type: ipv4, ip_proto: tcp, tcp_dst: 80}}
  - {slice: blue, priority: 1}
"""


def test_a_guard_that_it_has_no_room_for_costs_the_datapath() -> None:
    scene = Scene(GUARDED)
    assert scene.on_switch(Part.GUARD)
    without(scene, 1, Part.GUARD)
    scene.net.wait(AUDIT)
    assert scene.net.engine.datapaths == {}
