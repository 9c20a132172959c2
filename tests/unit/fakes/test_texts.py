"""texts: what a failing test prints of a message."""

from slicer.openflow import constants as of
from slicer.openflow.actions import Output, RegLoad, SetField
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import BarrierRequest, ErrorMessage, FlowMod
from slicer.openflow.oxm import Match, header_of, oxm
from slicer.openflow.v13 import V13
from tests.fakes.texts import frame_text, frames_text, text


def test_only_what_differs_from_the_defaults_is_said() -> None:
    actions = (Output(2), SetField(oxm("tcp_dst", 80)), RegLoad(header_of("reg0"), 0, 1, 1))
    asked = FlowMod(
        9,
        match=Match.of(eth_type=0x0800),
        out_port=of.OFPP_FLOOD,
        instructions=(ApplyActions(actions),),
    )
    assert text(asked) == (
        "FlowMod(xid=9, out_port=FLOOD, match={eth_type=0x800/0xffff}, "
        "instructions=[ApplyActions(actions=[Output(port=2), "
        "SetField(oxm=tcp_dst=0x50/0xffff), RegLoad(dst=reg0, ofs=0, n_bits=1, value=1)])])"
    )
    assert text(ErrorMessage(3, 1, 1, b"xx")) == "ErrorMessage(xid=0x3, BAD_REQUEST/BAD_TYPE)"


def test_frames_are_read_one_by_one() -> None:
    data = V13.encode(BarrierRequest(1)) + V13.encode(BarrierRequest(2))
    assert frames_text(data + b"\4\0") == [
        "BarrierRequest(xid=1)",
        "BarrierRequest(xid=2)",
        "2 bytes of an incomplete message",
    ]
    assert frames_text(bytes(8)) == ["lost framing: length field says 0 bytes, expected 8 to 65535"]
    assert frame_text(bytes.fromhex("0463000800000001")) == (
        "0463000800000001 (BAD_REQUEST/BAD_TYPE: message type 99 is unknown)"
    )
