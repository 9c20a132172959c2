"""Remembered: what comes again is answered from what was found, for as long as that holds."""

from dataclasses import replace
from itertools import pairwise

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow.actions import Output
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.proxy.clip import remembered
from slicer.proxy.clip.cookies import Cookie
from slicer.proxy.clip.remembered import PacketsIn, with_reason
from slicer.proxy.enforcement import Forward, Undoable
from slicer.proxy.sliver import Sliver
from tests.fakes import frames
from tests.fakes.network import port
from tests.unit.proxy.clip.scene import (
    ANY,
    BY_PORTS,
    FLOOD,
    SLICES,
    SSH,
    TO_2,
    WEB,
    WEB_AND_REST,
    Scene,
    add,
    delete,
)


def sliver(scene: Scene, name: str = "red") -> Sliver:
    return scene.net.engine.datapaths[1].slivers[name]


def packet_in(data: bytes, *, buffer_id: int = of.OFP_NO_BUFFER, in_port: int = 1) -> bytes:
    match = Match.of(in_port=in_port)
    return V10.encode(m.PacketIn(3, buffer_id, len(data), 1, 0, 0, match, data))


# ---- packet-ins ----


def test_a_packet_of_the_same_head_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read = PacketsIn(Scene(WEB_AND_REST).clip._space).read
    data = frames.write(WEB)
    came = read(packet_in(data))
    assert came is not None
    assert (came.owner, came.port, came.reason) == ("red", 1, of.OFPR_ACTION)
    monkeypatch.delattr(remembered, "packet")
    assert read(packet_in(data)) == came
    with pytest.raises(NameError):
        read(packet_in(frames.write(SSH)))


def test_a_buffer_is_taken_out_and_nothing_else() -> None:
    read = PacketsIn(Scene(WEB_AND_REST).clip._space).read
    data = frames.write(WEB)
    came = read(packet_in(data, buffer_id=7))
    assert came is not None
    assert came.frame == packet_in(data)


@pytest.mark.parametrize(
    "frame",
    [
        packet_in(b"")[:12],
        packet_in(frames.write(WEB)[:-4] + b"cut")[:60],
        packet_in(frames.write(WEB), in_port=of.OFPP_LOCAL),
        packet_in(bytes(12) + b"\x88\xcc" + bytes(46)),
        packet_in(bytes(12) + b"\x86\xdd" + bytes(46)),
    ],
)
def test_what_is_for_the_deep_way(frame: bytes) -> None:
    assert PacketsIn(Scene(WEB_AND_REST).clip._space).read(frame) is None


def test_a_reason_is_one_byte() -> None:
    frame = packet_in(frames.write(WEB))
    assert V10.decode(with_reason(frame, 0)) == replace(V10.decode(frame), reason=0)  # type: ignore[call-arg]


# ---- packet-outs ----


def out(*ports: int, data: bytes, in_port: int = 1, xid: int = 0) -> bytes:
    actions = tuple(map(Output, ports))
    return V10.encode(m.PacketOut(xid, in_port=in_port, actions=actions, data=data))


def test_a_packet_out_that_is_like_another_has_the_same_outputs_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = Scene(WEB_AND_REST)
    first, second = (frames.write(WEB) + each for each in (b"one", b"another"))
    translate = scene.clip.packet_out_frame
    asked = out(2, 9, 3, data=first, xid=5)
    assert translate(sliver(scene), asked) == out(2, 3, data=first, xid=5)
    monkeypatch.setattr(V10.__class__, "decode", None)
    asked = out(2, 9, 3, data=second, xid=6)
    assert translate(sliver(scene), asked) == out(2, 3, data=second)


def test_by_a_port_that_the_sliver_has_no_more_it_is_refused() -> None:
    scene = Scene(WEB_AND_REST)
    asked = m.PacketOut(7, in_port=4, actions=(TO_2,), data=frames.write(WEB))
    scene.ask("red", asked)
    scene.switch.remove_port(4)
    scene.net.run()
    scene.tenant("red").take_heard()
    (error,) = scene.say("red", asked)
    assert isinstance(error, m.ErrorMessage)


def test_when_ports_change_what_is_left_is_found_anew() -> None:
    scene = Scene(WEB_AND_REST)
    asked = m.PacketOut(7, in_port=1, actions=(FLOOD,), data=frames.write(WEB))
    scene.ask("red", asked)
    scene.switch.set_port(port(5))
    scene.net.run()
    scene.tenant("red").take_heard()
    scene.switch.results.clear()
    scene.ask("red", asked)
    assert [number for number, _ in scene.switch.results[-1].outputs] == [2, 3, 4, 5]


def test_the_tables_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 2)
    packets = PacketsIn(Scene(WEB_AND_REST).clip._space)
    for number in range(5):
        packets.read(packet_in(frames.write(WEB), in_port=number + 1))
        assert len(packets._owners) <= 2


# ---- flow-mods ----

ASKED = add(ANY, TO_2)


def numbers(scene: Scene) -> list[int]:
    found = [Cookie.read(flow.cookie) for flow in scene.on_switch()]
    return [each.number for each in found if each is not None]


def again(scene: Scene, asked: m.FlowMod) -> Undoable | None:
    return scene.clip.flow_mod_frame(sliver(scene), V10.encode(asked))


ONE_PIECE = BY_PORTS.replace("[1, 2, 5]", "[1]")


