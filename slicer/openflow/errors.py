"""What can be wrong with a message: every OpenFlow 1.3.5 error, and the wire's exceptions.

Not the error message itself (`messages.ErrorMessage`), and not a judgement on what a
well-formed message asks for.

Invariant: decoding raises `ProtocolError` and nothing else; `FramingError` means the
stream is lost, `MalformedError` that one frame is bad and the next one can be read.
"""

from typing import Final, NamedTuple


class ErrorCode(NamedTuple):
    """One OpenFlow error as it stands on the wire, with its name (OpenFlow 1.3.5 7.4.4).

    `name` is the specification's, without its prefixes: `BAD_REQUEST/BAD_LEN`.
    """

    type: int
    code: int
    name: str

    def __str__(self) -> str:
        return self.name


class ProtocolError(Exception):
    """A peer broke the protocol; the text says what was found and what was expected."""


class FramingError(ProtocolError):
    """The boundaries of messages are lost: the connection has to be closed."""


class MalformedError(ProtocolError):
    """One frame can't be understood; `error` is the OpenFlow error to answer it with, `text` says
    what was found and what was expected."""

    def __init__(self, error: ErrorCode, text: str) -> None:
        super().__init__(f"{error.name}: {text}")
        self.error = error
        self.text = text


class EncodeError(ValueError):
    """A message holds a value its version's wire format has no room for."""


TYPES: Final = (
    "HELLO_FAILED",
    "BAD_REQUEST",
    "BAD_ACTION",
    "BAD_INSTRUCTION",
    "BAD_MATCH",
    "FLOW_MOD_FAILED",
    "GROUP_MOD_FAILED",
    "PORT_MOD_FAILED",
    "TABLE_MOD_FAILED",
    "QUEUE_OP_FAILED",
    "SWITCH_CONFIG_FAILED",
    "ROLE_REQUEST_FAILED",
    "METER_MOD_FAILED",
    "TABLE_FEATURES_FAILED",
)
"""The error types in the order of their numbers, 0 to 13."""

ONF: Final = 0x4F4E_4600
"""The Open Networking Foundation: whose experimenter errors the slicer itself gives."""
EXPERIMENTER_TYPE: Final = 0xFFFF
"""The type of an error whose code is an experimenter's own."""

HELLO_FAILED_INCOMPATIBLE: Final = ErrorCode(0, 0, "HELLO_FAILED/INCOMPATIBLE")
HELLO_FAILED_EPERM: Final = ErrorCode(0, 1, "HELLO_FAILED/EPERM")

BAD_REQUEST_BAD_VERSION: Final = ErrorCode(1, 0, "BAD_REQUEST/BAD_VERSION")
BAD_REQUEST_BAD_TYPE: Final = ErrorCode(1, 1, "BAD_REQUEST/BAD_TYPE")
BAD_REQUEST_BAD_MULTIPART: Final = ErrorCode(1, 2, "BAD_REQUEST/BAD_MULTIPART")
BAD_REQUEST_BAD_EXPERIMENTER: Final = ErrorCode(1, 3, "BAD_REQUEST/BAD_EXPERIMENTER")
BAD_REQUEST_BAD_EXP_TYPE: Final = ErrorCode(1, 4, "BAD_REQUEST/BAD_EXP_TYPE")
BAD_REQUEST_EPERM: Final = ErrorCode(1, 5, "BAD_REQUEST/EPERM")
BAD_REQUEST_BAD_LEN: Final = ErrorCode(1, 6, "BAD_REQUEST/BAD_LEN")
BAD_REQUEST_BUFFER_EMPTY: Final = ErrorCode(1, 7, "BAD_REQUEST/BUFFER_EMPTY")
BAD_REQUEST_BUFFER_UNKNOWN: Final = ErrorCode(1, 8, "BAD_REQUEST/BUFFER_UNKNOWN")
BAD_REQUEST_BAD_TABLE_ID: Final = ErrorCode(1, 9, "BAD_REQUEST/BAD_TABLE_ID")
BAD_REQUEST_IS_SLAVE: Final = ErrorCode(1, 10, "BAD_REQUEST/IS_SLAVE")
BAD_REQUEST_BAD_PORT: Final = ErrorCode(1, 11, "BAD_REQUEST/BAD_PORT")
BAD_REQUEST_BAD_PACKET: Final = ErrorCode(1, 12, "BAD_REQUEST/BAD_PACKET")
BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW: Final = ErrorCode(
    1, 13, "BAD_REQUEST/MULTIPART_BUFFER_OVERFLOW"
)

