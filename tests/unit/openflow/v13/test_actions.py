"""Actions: each one's bytes, and what is refused of them."""

import pytest

from slicer.openflow import actions as a
from slicer.openflow import errors
from slicer.openflow.errors import EncodeError, ErrorCode
from slicer.openflow.oxm import oxm
from slicer.openflow.v13.actions import decode_actions, encode_actions
from tests.unit.openflow.frames import OUTPUT, apply, flow_mod, pack, refused, tlv

EXAMPLES = [
    (a.Output(3, 128), "00000010000000030080000000000000"),
    (a.SetTpSrc(80), "0009000800500000"),
    (a.SetTpDst(80), "000a000800500000"),
    (a.CopyTtlOut(), "000b000800000000"),
    (a.CopyTtlIn(), "000c000800000000"),
    (a.SetMplsTtl(64), "000f000840000000"),
    (a.DecMplsTtl(), "0010000800000000"),
    (a.PushVlan(0x8100), "0011000881000000"),
    (a.PopVlan(), "0012000800000000"),
    (a.PushMpls(0x8847), "0013000888470000"),
    (a.PopMpls(0x0800), "0014000808000000"),
    (a.SetQueue(7), "0015000800000007"),
    (a.Group(9), "0016000800000009"),
    (a.SetNwTtl(63), "001700083f000000"),
    (a.DecNwTtl(), "0018000800000000"),
    (a.SetField(oxm("eth_dst", 1)), "00190010800006060000000000010000"),
    (a.SetField(oxm("vlan_vid", 0x1005)), "0019001080000c021005000000000000"),
    (a.SetField(oxm("in_port", 1)), "00190010800000040000000100000000"),
    (a.PushPbb(0x88E7), "001a000888e70000"),
    (a.PopPbb(), "001b000800000000"),
    (a.ExperimenterAction(0x1234, b"12345678"), "ffff0010000012343132333435363738"),
]


@pytest.mark.parametrize(("action", "raw"), EXAMPLES, ids=lambda part: type(part).__name__)
def test_an_actions_bytes(action: a.Action, raw: str) -> None:
    frame = bytes.fromhex(raw)
    assert encode_actions((action,)) == frame
    assert decode_actions(frame, 0, len(frame)) == (action,)


def test_a_list_keeps_its_order() -> None:
    actions = tuple(action for action, _ in EXAMPLES)
    frame = b"head" + encode_actions(actions)
    assert decode_actions(frame, 4, len(frame)) == actions


@pytest.mark.parametrize(
    ("raw", "error", "text"),
    [
        (tlv(28, bytes(4)), errors.BAD_ACTION_BAD_TYPE, "action type 28 is unknown"),
        (tlv(0, bytes(4)), errors.BAD_ACTION_BAD_LEN, "Output has 8 bytes, expected 16"),
        (tlv(22, bytes(12)), errors.BAD_ACTION_BAD_LEN, "Group has 16 bytes, expected 8"),
        (tlv(22, bytes(4), length=0), errors.BAD_ACTION_BAD_LEN, "type 22 has 0 bytes"),
        (tlv(22, bytes(4), length=4), errors.BAD_ACTION_BAD_LEN, "type 22 has 4 bytes"),
        (OUTPUT + tlv(22, bytes(4), length=16), errors.BAD_ACTION_BAD_LEN, "16 bytes"),
        (tlv(25, pack("I", 0x80000606)), errors.BAD_ACTION_BAD_SET_LEN, "8 bytes, expected 16"),
        (tlv(25, pack("I", 0x80000604) + bytes(16)), errors.BAD_ACTION_BAD_SET_LEN, "24 bytes"),
        (
            tlv(25, pack("I", 0x80000606) + bytes(6) + b"\1\0"),
            errors.BAD_ACTION_BAD_SET_ARGUMENT,
            "padding 0100, expected zeros",
        ),
        (
            tlv(25, bytes.fromhex("80000e01") + b"\x08" + bytes(7)),
            errors.BAD_ACTION_BAD_SET_ARGUMENT,
            "vlan_pcp",
        ),
        (tlv(25, bytes.fromhex("12340004") + bytes(8)), errors.BAD_ACTION_BAD_SET_TYPE, "unknown"),
    ],
)
def test_what_is_refused(raw: bytes, error: ErrorCode, text: str) -> None:
    refused(flow_mod(instructions=apply(raw)), error, text)


def test_what_can_not_be_written() -> None:
    with pytest.raises(EncodeError, match="expected a multiple of 8"):
        encode_actions((a.ExperimenterAction(1, b"123"),))
    with pytest.raises(EncodeError, match="0x80000606 has 1 bytes, expected 6"):
        encode_actions((a.SetField((0x80000606, b"1")),))