def test_what_is_said_again_makes_the_flow_anew_under_another_number() -> None:
    scene = Scene(WEB_AND_REST)
    asked = add(Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80), TO_2)
    scene.ask("red", asked)
    (before,) = numbers(scene)
    scene.way(WEB)
    assert scene.told("red")[0].packet_count == 1
    scene.ask("red", asked)
    (after,) = numbers(scene)
    assert after != before
    assert scene.told("red")[0].packet_count == 0
    scene.way(WEB)
    assert scene.told("red")[0].packet_count == 1
    scene.ask("red", delete())
    assert scene.on_switch() == []


def test_it_is_what_the_deep_way_sends() -> None:
    scene = Scene(WEB_AND_REST)
    scene.ask("blue", ASKED)
    blue = sliver(scene, "blue")
    shallow = scene.clip.flow_mod_frame(blue, V10.encode(ASKED))
    assert shallow is not None
    (flow,) = scene.on_switch()
    sent = V10.decode(shallow.frame)
    assert isinstance(sent, m.FlowMod)
    assert (sent.match.canonical(), sent.priority) == (flow.match.canonical(), flow.priority)
    assert sent.instructions == flow.instructions
    assert sent.cookie != flow.cookie


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, cookie=8),
        replace(ASKED, idle_timeout=8),
        replace(ASKED, priority=8),
        add(ANY, FLOOD),
        replace(ASKED, command=of.OFPFC_MODIFY, upsert=True),
    ],
)
def test_what_is_said_otherwise_is_not(other: m.FlowMod) -> None:
    scene = Scene(ONE_PIECE)
    scene.ask("red", ASKED)
    assert again(scene, other) is None
    assert again(scene, ASKED) is not None


@pytest.mark.parametrize(
    "between",
    [delete(), add(ANY, FLOOD), add(ANY, FLOOD, command=of.OFPFC_MODIFY, upsert=True)],
    ids=["deleted", "replaced", "changed"],
)
def test_a_flow_that_is_not_there_any_more_is_made_the_deep_way(between: m.FlowMod) -> None:
    scene = Scene(ONE_PIECE)
    scene.ask("red", ASKED, between)
    assert again(scene, ASKED) is None


def test_a_flow_of_several_pieces_is_made_the_deep_way() -> None:
    scene = Scene(BY_PORTS)
    scene.ask("red", ASKED)
    assert len(scene.on_switch()) > 1
    assert again(scene, ASKED) is None


def test_a_flow_that_had_to_overlap_with_none_is_made_the_deep_way() -> None:
    scene = Scene(ONE_PIECE)
    asked = replace(ASKED, flags=of.OFPFF_CHECK_OVERLAP)
    scene.ask("red", asked)
    assert again(scene, asked) is None


def test_what_the_datapath_refuses_has_not_been() -> None:
    scene = Scene(ONE_PIECE, most_flows=1_000)
    scene.ask("red", ASKED)
    scene.way(WEB)
    before = numbers(scene)
    scene.switch.most_flows = 0
    assert scene.refused("red", ASKED) is errors.FLOW_MOD_FAILED_TABLE_FULL
    assert numbers(scene) == before
    assert scene.told("red")[0].packet_count == 1
    scene.switch.most_flows = 1_000
    scene.ask("red", ASKED)
    assert numbers(scene) != before
    assert scene.told("red")[0].packet_count == 0


OLD = add(ANY, FLOOD, cookie=3)


@pytest.mark.parametrize("before", [(), (OLD,)], ids=["nothing", "another flow"])
def test_of_what_is_refused_again_and_again_nothing_is_left(before: tuple[m.FlowMod, ...]) -> None:
    scene = Scene(ONE_PIECE)
    scene.ask("red", *before)
    held = [flow.meaning for flow in scene.on_switch()]
    scene.switch.most_flows = 0
    heard = scene.say("red", *(replace(ASKED, xid=8 + each) for each in range(3)))
    assert [each.xid for each in heard if isinstance(each, m.ErrorMessage)] == [8, 9, 10]
    assert len(scene.told("red")) == len(before)
    scene.switch.most_flows = 1_000
    scene.net.wait(31.0)
    assert [flow.meaning for flow in scene.on_switch()] == held
    assert [each.cookie for each in scene.told("red")] == [each.cookie for each in before]


def test_what_is_taken_the_second_time_is_there() -> None:
    scene = Scene(ONE_PIECE)
    scene.ask("red", OLD)
    scene.switch.most_flows = 0
    frames_ = [V10.encode(replace(ASKED, xid=each)) for each in (8, 9)]
    assert scene.clip.flow_mod_frame(sliver(scene), frames_[0]) is None
    asked = V10.decode(frames_[0])
    assert isinstance(asked, m.FlowMod)
    first = scene.clip.flow_mod(sliver(scene), asked)
    assert isinstance(first, Forward)
    second = scene.clip.flow_mod_frame(sliver(scene), frames_[1])
    assert second is not None
    assert first.undo is not None
    first.undo()
    second.done()
    scene.switch.most_flows = 1_000
    scene.net.wait(31.0)
    assert [each.cookie for each in scene.told("red")] == [0]
    sent = V10.decode(second.frame)
    assert isinstance(sent, m.FlowMod)
    assert [flow.cookie for flow in scene.on_switch()] == [sent.cookie]


def test_a_flow_of_many_outputs_counts_as_much_as_it_takes() -> None:
    scene = Scene(f"{SLICES}  - {{slice: red, priority: 1}}\n")
    memory = scene.net.engine._memory
    sizes = [memory.used]
    for number, floods in enumerate((1, 200)):
        scene.ask("red", add(Match.of(eth_type=0x0800, ipv4_dst=number), *[FLOOD] * floods))
        sizes.append(memory.used)
    one, many = (after - before for before, after in pairwise(sizes))
    assert many - one > 199 * 2 * 60