BAD_ACTION_BAD_TYPE: Final = ErrorCode(2, 0, "BAD_ACTION/BAD_TYPE")
BAD_ACTION_BAD_LEN: Final = ErrorCode(2, 1, "BAD_ACTION/BAD_LEN")
BAD_ACTION_BAD_EXPERIMENTER: Final = ErrorCode(2, 2, "BAD_ACTION/BAD_EXPERIMENTER")
BAD_ACTION_BAD_EXP_TYPE: Final = ErrorCode(2, 3, "BAD_ACTION/BAD_EXP_TYPE")
BAD_ACTION_BAD_OUT_PORT: Final = ErrorCode(2, 4, "BAD_ACTION/BAD_OUT_PORT")
BAD_ACTION_BAD_ARGUMENT: Final = ErrorCode(2, 5, "BAD_ACTION/BAD_ARGUMENT")
BAD_ACTION_EPERM: Final = ErrorCode(2, 6, "BAD_ACTION/EPERM")
BAD_ACTION_TOO_MANY: Final = ErrorCode(2, 7, "BAD_ACTION/TOO_MANY")
BAD_ACTION_BAD_QUEUE: Final = ErrorCode(2, 8, "BAD_ACTION/BAD_QUEUE")
BAD_ACTION_BAD_OUT_GROUP: Final = ErrorCode(2, 9, "BAD_ACTION/BAD_OUT_GROUP")
BAD_ACTION_MATCH_INCONSISTENT: Final = ErrorCode(2, 10, "BAD_ACTION/MATCH_INCONSISTENT")
BAD_ACTION_UNSUPPORTED_ORDER: Final = ErrorCode(2, 11, "BAD_ACTION/UNSUPPORTED_ORDER")
BAD_ACTION_BAD_TAG: Final = ErrorCode(2, 12, "BAD_ACTION/BAD_TAG")
BAD_ACTION_BAD_SET_TYPE: Final = ErrorCode(2, 13, "BAD_ACTION/BAD_SET_TYPE")
BAD_ACTION_BAD_SET_LEN: Final = ErrorCode(2, 14, "BAD_ACTION/BAD_SET_LEN")
BAD_ACTION_BAD_SET_ARGUMENT: Final = ErrorCode(2, 15, "BAD_ACTION/BAD_SET_ARGUMENT")

BAD_INSTRUCTION_UNKNOWN_INST: Final = ErrorCode(3, 0, "BAD_INSTRUCTION/UNKNOWN_INST")
BAD_INSTRUCTION_UNSUP_INST: Final = ErrorCode(3, 1, "BAD_INSTRUCTION/UNSUP_INST")
BAD_INSTRUCTION_BAD_TABLE_ID: Final = ErrorCode(3, 2, "BAD_INSTRUCTION/BAD_TABLE_ID")
BAD_INSTRUCTION_UNSUP_METADATA: Final = ErrorCode(3, 3, "BAD_INSTRUCTION/UNSUP_METADATA")
BAD_INSTRUCTION_UNSUP_METADATA_MASK: Final = ErrorCode(3, 4, "BAD_INSTRUCTION/UNSUP_METADATA_MASK")
BAD_INSTRUCTION_BAD_EXPERIMENTER: Final = ErrorCode(3, 5, "BAD_INSTRUCTION/BAD_EXPERIMENTER")
BAD_INSTRUCTION_BAD_EXP_TYPE: Final = ErrorCode(3, 6, "BAD_INSTRUCTION/BAD_EXP_TYPE")
BAD_INSTRUCTION_BAD_LEN: Final = ErrorCode(3, 7, "BAD_INSTRUCTION/BAD_LEN")
BAD_INSTRUCTION_EPERM: Final = ErrorCode(3, 8, "BAD_INSTRUCTION/EPERM")

