"""Shallow packet-outs: that they are what the deep way has, of both versions, and what is kept.

`tests/property/test_proxy_shallow.py` compares the two for generated messages.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest

from slicer.openflow import constants as of
from slicer.openflow.actions import Action, DecNwTtl, Group, Output
from slicer.openflow.dialect import Dialect
from slicer.openflow.messages import Message, PacketOut
from slicer.openflow.v10 import V10
from slicer.openflow.v10 import shallow as cut_v10
from slicer.openflow.v13 import V13
from slicer.openflow.v13 import shallow as cut_v13
from slicer.proxy.pipeline import shallow_packet_outs, translate
from slicer.proxy.pipeline.shallow_packet_outs import ShallowPacketOuts, plain_outputs
from slicer.proxy.pipeline.terms import GroupIds, Terms

TERMS = Terms(5, GroupIds())
by_version = pytest.mark.parametrize("dialect", [V13, V10], ids=["1.3", "1.0"])


def outs(dialect: Dialect, decode: Callable[[bytes], Message] | None = None) -> ShallowPacketOuts:
    """With nothing kept yet."""
    cut = cut_v13 if dialect is V13 else cut_v10
    return ShallowPacketOuts(decode or dialect.decode, cut.split_packet_out, cut.PACKET_OUT_LAYOUT)


@pytest.mark.parametrize(
    ("actions", "outputs"),
    [
        ((Output(1), Output(of.OFPP_FLOOD)), (1, of.OFPP_FLOOD)),
        ((), ()),
        ((DecNwTtl(), Output(1)), None),
        ((Group(1),), None),
    ],
)
def test_one_that_only_outputs_is_plain(
    actions: tuple[Action, ...], outputs: tuple[int, ...] | None
) -> None:
    asked = PacketOut(9, in_port=1, actions=actions, data=b"data")
    assert plain_outputs(asked) == outputs
    found = outs(V13).made(TERMS, V13.encode(asked))
    assert found is not None
    expected = V13.encode(translate.packet_out(TERMS, asked))
    assert found == (1, outputs, b"data", expected)


@by_version
def test_actions_are_translated_once(dialect: Dialect) -> None:
    decoded = []

    def decode(frame: bytes) -> Message:
        decoded.append(frame)
        return dialect.decode(frame)

    packet_outs = outs(dialect, decode)
    for number in range(50):
        asked = PacketOut(number, in_port=number, actions=(Output(1),), data=bytes(number))
        frame = dialect.encode(asked)
        assert packet_outs.kept(5, frame) or packet_outs.made(TERMS, frame)
    assert len(decoded) == 1


@by_version
def test_of_a_run_each_is_under_its_own_xid(dialect: Dialect) -> None:
    packet_outs = outs(dialect)
    translated = packet_outs.translator(5, lambda: TERMS)
    for number in range(5):
        asked = PacketOut(9, in_port=1, actions=(Output(2), Output(3)), data=bytes(number))
        found = translated(dialect.encode(asked), 70 + number)
        expected = V13.encode(translate.packet_out(TERMS, replace(asked, xid=70 + number)))
        assert found == (1, (2, 3), asked.data, expected)


def test_actions_with_a_group_are_translated_each_time() -> None:
    groups = GroupIds()
    frame = V13.encode(PacketOut(9, actions=(Group(1),)))
    packet_outs = outs(V13)
    before = packet_outs.made(Terms(5, groups), frame)
    assert packet_outs.kept(5, frame) is None
    groups.change(5, 1, frozenset())
    after = packet_outs.made(Terms(5, groups), frame)
    assert before != after


@pytest.mark.parametrize("frame", ["040d000800000001", "010d000800000001"])
def test_one_that_cant_be_cut_goes_the_deep_way(frame: str) -> None:
    short = bytes.fromhex(frame)
    packet_outs = outs(V13 if short[0] == V13.version else V10)
    assert packet_outs.made(TERMS, short) is None
    assert packet_outs.kept(5, short) is None
    assert packet_outs.translator(5, lambda: TERMS)(short, 1) is None


@by_version
def test_what_is_kept_is_bounded(dialect: Dialect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shallow_packet_outs, "KEPT", 8)
    packet_outs = outs(dialect)
    translated = packet_outs.translator(5, lambda: TERMS)
    for number in range(1, 90):
        frame = dialect.encode(PacketOut(9, actions=(Output(number),)))
        assert all(translated(frame, 1) is not None for _ in range(3))
        assert 0 < len(packet_outs) <= 16
