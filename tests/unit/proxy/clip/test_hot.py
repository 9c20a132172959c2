"""Hot: what is remembered, put to use for runs."""

from __future__ import annotations

from slicer.openflow import constants as of
from slicer.openflow import messages as m
from slicer.openflow.header import with_xid
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.proxy.clip.cookies import Cookie
from slicer.proxy.enforcement import Forward
from slicer.proxy.swift import HasSwift
from tests.fakes import frames
from tests.unit.proxy.clip.scene import ANY, BY_PORTS, TO_2, TO_3, WEB, Scene, add

ONE_PIECE = BY_PORTS.replace("[1, 2, 5]", "[1]")
ASKED = add(ANY, TO_2)
FRAME = V10.encode(ASKED)


def number(frame: bytes | None) -> int:
    assert frame is not None
    asked = V10.decode(frame)
    assert isinstance(asked, m.FlowMod)
    cookie = Cookie.read(asked.cookie)
    assert cookie is not None
    return cookie.number


def test_flow_mods_that_are_translated_and_not_sent_change_nothing() -> None:
    scene = Scene(ONE_PIECE)
    scene.ask("red", ASKED, ASKED)
    sliver = scene.net.engine.datapaths[1].slivers["red"]
    first = scene.clip.swift.flow_mods(sliver, V10.version)
    numbers = [number(first.translate(FRAME, xid)) for xid in (5, 6)]
    again = scene.clip.swift.flow_mods(sliver, V10.version)
    assert [number(again.translate(FRAME, xid)) for xid in (5, 6)] == numbers
    assert again.carry_out is not None
    again.carry_out()
    later = scene.clip.flow_mod_frame(sliver, FRAME)
    assert later is not None
    assert number(later.frame) == numbers[-1] + 1


def test_of_a_run_the_one_that_is_refused_is_undone() -> None:
    scene = Scene(ONE_PIECE)
    scene.ask("red", ASKED, ASKED)
    sliver = scene.net.engine.datapaths[1].slivers["red"]
    (flow,) = scene.clip._tenancy.mirror.flows
    (piece,) = flow.pieces
    flow.packets, flow.bytes, before = 7, 700, piece.number
    translate, carry_out = scene.clip.swift.flow_mods(sliver, V10.version)
    first, second = (number(translate(FRAME, xid)) for xid in (5, 6))
    assert carry_out is not None
    undo = carry_out()
    assert (piece.number, flow.packets, flow.bytes) == (second, 0, 0)
    undo(99)
    undo(5)
    assert piece.number == second, "the last answer decides"
    undo(6)
    assert piece.number == first
    undo(5)
    assert (piece.number, flow.packets, flow.bytes) == (before, 7, 700)


def test_a_flow_that_the_datapath_has_not_taken_yet_is_not_for_runs() -> None:
    scene = Scene(ONE_PIECE)
    sliver = scene.net.engine.datapaths[1].slivers["red"]
    asked = V10.decode(FRAME)
    assert isinstance(asked, m.FlowMod)
    assert scene.clip.flow_mod_frame(sliver, FRAME) is None
    plan = scene.clip.flow_mod(sliver, asked)
    assert scene.clip.flow_mod_frame(sliver, FRAME) is not None
    assert scene.clip.swift.flow_mods(sliver, V10.version).translate(FRAME, 5) is None
    assert isinstance(plan, Forward)
    scene.clip._tenancy.mirror.flows[0].accepted()
    assert scene.clip.swift.flow_mods(sliver, V10.version).translate(FRAME, 5) is not None


def test_packet_outs_are_what_they_are_by_themselves() -> None:
    scene = Scene(BY_PORTS)
    sliver = scene.net.engine.datapaths[1].slivers["red"]
    data = frames.write(WEB)
    for actions in ((TO_2,), (TO_2, TO_3)):
        asked = V10.encode(m.PacketOut(5, in_port=1, actions=actions, data=data))
        translate = scene.clip.swift.packet_outs(sliver, V10.version)
        assert translate(asked, 6) is None
        alone = scene.clip.packet_out_frame(sliver, asked)
        assert alone is not None
        assert translate(asked, 6) == with_xid(alone, 6)


def test_it_is_found_by_its_interface() -> None:
    clip = Scene().clip
    assert isinstance(clip, HasSwift)
    came = m.PacketIn(0, of.OFP_NO_BUFFER, 0, 1, 0, 0, Match.of(in_port=1), b"")
    assert clip.swift.packet_in_head(V10.encode(came)) is None