BAD_MATCH_BAD_TYPE: Final = ErrorCode(4, 0, "BAD_MATCH/BAD_TYPE")
BAD_MATCH_BAD_LEN: Final = ErrorCode(4, 1, "BAD_MATCH/BAD_LEN")
BAD_MATCH_BAD_TAG: Final = ErrorCode(4, 2, "BAD_MATCH/BAD_TAG")
BAD_MATCH_BAD_DL_ADDR_MASK: Final = ErrorCode(4, 3, "BAD_MATCH/BAD_DL_ADDR_MASK")
BAD_MATCH_BAD_NW_ADDR_MASK: Final = ErrorCode(4, 4, "BAD_MATCH/BAD_NW_ADDR_MASK")
BAD_MATCH_BAD_WILDCARDS: Final = ErrorCode(4, 5, "BAD_MATCH/BAD_WILDCARDS")
BAD_MATCH_BAD_FIELD: Final = ErrorCode(4, 6, "BAD_MATCH/BAD_FIELD")
BAD_MATCH_BAD_VALUE: Final = ErrorCode(4, 7, "BAD_MATCH/BAD_VALUE")
BAD_MATCH_BAD_MASK: Final = ErrorCode(4, 8, "BAD_MATCH/BAD_MASK")
BAD_MATCH_BAD_PREREQ: Final = ErrorCode(4, 9, "BAD_MATCH/BAD_PREREQ")
BAD_MATCH_DUP_FIELD: Final = ErrorCode(4, 10, "BAD_MATCH/DUP_FIELD")
BAD_MATCH_EPERM: Final = ErrorCode(4, 11, "BAD_MATCH/EPERM")

FLOW_MOD_FAILED_UNKNOWN: Final = ErrorCode(5, 0, "FLOW_MOD_FAILED/UNKNOWN")
FLOW_MOD_FAILED_TABLE_FULL: Final = ErrorCode(5, 1, "FLOW_MOD_FAILED/TABLE_FULL")
FLOW_MOD_FAILED_BAD_TABLE_ID: Final = ErrorCode(5, 2, "FLOW_MOD_FAILED/BAD_TABLE_ID")
FLOW_MOD_FAILED_OVERLAP: Final = ErrorCode(5, 3, "FLOW_MOD_FAILED/OVERLAP")
FLOW_MOD_FAILED_EPERM: Final = ErrorCode(5, 4, "FLOW_MOD_FAILED/EPERM")
FLOW_MOD_FAILED_BAD_TIMEOUT: Final = ErrorCode(5, 5, "FLOW_MOD_FAILED/BAD_TIMEOUT")
FLOW_MOD_FAILED_BAD_COMMAND: Final = ErrorCode(5, 6, "FLOW_MOD_FAILED/BAD_COMMAND")
FLOW_MOD_FAILED_BAD_FLAGS: Final = ErrorCode(5, 7, "FLOW_MOD_FAILED/BAD_FLAGS")

GROUP_MOD_FAILED_GROUP_EXISTS: Final = ErrorCode(6, 0, "GROUP_MOD_FAILED/GROUP_EXISTS")
GROUP_MOD_FAILED_INVALID_GROUP: Final = ErrorCode(6, 1, "GROUP_MOD_FAILED/INVALID_GROUP")
GROUP_MOD_FAILED_WEIGHT_UNSUPPORTED: Final = ErrorCode(6, 2, "GROUP_MOD_FAILED/WEIGHT_UNSUPPORTED")
GROUP_MOD_FAILED_OUT_OF_GROUPS: Final = ErrorCode(6, 3, "GROUP_MOD_FAILED/OUT_OF_GROUPS")
GROUP_MOD_FAILED_OUT_OF_BUCKETS: Final = ErrorCode(6, 4, "GROUP_MOD_FAILED/OUT_OF_BUCKETS")
GROUP_MOD_FAILED_CHAINING_UNSUPPORTED: Final = ErrorCode(
    6, 5, "GROUP_MOD_FAILED/CHAINING_UNSUPPORTED"
)
GROUP_MOD_FAILED_WATCH_UNSUPPORTED: Final = ErrorCode(6, 6, "GROUP_MOD_FAILED/WATCH_UNSUPPORTED")
GROUP_MOD_FAILED_LOOP: Final = ErrorCode(6, 7, "GROUP_MOD_FAILED/LOOP")
GROUP_MOD_FAILED_UNKNOWN_GROUP: Final = ErrorCode(6, 8, "GROUP_MOD_FAILED/UNKNOWN_GROUP")
GROUP_MOD_FAILED_CHAINED_GROUP: Final = ErrorCode(6, 9, "GROUP_MOD_FAILED/CHAINED_GROUP")
GROUP_MOD_FAILED_BAD_TYPE: Final = ErrorCode(6, 10, "GROUP_MOD_FAILED/BAD_TYPE")
GROUP_MOD_FAILED_BAD_COMMAND: Final = ErrorCode(6, 11, "GROUP_MOD_FAILED/BAD_COMMAND")
GROUP_MOD_FAILED_BAD_BUCKET: Final = ErrorCode(6, 12, "GROUP_MOD_FAILED/BAD_BUCKET")
GROUP_MOD_FAILED_BAD_WATCH: Final = ErrorCode(6, 13, "GROUP_MOD_FAILED/BAD_WATCH")
GROUP_MOD_FAILED_EPERM: Final = ErrorCode(6, 14, "GROUP_MOD_FAILED/EPERM")

