"""Heads: packet-ins by how they begin, as `Translations.packet_in` has them."""

from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow.errors import MalformedError
from slicer.openflow.messages import PacketIn
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.notice import Notice
from slicer.proxy.pipeline.heads import Heads
from slicer.proxy.pipeline.shallow import Translations

IN = PacketIn(0, of.OFP_NO_BUFFER, 4, of.OFPR_ACTION, 4, 9, Match.of(in_port=3, reg0=5), b"data")


def heads() -> Heads:
    return Heads(Translations())


def test_a_head_and_its_packet_are_the_tenants_packet_in() -> None:
    met = heads()
    for said in (IN, replace(IN, data=b"other"), replace(IN, match=Match.of(reg0=5)), IN):
        frame = V13.encode(said)
        head, tagged = met.of(frame), Translations().packet_in(frame)
        assert head is not None
        assert tagged is not None
        tag, port, reason, restored, is_miss = tagged
        to = head.destination
        of_any = to.notice.reason, to.notice.is_table_miss
        assert (to.tag, to.in_port, *of_any) == (tag, port, reason, is_miss)
        assert head.in_1_3 + frame[head.rest :] == restored
        notice = Notice.of_packet_in(restored, port, reason, is_table_miss=is_miss)
        assert head.in_1_0 is not None
        assert head.in_1_0 + frame[head.rest :] == notice.frame(V10)


def test_what_goes_to_the_same_controllers_has_one_destination() -> None:
    met = heads()
    one, other = met.of(V13.encode(IN)), met.of(V13.encode(replace(IN, cookie=1)))
    assert one is not None
    assert other is not None
    assert one.destination is other.destination


def test_a_port_that_1_0_has_no_number_for_leaves_1_0_out() -> None:
    head = heads().of(V13.encode(replace(IN, match=Match.of(in_port=0x10000, reg0=5))))
    assert head is not None
    assert head.in_1_0 is None


def test_what_bears_no_tag_or_is_cut_short_has_none() -> None:
    frame = V13.encode(IN)
    assert heads().of(V13.encode(replace(IN, match=Match.of(in_port=3)))) is None
    assert heads().of(frame[:20]) is None
    assert heads().of(frame[:-6]) is None
    with pytest.raises(MalformedError):
        heads().of(frame[:24] + b"\0\0" + frame[26:])


def test_what_is_kept_is_bounded_and_of_one_xid(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("heads", "shallow"):
        monkeypatch.setattr(f"slicer.proxy.pipeline.{module}.KEPT", 8)
    met = heads()
    for number in range(30):
        met.of(V13.encode(replace(IN, cookie=number)))
        met.of(V13.encode(replace(IN, xid=number + 1)))
        met.of(V13.encode(replace(IN, match=Match.of(in_port=number, reg0=5))))
    assert 0 < len(met._heads) <= 8
    assert 0 < len(met._destinations) <= 8
    assert {key[4:8] for key in met._heads} == {bytes(4)}


def test_one_slice_can_not_make_anothers_be_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("heads", "shallow"):
        monkeypatch.setattr(f"slicer.proxy.pipeline.{module}.KEPT", 8)
    met = heads()
    frames = [V13.encode(replace(IN, cookie=each)) for each in range(3)]
    kept = [met.of(each) for each in frames]
    for number in range(30):
        met.of(V13.encode(replace(IN, match=Match.of(in_port=number, reg0=6))))
        met.of(V13.encode(replace(IN, match=Match.of(in_port=number))))
    assert all(met.of(each) is head for each, head in zip(frames, kept, strict=True))
