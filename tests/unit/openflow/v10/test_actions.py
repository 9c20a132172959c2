"""Actions: each one's bytes, what a match makes of them, and what is refused of them.

The errors are those of Open vSwitch 3.1 for the same frames.
"""

import pytest

from slicer.openflow import actions as a
from slicer.openflow import errors
from slicer.openflow.constants import NICIRA, OFPP_CONTROLLER, OFPP_FLOOD, OFPP_IN_PORT, OFPP_LOCAL
from slicer.openflow.errors import EncodeError, ErrorCode
from slicer.openflow.oxm import oxm
from slicer.openflow.v10.actions import decode_actions, encode_actions
from tests.unit.openflow.frames import pack
from tests.unit.openflow.v10.frames import OUTPUT, flow_mod, refused

EXAMPLES = [
    (a.Output(3, 128), "0000000800030080"),
    (a.Output(OFPP_CONTROLLER, 0xFFFF), "00000008fffdffff"),
    (a.SetVlanVid(0xFFF), "000100080fff0000"),
    (a.SetVlanPcp(7), "0002000807000000"),
    (a.StripVlan(), "0003000800000000"),
    (a.SetField(oxm("eth_src", 1)), "00040010000000000001000000000000"),
    (a.SetField(oxm("eth_dst", 1)), "00050010000000000001000000000000"),
    (a.SetNwSrc(0x0A000001), "000600080a000001"),
    (a.SetNwDst(0x0A000001), "000700080a000001"),
    (a.SetNwTos(0xFC), "00080008fc000000"),
    (a.SetTpSrc(80), "0009000800500000"),
    (a.SetTpDst(80), "000a000800500000"),
    (a.ExperimenterAction(0x1234, b"12345678"), "ffff0010000012343132333435363738"),
    (a.ExperimenterAction(NICIRA, b""), "ffff000800002320"),
]


@pytest.mark.parametrize(("action", "raw"), EXAMPLES, ids=lambda part: type(part).__name__)
def test_an_actions_bytes(action: a.Action, raw: str) -> None:
    found = bytes.fromhex(raw)
    assert encode_actions((action,)) == found
    assert decode_actions(found, 0, len(found)) == (action,)


def test_a_list_keeps_its_order() -> None:
    actions = tuple(action for action, _ in EXAMPLES)
    found = b"head" + encode_actions(actions)
    assert decode_actions(found, 4, len(found)) == actions


REWRITES = (
    (a.SetNwSrc(0x0A000001), "000600080a000001", 0x0A000001),
    (a.SetNwDst(0x0A000001), "000700080a000001", 0x0A000001),
    (a.SetNwTos(0xFC), "00080008fc000000", 63),
    (a.SetTpSrc(80), "0009000800500000", 80),
    (a.SetTpDst(80), "000a000800500000", 80),
)
IP = ("ipv4_src", "ipv4_dst", "ip_dscp")
FIELDS = {
    (0x0800, None): (*IP, "", ""),
    (0x0800, 1): (*IP, "", ""),
    (0x0800, 6): (*IP, "tcp_src", "tcp_dst"),
    (0x0800, 17): (*IP, "udp_src", "udp_dst"),
    (0x0800, 132): (*IP, "sctp_src", "sctp_dst"),
    (0x86DD, None): ("", "", "ip_dscp", "", ""),
    (0x86DD, 6): ("", "", "ip_dscp", "tcp_src", "tcp_dst"),
    (0x0806, 1): ("", "", "", "", ""),
    (None, None): ("", "", "", "", ""),
}
"""What a match says -> the fields that the rewrites set in its packets."""


@pytest.mark.parametrize("protocol", FIELDS, ids=str)
def test_a_rewrite_is_a_set_field_where_the_match_says_the_protocol(
    protocol: tuple[int | None, int | None],
) -> None:
    for (plain, raw, value), name in zip(REWRITES, FIELDS[protocol], strict=True):
        found = bytes.fromhex(raw)
        action = a.SetField(oxm(name, value)) if name else plain
        assert decode_actions(found, 0, len(found), protocol) == (action,)
        assert encode_actions((action,)) == found


def test_an_enqueue_is_a_queue_an_output_and_the_default_queue_again() -> None:
    found = bytes.fromhex("000b001000020000000000000000000700000008000100000000000800030000")
    actions = a.SetQueue(7), a.Output(2), a.PopQueue(), a.Output(1), a.Output(3)
    assert decode_actions(found, 0, len(found)) == actions
    assert encode_actions(actions) == found


def test_a_queue_stays_until_another_is_set() -> None:
    def enqueue(port: int, queue_id: int) -> bytes:
        return pack("HHH6xI", 11, 16, port, queue_id)

    actions = (
        a.SetQueue(7),
        a.Output(2),
        a.Output(OFPP_IN_PORT),
        a.SetQueue(8),
        a.Output(OFPP_LOCAL),
    )
    assert encode_actions(actions) == enqueue(2, 7) + enqueue(0xFFF8, 7) + enqueue(0xFFFE, 8)
    to_controller = a.SetQueue(7), a.Output(OFPP_CONTROLLER, 9)
    assert encode_actions(to_controller) == pack("HHHH", 0, 8, 0xFFFD, 9)


