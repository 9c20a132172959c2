"""Errors: OpenFlow 1.0's numbers (5.4.4) for those of OpenFlow 1.3, and back.

Where 1.0 has no number for an error, Open vSwitch sends its own in a vendor error (its
`ofp-errors.h` lists them), and so do we. Not the meanings, which are those of `errors`.

Invariant: every error of 1.3 can be written, and every error of 1.0 can be read.
"""

from struct import Struct
from typing import Final

from slicer.openflow import errors as e
from slicer.openflow.constants import NICIRA
from slicer.openflow.errors import ErrorCode
from slicer.openflow.messages import ErrorMessage
from slicer.openflow.v13.wire import Codec, check_least

_Numbers = tuple[int, int]

_ERROR: Final = Struct("!HH")
_VENDOR_ERROR: Final = Struct("!HHIHH")
"""type 0xb0c2, code 0, the vendor's id, its own type and code."""
_VENDOR_TYPE: Final = 0xB0C2

_STANDARD: Final[dict[ErrorCode, _Numbers]] = {
    **{error: error[:2] for error in e.ALL.values() if error.type == 0},
    **{error: error[:2] for error in e.ALL.values() if error.type in (1, 2) and error.code <= 8},
    e.BAD_REQUEST_IS_SLAVE: (1, 5),
    e.SWITCH_CONFIG_FAILED_BAD_FLAGS: (1, 5),
    e.SWITCH_CONFIG_FAILED_EPERM: (1, 5),
    e.BAD_ACTION_UNSUPPORTED_ORDER: (3, 5),
    e.FLOW_MOD_FAILED_TABLE_FULL: (3, 0),
    e.FLOW_MOD_FAILED_OVERLAP: (3, 1),
    e.FLOW_MOD_FAILED_EPERM: (3, 2),
    e.FLOW_MOD_FAILED_BAD_TIMEOUT: (3, 3),
    e.FLOW_MOD_FAILED_BAD_COMMAND: (3, 4),
    e.PORT_MOD_FAILED_BAD_PORT: (4, 0),
    e.PORT_MOD_FAILED_BAD_HW_ADDR: (4, 1),
    e.QUEUE_OP_FAILED_BAD_PORT: (5, 0),
    e.QUEUE_OP_FAILED_BAD_QUEUE: (5, 1),
    e.QUEUE_OP_FAILED_EPERM: (5, 2),
}
"""OpenFlow 1.0 5.4.4; its hello, request and action errors are the first ones of 1.3. It has none
of a switch's configuration, which are those of a request here."""

_NICIRA: Final[dict[ErrorCode, _Numbers]] = {
    e.BAD_REQUEST_BAD_TABLE_ID: (1, 512),
    e.BAD_REQUEST_BAD_PORT: (1, 514),
    e.BAD_ACTION_MATCH_INCONSISTENT: (1, 522),
    e.BAD_ACTION_BAD_SET_TYPE: (1, 523),
    e.BAD_ACTION_BAD_SET_LEN: (1, 524),
    e.BAD_ACTION_BAD_SET_ARGUMENT: (1, 525),
    e.BAD_INSTRUCTION_UNSUP_INST: (2, 257),
    e.BAD_MATCH_BAD_WILDCARDS: (1, 262),
    e.BAD_MATCH_BAD_FIELD: (0, 263),
    e.BAD_MATCH_BAD_VALUE: (1, 258),
    e.BAD_MATCH_BAD_MASK: (1, 259),
    e.BAD_MATCH_BAD_PREREQ: (1, 260),
    e.BAD_MATCH_DUP_FIELD: (1, 261),
    e.FLOW_MOD_FAILED_BAD_FLAGS: (3, 258),
    e.ROLE_REQUEST_FAILED_BAD_ROLE: (1, 513),
    e.TABLE_FEATURES_FAILED_BAD_TYPE: (13, 2),
    e.TABLE_FEATURES_FAILED_BAD_LEN: (13, 3),
    e.TABLE_FEATURES_FAILED_BAD_ARGUMENT: (13, 4),
    e.FLOW_MOD_FAILED_UNKNOWN: (1, 521),
}
"""Open vSwitch's numbers in OpenFlow 1.0. The last is for "can't be said in this version"."""

_UNKNOWN: Final = e.FLOW_MOD_FAILED_UNKNOWN


def _reversed(table: dict[ErrorCode, _Numbers]) -> dict[_Numbers, ErrorCode]:
    # Of two errors with one number, the first in the table is the one that is read.
    return {numbers: error for error, numbers in reversed(table.items())}


_BY_STANDARD: Final = _reversed(_STANDARD)
_BY_NICIRA: Final = _reversed(_NICIRA)


def _decode(xid: int, frame: bytes, offset: int) -> ErrorMessage:
    check_least("ErrorMessage", len(frame) - offset, _ERROR.size)
    error_type, code = _ERROR.unpack_from(frame, offset)
    start = offset + _ERROR.size
    known = _BY_STANDARD.get((error_type, code))
    if error_type == _VENDOR_TYPE and len(frame) - offset >= _VENDOR_ERROR.size:
        _, _, vendor, error_type, code = _VENDOR_ERROR.unpack_from(frame, offset)
        start = offset + _VENDOR_ERROR.size
        known = _BY_NICIRA.get((error_type, code)) if vendor == NICIRA else None
    error = known or _UNKNOWN
    return ErrorMessage(xid, error.type, error.code, frame[start:])


def _encode(message: ErrorMessage) -> bytes:
    error = e.ALL.get((message.type, message.code), _UNKNOWN)
    standard = _STANDARD.get(error)
    if standard is not None:
        return _ERROR.pack(*standard) + message.data
    numbers = _NICIRA.get(error, _NICIRA[_UNKNOWN])
    return _VENDOR_ERROR.pack(_VENDOR_TYPE, 0, NICIRA, *numbers) + message.data


ERROR: Final = Codec(_decode, _encode)
