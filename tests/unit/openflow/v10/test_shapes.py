"""Shapes: matches are cut out as `decode_match` reads them, whatever was remembered before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow.errors import MalformedError
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10, shapes
from slicer.openflow.v10.match import decode_match, is_exact, protocol_of
from slicer.openflow.v10.shapes import Fields, Shapes

LEFT_OPEN = st.integers(0, 0x3FFFFF) | st.sampled_from([0, 0x3FFFF0, 0x3820FF, 0x3FFFFE, 1 << 4])
TYPES = st.sampled_from([b"\x08\x00", b"\x86\xdd", b"\x08\x06", b"\x80\x35", b"\x88\x47"])
PROTOCOLS = st.sampled_from([0, 1, 6, 17, 58, 132])
VLANS = st.sampled_from([b"\xff\xff\x00", b"\x00\x05\x03", b"\xf0\x05\xff"])
HOST = st.binary(min_size=40, max_size=40)


@st.composite
def alike(draw: st.DrawFn) -> list[bytes]:
    """Frames whose matches differ only in the hosts that they name."""
    left_open = draw(LEFT_OPEN).to_bytes(4, "big")
    middle = draw(VLANS) + b"\0" + draw(TYPES) + draw(st.binary(min_size=1, max_size=1))
    middle += bytes((draw(PROTOCOLS),))
    return [
        bytes(8) + left_open + host[:14] + middle + host[26:] + bytes(30)
        for host in draw(st.lists(HOST, min_size=1, max_size=4))
    ]


def expected(frame: bytes) -> Fields | None:
    try:
        oxms = decode_match(frame, 8).oxms
    except MalformedError:
        return None
    written = b"".join(header.to_bytes(4, "big") + payload for header, payload in oxms)
    return Fields(written, protocol_of(frame, 8), is_exact(frame, 8))


@given(st.lists(alike(), min_size=1, max_size=3))
def test_fields_are_what_decoding_gives(groups: list[list[bytes]]) -> None:
    met = Shapes()
    for frame in (each for group in groups for each in group):
        wanted = expected(frame)
        if wanted is None:
            with pytest.raises(MalformedError):
                met.fields(frame)
        else:
            assert met.fields(frame) == wanted


def test_a_usual_match_is_decoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    met, decoded = Shapes(), []
    frames = [
        V10.encode(FlowMod(1, match=Match.of(in_port=1, vlan_vid=0, eth_src=host, eth_dst=2)))
        for host in range(20)
    ]
    wanted = [expected(frame) for frame in frames]

    def decode(frame: bytes, offset: int) -> Match:
        decoded.append(frame)
        return decode_match(frame, offset)

    monkeypatch.setattr(shapes, "decode_match", decode)
    assert [met.fields(frame) for frame in frames] == wanted
    assert decoded == frames[:1]


def test_what_is_kept_is_bounded() -> None:
    met = Shapes()
    for number in range(3 * shapes.KEPT):
        frame = V10.encode(FlowMod(1, match=Match.of(vlan_vid=0x1000 + number)))
        assert met.fields(frame) == expected(frame)
    assert 0 < len(met._shapes) <= shapes.KEPT