@pytest.mark.parametrize("port", [0xFF00, 0xFFFD, 0xFFFC, 0xFFFF])
def test_a_port_without_queues(port: int) -> None:
    raw = pack("HHH6xI", 11, 16, port, 1)
    refused(flow_mod(actions=raw), errors.BAD_ACTION_BAD_OUT_PORT, f"Enqueue to port {port:#x}")


@pytest.mark.parametrize(
    ("raw", "error", "text"),
    [
        (pack("HH4x", 12, 8), errors.BAD_ACTION_BAD_TYPE, "action type 12 is unknown"),
        (
            pack("HHH2x", 1, 8, 0x1005),
            errors.BAD_ACTION_BAD_ARGUMENT,
            "SetVlanVid has value 0x1005",
        ),
        (pack("HHB3x", 2, 8, 9), errors.BAD_ACTION_BAD_ARGUMENT, "SetVlanPcp has value 0x9"),
        (pack("HHB3x", 8, 8, 3), errors.BAD_ACTION_BAD_ARGUMENT, "SetNwTos has value 0x3"),
        (pack("HH4x", 0, 0), errors.BAD_ACTION_BAD_LEN, "action of type 0 has 0 bytes"),
        (pack("HH4x", 0, 4), errors.BAD_ACTION_BAD_LEN, "action of type 0 has 4 bytes"),
        (pack("HH12x", 0, 16), errors.BAD_ACTION_BAD_LEN, "Output has 16 bytes, expected 8"),
        (pack("HH4x", 4, 8), errors.BAD_ACTION_BAD_LEN, "SetField has 8 bytes, expected 16"),
        (pack("HH4x", 11, 8), errors.BAD_ACTION_BAD_LEN, "Enqueue has 8 bytes, expected 16"),
        (pack("HH12x", 3, 16), errors.BAD_ACTION_BAD_LEN, "StripVlan has 16 bytes, expected 8"),
        (OUTPUT + pack("HH4x", 0, 24), errors.BAD_ACTION_BAD_LEN, "has 24 bytes, expected 8 to 8"),
        (pack("HH8x", 0, 12), errors.BAD_REQUEST_BAD_LEN, "in steps of 8"),
    ],
)
def test_what_is_refused(raw: bytes, error: ErrorCode, text: str) -> None:
    refused(flow_mod(actions=raw), error, text)


def test_a_set_field_of_a_tag_needs_a_tag() -> None:
    vid, pcp = a.SetField(oxm("vlan_vid", 0x1005)), a.SetField(oxm("vlan_pcp", 3))
    raw_vid, raw_pcp = encode_actions((a.SetVlanVid(5),)), encode_actions((a.SetVlanPcp(3),))
    strip = encode_actions((a.StripVlan(),))
    assert encode_actions((vid, pcp), is_tagged=True) == raw_vid + raw_pcp
    assert encode_actions((a.SetVlanVid(5), pcp)) == raw_vid + raw_pcp
    assert encode_actions((a.PopVlan(), a.SetVlanPcp(3), vid)) == strip + raw_pcp + raw_vid
    for actions in (
        (vid,),
        (a.SetVlanVid(5), a.PopVlan(), pcp),
        (a.SetVlanPcp(3), a.StripVlan(), vid),
    ):
        with pytest.raises(EncodeError, match="on packets without a VLAN tag"):
            encode_actions(actions)
    with pytest.raises(EncodeError, match="without a VLAN tag"):
        encode_actions((a.PopVlan(), vid), is_tagged=True)


@pytest.mark.parametrize(
    ("actions", "text"),
    [
        ((a.PushVlan(0x8100),), "PushVlan.* is no action of OpenFlow 1.0"),
        ((a.Group(1),), "Group.* is no action of OpenFlow 1.0"),
        ((a.Action(),), "is no action of OpenFlow 1.0"),
        ((a.SetField(oxm("metadata", 1)),), "set-field of metadata"),
        ((a.SetField(oxm("icmpv4_type", 1)),), "set-field of icmpv4_type"),
        ((a.SetField(oxm("eth_src", 1, 1)),), "set-field of eth_src"),
        ((a.SetField((0x80000606, b"1")),), "set-field of eth_dst"),
        ((a.SetVlanVid(0x1005),), "SetVlanVid has value 0x1005"),
        ((a.SetVlanVid(1), a.SetField(oxm("vlan_vid", 5))), "SetVlanVid has value 0x1005"),
        ((a.SetNwTos(1),), "SetNwTos has value 0x1"),
        ((a.Output(0x10000),), "port 0x10000"),
        ((a.SetQueue(1), a.Output(OFPP_FLOOD)), "output to port 0xfffffffb by queue 1"),
        ((a.ExperimenterAction(1, b"123"),), "expected a multiple of 8"),
    ],
)
def test_what_can_not_be_written(actions: tuple[a.Action, ...], text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        encode_actions(actions)