PORT_MOD_FAILED_BAD_PORT: Final = ErrorCode(7, 0, "PORT_MOD_FAILED/BAD_PORT")
PORT_MOD_FAILED_BAD_HW_ADDR: Final = ErrorCode(7, 1, "PORT_MOD_FAILED/BAD_HW_ADDR")
PORT_MOD_FAILED_BAD_CONFIG: Final = ErrorCode(7, 2, "PORT_MOD_FAILED/BAD_CONFIG")
PORT_MOD_FAILED_BAD_ADVERTISE: Final = ErrorCode(7, 3, "PORT_MOD_FAILED/BAD_ADVERTISE")
PORT_MOD_FAILED_EPERM: Final = ErrorCode(7, 4, "PORT_MOD_FAILED/EPERM")

TABLE_MOD_FAILED_BAD_TABLE: Final = ErrorCode(8, 0, "TABLE_MOD_FAILED/BAD_TABLE")
TABLE_MOD_FAILED_BAD_CONFIG: Final = ErrorCode(8, 1, "TABLE_MOD_FAILED/BAD_CONFIG")
TABLE_MOD_FAILED_EPERM: Final = ErrorCode(8, 2, "TABLE_MOD_FAILED/EPERM")

QUEUE_OP_FAILED_BAD_PORT: Final = ErrorCode(9, 0, "QUEUE_OP_FAILED/BAD_PORT")
QUEUE_OP_FAILED_BAD_QUEUE: Final = ErrorCode(9, 1, "QUEUE_OP_FAILED/BAD_QUEUE")
QUEUE_OP_FAILED_EPERM: Final = ErrorCode(9, 2, "QUEUE_OP_FAILED/EPERM")

SWITCH_CONFIG_FAILED_BAD_FLAGS: Final = ErrorCode(10, 0, "SWITCH_CONFIG_FAILED/BAD_FLAGS")
SWITCH_CONFIG_FAILED_BAD_LEN: Final = ErrorCode(10, 1, "SWITCH_CONFIG_FAILED/BAD_LEN")
SWITCH_CONFIG_FAILED_EPERM: Final = ErrorCode(10, 2, "SWITCH_CONFIG_FAILED/EPERM")

ROLE_REQUEST_FAILED_STALE: Final = ErrorCode(11, 0, "ROLE_REQUEST_FAILED/STALE")
ROLE_REQUEST_FAILED_UNSUP: Final = ErrorCode(11, 1, "ROLE_REQUEST_FAILED/UNSUP")
ROLE_REQUEST_FAILED_BAD_ROLE: Final = ErrorCode(11, 2, "ROLE_REQUEST_FAILED/BAD_ROLE")

METER_MOD_FAILED_UNKNOWN: Final = ErrorCode(12, 0, "METER_MOD_FAILED/UNKNOWN")
METER_MOD_FAILED_METER_EXISTS: Final = ErrorCode(12, 1, "METER_MOD_FAILED/METER_EXISTS")
METER_MOD_FAILED_INVALID_METER: Final = ErrorCode(12, 2, "METER_MOD_FAILED/INVALID_METER")
METER_MOD_FAILED_UNKNOWN_METER: Final = ErrorCode(12, 3, "METER_MOD_FAILED/UNKNOWN_METER")
METER_MOD_FAILED_BAD_COMMAND: Final = ErrorCode(12, 4, "METER_MOD_FAILED/BAD_COMMAND")
METER_MOD_FAILED_BAD_FLAGS: Final = ErrorCode(12, 5, "METER_MOD_FAILED/BAD_FLAGS")
METER_MOD_FAILED_BAD_RATE: Final = ErrorCode(12, 6, "METER_MOD_FAILED/BAD_RATE")
METER_MOD_FAILED_BAD_BURST: Final = ErrorCode(12, 7, "METER_MOD_FAILED/BAD_BURST")
METER_MOD_FAILED_BAD_BAND: Final = ErrorCode(12, 8, "METER_MOD_FAILED/BAD_BAND")
METER_MOD_FAILED_BAD_BAND_VALUE: Final = ErrorCode(12, 9, "METER_MOD_FAILED/BAD_BAND_VALUE")
METER_MOD_FAILED_OUT_OF_METERS: Final = ErrorCode(12, 10, "METER_MOD_FAILED/OUT_OF_METERS")
METER_MOD_FAILED_OUT_OF_BANDS: Final = ErrorCode(12, 11, "METER_MOD_FAILED/OUT_OF_BANDS")

