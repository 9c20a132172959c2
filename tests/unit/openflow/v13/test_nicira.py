"""Open vSwitch's actions, with the bytes that `ovs-ofctl` 3.1 writes for them."""

import pytest

from slicer.openflow import actions as a
from slicer.openflow import errors
from slicer.openflow.constants import NICIRA, OFPP_IN_PORT
from slicer.openflow.errors import EncodeError
from slicer.openflow.oxm import header_of
from slicer.openflow.v13.actions import decode_actions, encode_actions
from tests.unit.openflow.frames import apply, flow_mod, pack, refused, tlv

REG0, REG1 = header_of("reg0"), header_of("reg1")

EXAMPLES = [
    # load:5->NXM_NX_REG0[4..9]
    (a.RegLoad(REG0, 4, 6, 5), "ffff00180000232000070105000100040000000000000005"),
    # move:NXM_NX_REG0[0..7]->NXM_NX_REG1[8..15]
    (a.RegMove(8, 0, 8, REG0, REG1), "ffff00180000232000060008000000080001000400010204"),
    # resubmit(,4), resubmit:7, resubmit(7,9)
    (a.Resubmit(OFPP_IN_PORT, 4), "ffff001000002320000efff804000000"),
    (a.Resubmit(7, 255), "ffff001000002320000e0007ff000000"),
    (a.Resubmit(7, 9), "ffff001000002320000e000709000000"),
    # pop_queue
    (a.PopQueue(), "ffff0010000023200005000000000000"),
    # note:01.02, which ovs-ofctl fills up
    (a.Note(b"\1\2\0\0\0\0"), "ffff0010000023200008010200000000"),
    # controller(max_len=100,id=5)
    (a.Controller(100, 5, 1), "ffff0010000023200014006400050100"),
    # output(port=7,max_len=14), clone(resubmit(,4))
    (a.OutputTruncated(7, 14), "ffff001000002320002700070000000e"),
    (
        a.Clone((a.Resubmit(OFPP_IN_PORT, 4),)),
        "ffff002000002320002a000000000000ffff001000002320000efff804000000",
    ),
    (a.Clone(()), "ffff001000002320002a000000000000"),
]


@pytest.mark.parametrize(("action", "raw"), EXAMPLES, ids=lambda part: type(part).__name__)
def test_an_actions_bytes(action: a.Action, raw: str) -> None:
    frame = bytes.fromhex(raw)
    assert encode_actions((action,)) == frame
    assert decode_actions(frame, 0, len(frame)) == (action,)


def test_a_note_is_filled_up() -> None:
    assert encode_actions((a.Note(b"\1\2"),)) == encode_actions((a.Note(b"\1\2\0\0\0\0"),))
    long = encode_actions((a.Note(b"1234567"),))
    assert decode_actions(long, 0, len(long)) == (a.Note(b"1234567" + bytes(7)),)


def test_an_unknown_subtype_is_kept() -> None:
    frame = tlv(0xFFFF, pack("IH", NICIRA, 999) + bytes(6))
    kept = a.ExperimenterAction(NICIRA, pack("H", 999) + bytes(6))
    assert decode_actions(frame, 0, len(frame)) == (kept,)
    assert encode_actions((kept,)) == frame


def test_a_move_between_experimenters_fields_is_kept() -> None:
    frame = tlv(0xFFFF, pack("IHHHHQI", NICIRA, 6, 8, 0, 0, 0xFFFF020400000001, REG1) + bytes(4))
    (kept,) = decode_actions(frame, 0, len(frame))
    assert isinstance(kept, a.ExperimenterAction)
    assert encode_actions((kept,)) == frame


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (pack("I", NICIRA), "Nicira action has 8 bytes, expected at least 10"),
        (pack("IHHB3x8x", NICIRA, 14, 0xFFF8, 4), "Resubmit has 24 bytes, expected 16"),
        (pack("IH6x", NICIRA, 7), "RegLoad has 16 bytes, expected 24"),
        (pack("IH6x", NICIRA, 6), "RegMove has 16 bytes, expected 24"),
    ],
)
def test_what_is_refused(body: bytes, text: str) -> None:
    bad = flow_mod(instructions=apply(tlv(0xFFFF, body)))
    refused(bad, errors.BAD_ACTION_BAD_LEN, text)


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (a.RegLoad(REG0, 0, 0, 1), "RegLoad of 0 bits at 0, expected 1 to 64 at 0 to 1023"),
        (a.RegLoad(REG0, 0, 65, 1), "RegLoad of 65 bits"),
        (a.RegLoad(REG0, 1024, 1, 1), "at 1024"),
        (a.Resubmit(0xFF00, 1), "Resubmit to port 0xff00, expected one below 0xff00"),
        (a.Resubmit(0x10000, 1), "Resubmit to port 0x10000"),
    ],
)
def test_what_can_not_be_written(action: a.Action, text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        encode_actions((action,))


def test_a_clone_in_a_clone_is_kept_unread() -> None:
    raw = bytes.fromhex("ffff002000002320002a000000000000ffff001000002320002a000000000000")
    (outer,) = decode_actions(raw, 0, len(raw))
    assert outer == a.Clone((a.ExperimenterAction(NICIRA, raw[24:]),))
    assert encode_actions((outer,)) == raw


def test_clones_as_deep_as_a_frame_allows_are_no_trouble() -> None:
    raw = b""
    for _ in range(4000):
        raw = bytes.fromhex("ffff") + (len(raw) + 16).to_bytes(2, "big") + _CLONES + raw
    assert encode_actions(decode_actions(raw, 0, len(raw))) == raw


_CLONES = bytes.fromhex("00002320002a000000000000")
