"""Whatever a datapath of OpenFlow 1.0 refuses of what tenants say at once, the slicer knows what it
has, and goes on with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow import constants as of
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.proxy.clip.cookies import Cookie
from slicer.proxy.settings import Settings
from tests.unit.proxy.clip.scene import ANY, FLOOD, TO_1, TO_2, Scene, add, delete

AUDIT = Settings().audit_interval + 1
MATCHES = (ANY, Match.of(in_port=1), Match.of(in_port=2), Match.of(in_port=1, eth_src=7))
asked = st.builds(
    lambda match, action, priority: add(match, action, priority=priority),
    st.sampled_from(MATCHES),
    st.sampled_from((TO_1, TO_2, FLOOD)),
    st.integers(4, 5),
)
requests = st.one_of(
    asked,
    asked.map(lambda each: replace(each, command=of.OFPFC_MODIFY, upsert=True)),
    asked.map(lambda each: replace(each, command=of.OFPFC_MODIFY_STRICT, upsert=True)),
    st.sampled_from(MATCHES).map(delete),
    asked.map(lambda each: delete(each.match, command=of.OFPFC_DELETE_STRICT, priority=5)),
)
batches = st.lists(st.tuples(st.lists(requests, max_size=6), st.integers(0, 3)), max_size=6)


def pieces(scene: Scene) -> set[int]:
    """The numbers of those that the switch has."""
    read = (Cookie.read(each.cookie) for each in scene.on_switch())
    return {each.number for each in read if each is not None}


def check(scene: Scene, *, is_mended: bool) -> None:
    """The slicer has account of just what is there, and nothing else holds priorities."""
    mirror = scene.clip._tenancy.mirror
    tops = {each.number for each in mirror.tops}
    flows = mirror.flows_of("red").values()
    assert {each.number for flow in flows for each in flow.pieces} >= tops
    assert not any(each.is_over for each in flows)
    assert mirror.size_of("red") == sum(each.size for each in flows)
    if is_mended:
        assert tops == pieces(scene)
        users = Counter(each.asked.priority for each in flows)
        slots = scene.clip._tenancy._slots.get("red")
        assert slots is None or slots._users == users


@given(batches)
def test_what_is_refused_leaves_no_trace(said: list[tuple[list[FlowMod], int]]) -> None:
    scene = Scene()
    red = scene.tenant("red")
    for messages, room in said:
        scene.switch.most_flows = len(scene.switch.tables.flows) + room
        scene.net.say(red, *messages)
        check(scene, is_mended=False)
    scene.switch.most_flows = 1_000
    scene.net.wait(3 * AUDIT)
    assert scene.net.engine.datapaths.keys() == {1}
    assert red.is_connected
    check(scene, is_mended=True)


@given(batches)
def test_nor_while_the_switch_has_no_room(said: list[tuple[list[FlowMod], int]]) -> None:
    scene = Scene()
    for messages, room in said:
        scene.switch.most_flows = len(scene.switch.tables.flows) + room
        scene.net.say(scene.tenant("red"), *messages)
    scene.switch.most_flows = len(scene.switch.tables.flows)
    scene.net.wait(3 * AUDIT)
    assert scene.net.engine.datapaths.keys() == {1}
    check(scene, is_mended=True)
