"""The numbers of errors in OpenFlow 1.0, and Open vSwitch's where it has none."""

import pytest
from ryu.ofproto import ofproto_v1_0 as ofproto

from slicer.openflow import errors
from slicer.openflow.errors import ALL, ErrorCode
from slicer.openflow.messages import ErrorMessage
from slicer.openflow.v10 import V10
from tests.unit.openflow.frames import frame as frame_of
from tests.unit.openflow.frames import pack
from tests.unit.openflow.v10.frames import frame, refused

TYPES = {
    "OFPHFC_": ofproto.OFPET_HELLO_FAILED,
    "OFPBRC_": ofproto.OFPET_BAD_REQUEST,
    "OFPBAC_": ofproto.OFPET_BAD_ACTION,
    "OFPFMFC_": ofproto.OFPET_FLOW_MOD_FAILED,
    "OFPPMFC_": ofproto.OFPET_PORT_MOD_FAILED,
    "OFPQOFC_": ofproto.OFPET_QUEUE_OP_FAILED,
}
STANDARD = [
    (error_type, getattr(ofproto, name), name.removeprefix(prefix))
    for prefix, error_type in TYPES.items()
    for name in dir(ofproto)
    if name.startswith(prefix)
]
OTHER_NAMES = {
    "BAD_STAT": "BAD_MULTIPART",
    "BAD_VENDOR": "BAD_EXPERIMENTER",
    "BAD_SUBTYPE": "BAD_EXP_TYPE",
    "BAD_VENDOR_TYPE": "BAD_EXP_TYPE",
    "ALL_TABLES_FULL": "TABLE_FULL",
    "BAD_EMERG_TIMEOUT": "BAD_TIMEOUT",
    "UNSUPPORTED": "UNSUPPORTED_ORDER",
}
"""What 1.3 calls the errors that 1.0 has under another name."""


@pytest.mark.parametrize(("error_type", "code", "name"), STANDARD)
def test_every_error_of_1_0_is_one_of_1_3(error_type: int, code: int, name: str) -> None:
    raw = frame(1, pack("HH", error_type, code) + b"quoted")
    message = V10.decode(raw)
    assert isinstance(message, ErrorMessage)
    found = ALL[message.type, message.code]
    assert found.name.split("/")[1] == OTHER_NAMES.get(name, name)
    assert message.data == b"quoted"
    assert V10.encode(message) == raw


def vendor_error(error_type: int, code: int, vendor: int = 0x2320) -> bytes:
    return frame(1, pack("HHIHH", 0xB0C2, 0, vendor, error_type, code) + b"quoted")


OPEN_VSWITCH = [
    (errors.BAD_REQUEST_BAD_TABLE_ID, 1, 512),
    (errors.BAD_REQUEST_BAD_PORT, 1, 514),
    (errors.BAD_ACTION_MATCH_INCONSISTENT, 1, 522),
    (errors.BAD_ACTION_BAD_SET_TYPE, 1, 523),
    (errors.BAD_ACTION_BAD_SET_LEN, 1, 524),
    (errors.BAD_ACTION_BAD_SET_ARGUMENT, 1, 525),
    (errors.BAD_INSTRUCTION_UNSUP_INST, 2, 257),
    (errors.BAD_MATCH_BAD_VALUE, 1, 258),
    (errors.BAD_MATCH_BAD_MASK, 1, 259),
    (errors.BAD_MATCH_BAD_PREREQ, 1, 260),
    (errors.BAD_MATCH_DUP_FIELD, 1, 261),
    (errors.BAD_MATCH_BAD_WILDCARDS, 1, 262),
    (errors.BAD_MATCH_BAD_FIELD, 0, 263),
    (errors.FLOW_MOD_FAILED_BAD_FLAGS, 3, 258),
    (errors.FLOW_MOD_FAILED_UNKNOWN, 1, 521),
    (errors.ROLE_REQUEST_FAILED_BAD_ROLE, 1, 513),
    (errors.TABLE_FEATURES_FAILED_BAD_TYPE, 13, 2),
    (errors.TABLE_FEATURES_FAILED_BAD_LEN, 13, 3),
    (errors.TABLE_FEATURES_FAILED_BAD_ARGUMENT, 13, 4),
]
"""As its `ofp-errors.h` lists them for OpenFlow 1.0; 521 is for what can't be said."""


@pytest.mark.parametrize(("error", "error_type", "code"), OPEN_VSWITCH)
def test_an_error_that_open_vswitch_has_a_number_for(
    error: ErrorCode, error_type: int, code: int
) -> None:
    message = ErrorMessage(5, error.type, error.code, b"quoted")
    assert V10.encode(message) == vendor_error(error_type, code)
    assert V10.decode(vendor_error(error_type, code)) == message
    bare = frame(1, vendor_error(error_type, code)[8:20])
    assert V10.decode(bare) == ErrorMessage(5, error.type, error.code, b"")


NOT_PERMITTED = [
    errors.BAD_REQUEST_IS_SLAVE,
    errors.SWITCH_CONFIG_FAILED_BAD_FLAGS,
    errors.SWITCH_CONFIG_FAILED_EPERM,
]


@pytest.mark.parametrize("error", NOT_PERMITTED, ids=str)
def test_what_1_0_calls_not_permitted(error: ErrorCode) -> None:
    raw = V10.encode(ErrorMessage(5, error.type, error.code, b"quoted"))
    assert raw == frame(1, pack("HH", 1, 5) + b"quoted")


@pytest.mark.parametrize("error", ALL.values(), ids=str)
def test_every_error_can_be_written(error: ErrorCode) -> None:
    message = V10.decode(V10.encode(ErrorMessage(5, error.type, error.code, b"quoted")))
    assert isinstance(message, ErrorMessage)
    assert message.data == b"quoted"
    unsaid = errors.FLOW_MOD_FAILED_UNKNOWN
    merged = dict.fromkeys(NOT_PERMITTED, errors.BAD_REQUEST_EPERM)
    assert (message.type, message.code) in {merged.get(error, error)[:2], unsaid[:2]}


@pytest.mark.parametrize(
    "error",
    [errors.BAD_INSTRUCTION_EPERM, errors.GROUP_MOD_FAILED_LOOP],
)
def test_an_error_that_1_0_can_not_say(error: ErrorCode) -> None:
    raw = V10.encode(ErrorMessage(5, error.type, error.code, b"quoted"))
    assert raw == vendor_error(1, 521)
    experimenter = ErrorMessage(5, 0xFFFF, 1, b"quoted", experimenter=9)
    assert V10.encode(experimenter) == raw


@pytest.mark.parametrize(
    "raw",
    [
        frame(1, pack("HH", 3, 99) + b"quoted"),
        frame(1, pack("HH", 9, 0) + b"quoted"),
        frame(1, pack("HH", 0xB0C2, 0) + b"quoted"),
        vendor_error(1, 9999),
        vendor_error(1, 514, vendor=0x1234),
    ],
)
def test_an_unknown_error_is_an_error_still(raw: bytes) -> None:
    unknown = errors.FLOW_MOD_FAILED_UNKNOWN
    assert V10.decode(raw) == ErrorMessage(5, unknown.type, unknown.code, b"quoted")


def test_an_error_of_another_version_keeps_its_numbers() -> None:
    raw = frame_of(1, pack("HH", 5, 7) + b"quoted", version=4)
    assert V10.decode(raw) == ErrorMessage(5, 5, 7, b"quoted")


def test_an_error_cut_short() -> None:
    refused(frame(1, bytes(3)), errors.BAD_REQUEST_BAD_LEN, "ErrorMessage has 3 bytes, expected at")
