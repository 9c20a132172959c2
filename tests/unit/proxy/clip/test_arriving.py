"""Arriving: what packet-ins begin with is remembered for as long as it holds.

`tests/property/test_clip_runs.py` says that those of a run are told as by themselves.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow import messages as m
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.proxy.clip import remembered
from slicer.proxy.clip.arriving import Arrivals
from tests.fakes import frames
from tests.unit.proxy.clip.scene import ANY, BY_PORTS, TO_CONTROLLER, WEB, Scene, add

DATA = frames.write(WEB)
CAME = m.PacketIn(0, of.OFP_NO_BUFFER, len(DATA), of.OFPR_ACTION, 0, 0, Match.of(in_port=1), DATA)
LLDP = bytes(12) + b"\x88\xcc" + bytes(46)


def arrivals(scene: Scene) -> Arrivals:
    return scene.clip._arrivals


def test_a_head_with_its_packet_is_what_is_told_of_one_by_itself() -> None:
    found = arrivals(Scene(BY_PORTS))
    head = found.head(V10.encode(CAME))
    told = found.packet_in(V10.encode(CAME))
    assert head is not None
    assert told is not None
    tag, notice = told
    assert notice is not None
    assert head.destination.tag == tag
    assert head.in_1_0 is not None
    assert head.in_1_0 + V10.encode(CAME)[head.rest :] == notice.frame(V10)


def test_those_that_begin_alike_have_one_head() -> None:
    found = arrivals(Scene(BY_PORTS))
    assert found.head(V10.encode(CAME)) is found.head(V10.encode(CAME))
    buffered = V10.encode(replace(CAME, buffer_id=7))
    first, second = found.head(buffered), found.head(buffered)
    assert first is not second
    assert first == second
    assert len(found._heads) == 1


@pytest.mark.parametrize(
    "came",
    [
        replace(CAME, match=Match.of(in_port=5)),
        replace(CAME, data=LLDP, total_len=len(LLDP)),
        replace(CAME, total_len=len(DATA) + 1),
        replace(CAME, data=b"", total_len=0),
    ],
    ids=["of nobody", "LLDP", "not whole", "nothing"],
)
def test_what_has_no_head(came: m.PacketIn) -> None:
    nobodys = BY_PORTS.replace("[1, 2, 5]", "[1, 2]")
    found = arrivals(Scene(nobodys))
    for _ in range(2):
        assert found.head(V10.encode(came)) is None


def test_who_may_have_only_so_many_has_none() -> None:
    scene = Scene(BY_PORTS)
    found = arrivals(scene)
    assert found.head(V10.encode(CAME)) is not None
    found._limits.limits = {"red": 5}
    found.forget()
    assert found.head(V10.encode(CAME)) is None


def test_a_reason_holds_while_the_slice_asks_for_packets_or_does_not() -> None:
    scene = Scene()
    found = arrivals(scene)
    head = found.head(V10.encode(CAME))
    assert head is not None
    _, told = found.destined(head.destination)
    assert told is not None
    assert told.reason == of.OFPR_NO_MATCH
    scene.ask("red", add(ANY, TO_CONTROLLER))
    assert found.destined(head.destination) == (head.destination.tag, None)
    changed = found.head(V10.encode(CAME))
    assert changed is not None
    _, told = found.destined(changed.destination)
    assert told is not None
    assert told.reason == of.OFPR_ACTION


def test_heads_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 3)
    found = arrivals(Scene(BY_PORTS))
    for size in range(8):
        data = DATA + bytes(size)
        found.head(V10.encode(replace(CAME, data=data, total_len=len(data))))
        assert len(found._heads) <= 3


def test_one_slice_can_not_make_anothers_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST", 4)
    found = arrivals(Scene(BY_PORTS))
    kept = found.head(V10.encode(CAME))
    for size in range(9):
        data = DATA + bytes(size)
        blues = replace(CAME, match=Match.of(in_port=3), data=data, total_len=len(data))
        found.head(V10.encode(blues))
        nobodys = replace(CAME, match=Match.of(in_port=9), data=data, total_len=len(data))
        found.head(V10.encode(nobodys))
    assert kept is not None
    assert found.head(V10.encode(CAME)) is kept
    assert "red" in found._packets_in._owners.values()