TABLE_FEATURES_FAILED_BAD_TABLE: Final = ErrorCode(13, 0, "TABLE_FEATURES_FAILED/BAD_TABLE")
TABLE_FEATURES_FAILED_BAD_METADATA: Final = ErrorCode(13, 1, "TABLE_FEATURES_FAILED/BAD_METADATA")
TABLE_FEATURES_FAILED_BAD_TYPE: Final = ErrorCode(13, 2, "TABLE_FEATURES_FAILED/BAD_TYPE")
TABLE_FEATURES_FAILED_BAD_LEN: Final = ErrorCode(13, 3, "TABLE_FEATURES_FAILED/BAD_LEN")
TABLE_FEATURES_FAILED_BAD_ARGUMENT: Final = ErrorCode(13, 4, "TABLE_FEATURES_FAILED/BAD_ARGUMENT")
TABLE_FEATURES_FAILED_EPERM: Final = ErrorCode(13, 5, "TABLE_FEATURES_FAILED/EPERM")

ALL: Final[dict[tuple[int, int], ErrorCode]] = {
    (error.type, error.code): error
    for error in tuple(globals().values())
    if isinstance(error, ErrorCode)
}
"""Every error of OpenFlow 1.3.5 by its (type, code)."""


def _bundle_failed(code: int, name: str) -> ErrorCode:
    return ErrorCode(EXPERIMENTER_TYPE, 2300 + code, f"BUNDLE_FAILED/{name}")


BUNDLE_FAILED_BAD_ID: Final = _bundle_failed(2, "BAD_ID")
BUNDLE_FAILED_BUNDLE_CLOSED: Final = _bundle_failed(4, "BUNDLE_CLOSED")
BUNDLE_FAILED_OUT_OF_BUNDLES: Final = _bundle_failed(5, "OUT_OF_BUNDLES")
BUNDLE_FAILED_BAD_TYPE: Final = _bundle_failed(6, "BAD_TYPE")
BUNDLE_FAILED_BAD_FLAGS: Final = _bundle_failed(7, "BAD_FLAGS")
BUNDLE_FAILED_MSG_BAD_LEN: Final = _bundle_failed(8, "MSG_BAD_LEN")
BUNDLE_FAILED_MSG_BAD_XID: Final = _bundle_failed(9, "MSG_BAD_XID")
BUNDLE_FAILED_MSG_UNSUP: Final = _bundle_failed(10, "MSG_UNSUP")
BUNDLE_FAILED_MSG_TOO_MANY: Final = _bundle_failed(12, "MSG_TOO_MANY")
BUNDLE_FAILED_MSG_FAILED: Final = _bundle_failed(13, "MSG_FAILED")
BUNDLE_FAILED_TIMEOUT: Final = _bundle_failed(14, "TIMEOUT")

BUNDLE_ERRORS: Final[dict[tuple[int, int], ErrorCode]] = {
    error[:2]: error
    for name, error in tuple(globals().items())
    if name.startswith("BUNDLE_FAILED_")
}
"""The errors of the ONF's bundle extension (EXT-230) by their (type, code)."""


def describe(error_type: int, code: int) -> str:
    """The name of an error as in `BAD_REQUEST/BAD_LEN`; numbers stand in for unknown parts."""
    known = ALL.get((error_type, code)) or BUNDLE_ERRORS.get((error_type, code))
    if known is not None:
        return known.name
    if error_type == EXPERIMENTER_TYPE:
        return f"EXPERIMENTER/{code}"
    return f"{TYPES[error_type]}/{code}" if error_type < len(TYPES) else f"{error_type}/{code}"
