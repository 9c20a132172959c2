"""Violations: what an OpenFlow 1.0 datapath has dropped reaches the counters of whose it was."""

from slicer.openflow.actions import Output
from slicer.openflow.oxm import Match
from slicer.proxy import dropped
from tests.fakes.packet import Packet, Tag
from tests.unit.proxy.clip.scene import (
    ANY,
    BY_PORTS,
    FLOOD,
    SLICES,
    SSH,
    WEB,
    WEB_AND_REST,
    Scene,
    add,
)

NOBODYS = f"""{SLICES}
  - {{slice: red, priority: 10, ports: [1, 2]}}
  - {{slice: blue, priority: 10, ports: [3]}}
"""
AUDIT = 31.0


def counted(scene: Scene, name: str | None = None) -> dict[str, int]:
    """What the datapath's counters, or a sliver's, have of drops after an audit."""
    scene.net.wait(AUDIT)
    datapath = scene.net.engine.datapaths[1]
    counters = (datapath if name is None else datapath.slivers[name]).counters
    return {what: count for what, count in counters.items() if what.startswith(("drop", "lost"))}


def test_what_nobody_owns_is_counted_for_the_datapath() -> None:
    scene = Scene(NOBODYS)
    for _ in range(3):
        scene.way(SSH, 4)
    assert counted(scene) == {dropped.UNOWNED: 3}
    scene.way(SSH, 4)
    assert counted(scene) == {dropped.UNOWNED: 4}


def test_so_is_what_nobody_reads() -> None:
    scene = Scene(BY_PORTS)
    scene.way(Packet.of(Tag(vid=5), Tag(vid=6), eth_type=0x0800))
    assert counted(scene) == {dropped.UNREAD: 1}


BY_SOURCE = f"""{SLICES}
  - {{slice: red, priority: 10, ports: [1, 2]}}
  - {{slice: red, priority: 10, ports: [3], match: {{eth_type: ipv4, ipv4_dst: 128.0.0.0/1}}}}
  - {{slice: blue, priority: 1}}
"""


def test_an_output_that_is_not_the_slices_is_counted_for_the_slice() -> None:
    scene = Scene(BY_SOURCE)
    scene.ask("red", add(Match.of(in_port=1, eth_type=0x0800), Output(2), Output(3)))
    assert scene.way(SSH) == [2]
    assert scene.way(Packet.of(eth_type=0x0800, ipv4_dst=1 << 31)) == [2, 3]
    assert counted(scene, "red") == {dropped.STRAY: 1}
    assert counted(scene) == {}


def test_what_is_all_the_slices_is_not_counted() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("red", add(ANY, FLOOD))
    scene.way(WEB)
    assert counted(scene, "red") == {}


def test_what_was_dropped_before_a_connection_is_not_its() -> None:
    scene = Scene(NOBODYS)
    scene.way(SSH, 4)
    scene.net.wait(AUDIT)
    scene.start()
    assert counted(scene) == {}
