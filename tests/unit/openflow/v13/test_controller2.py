"""NXAST_CONTROLLER2, with the bytes that `ovs-ofctl` 3.1 writes for it."""

import pytest

from slicer.openflow import errors
from slicer.openflow.actions import Controller2
from slicer.openflow.constants import NICIRA
from slicer.openflow.errors import ErrorCode
from slicer.openflow.v13.actions import decode_actions, encode_actions
from tests.unit.openflow.frames import apply, flow_mod, pack, refused, tlv

EXAMPLES = [
    # controller(max_len=100,id=5,reason=no_match,userdata=01.02.03,pause,meter_id=7)
    (
        Controller2(100, 5, 0, b"\1\2\3", pause=True, meter_id=7),
        "ffff0040000023200025000000000000"
        "0000000800640000"
        "0001000800050000"
        "0002000500000000"
        "0003000701020300"
        "0004000400000000"
        "0005000800000007",
    ),
    # controller(userdata=01.02.03.04.05)
    (
        Controller2(userdata=b"\1\2\3\4\5"),
        "ffff002000002320002500000000000000030009010203040500000000000000",
    ),
    # controller(reason=no_match,pause)
    (
        Controller2(reason=0, pause=True),
        "ffff002000002320002500000000000000020005000000000004000400000000",
    ),
    (Controller2(), "ffff0010000023200025000000000000"),
]


@pytest.mark.parametrize(("action", "raw"), EXAMPLES)
def test_its_bytes(action: Controller2, raw: str) -> None:
    frame = bytes.fromhex(raw)
    assert encode_actions((action,)) == frame
    assert decode_actions(frame, 0, len(frame)) == (action,)


MAX_LEN = pack("HHH2x", 0, 8, 100)


@pytest.mark.parametrize(
    ("properties", "error", "text"),
    [
        (MAX_LEN + MAX_LEN, errors.BAD_ACTION_BAD_ARGUMENT, "max_len twice, expected once"),
        (pack("HHI", 9, 8, 0), errors.BAD_ACTION_BAD_ARGUMENT, "property 9"),
        (pack("HHI", 0, 6, 0), errors.BAD_ACTION_BAD_LEN, "property 0 of action Controller2"),
        (pack("HHI", 5, 4, 0), errors.BAD_ACTION_BAD_LEN, "has 4 bytes, expected 8"),
        (pack("HHI", 0, 0, 0), errors.BAD_ACTION_BAD_LEN, "has 0 bytes, expected 4 to 8"),
        (pack("HHI", 0, 50, 0), errors.BAD_ACTION_BAD_LEN, "has 50 bytes, expected 4 to 8"),
        (pack("HHI", 4, 8, 1), errors.BAD_ACTION_BAD_LEN, "property 4"),
    ],
)
def test_what_is_refused(properties: bytes, error: ErrorCode, text: str) -> None:
    action = tlv(0xFFFF, pack("IH6x", NICIRA, 37) + properties)
    refused(flow_mod(instructions=apply(action)), error, text)
