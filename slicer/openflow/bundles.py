"""Bundles: several changes carried out as one, an extension by the ONF (EXT-230) of OpenFlow 1.3.

It borrows OpenFlow 1.4's (1.4.1 7.3.9), as experimenter messages. Here is what these say; when a
bundle is what (open, closed, gone) is the switch's affair. Invariant: a bundled message's frame is
whole, and stands under the xid of the message that adds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from struct import Struct
from typing import Final

from slicer.openflow import errors
from slicer.openflow.errors import MalformedError
from slicer.openflow.header import HEADER, XID, XID_OFFSET, read_header
from slicer.openflow.messages import Experimenter

ONF: Final = errors.ONF
CONTROL: Final = 2300
ADD: Final = 2301
"""Of Experimenter.exp_type."""
_CONTROL: Final = Struct("!IHH")
_ADD: Final = Struct("!I2xH")
_EXP_TYPE: Final = slice(12, 16)
_INNER: Final = 24
"""Where an add's frame has its bundled message."""


class Step(IntEnum):
    """What a control message asks for or answers."""

    OPEN_REQUEST = 0
    OPEN_REPLY = 1
    CLOSE_REQUEST = 2
    CLOSE_REPLY = 3
    COMMIT_REQUEST = 4
    COMMIT_REPLY = 5
    DISCARD_REQUEST = 6
    DISCARD_REPLY = 7


@dataclass(frozen=True, slots=True)
class Control:
    """A bundle control message, without its properties."""

    bundle_id: int
    step: int
    flags: int = 0

    def message(self, xid: int) -> Experimenter:
        """The message that says it."""
        data = _CONTROL.pack(self.bundle_id, self.step, self.flags)
        return Experimenter(xid, ONF, CONTROL, data)


@dataclass(frozen=True, slots=True)
class Add:
    """What a bundle add message says, without its properties; `frame` is the bundled message's."""

    bundle_id: int
    flags: int
    frame: bytes


def read_control(message: Experimenter) -> Control:
    """Raises MalformedError (BAD_REQUEST/BAD_LEN)."""
    if len(message.data) < _CONTROL.size or len(message.data) % 8:
        raise MalformedError(
            errors.BAD_REQUEST_BAD_LEN,
            f"a bundle control of {len(message.data)} bytes, expected {_CONTROL.size} and words",
        )
    return Control(*_CONTROL.unpack_from(message.data))


def read_add(message: Experimenter) -> Add:
    """Raises MalformedError (BAD_REQUEST/BAD_LEN, or BUNDLE_FAILED/MSG_BAD_XID)."""
    inner = message.data[_ADD.size :]
    if len(inner) < HEADER.size:
        raise MalformedError(
            errors.BAD_REQUEST_BAD_LEN,
            f"a bundle add of {len(message.data)} bytes, expected {_ADD.size + HEADER.size}",
        )
    header = read_header(inner)
    if not HEADER.size <= header.length <= len(inner):
        raise MalformedError(
            errors.BAD_REQUEST_BAD_LEN,
            f"a bundled message of {header.length} bytes, expected {HEADER.size} to {len(inner)}",
        )
    if header.xid != message.xid:
        raise MalformedError(
            errors.BUNDLE_FAILED_MSG_BAD_XID,
            f"a bundled message's xid {header.xid:#x}, expected {message.xid:#x}",
        )
    bundle_id, flags = _ADD.unpack_from(message.data)
    return Add(bundle_id, flags, inner[: header.length])


def add(bundle_id: int, flags: int, frame: bytes) -> Experimenter:
    """The message that adds a frame to a bundle, under the frame's xid."""
    data = _ADD.pack(bundle_id, flags) + frame
    return Experimenter(read_header(frame).xid, ONF, ADD, data)


def with_xid(frame: bytes, xid: int) -> bytes:
    """A control's or an add's frame under another xid, which an add has twice."""
    packed = XID.pack(xid)
    if int.from_bytes(frame[_EXP_TYPE], "big") == ADD:
        frame = frame[: _INNER + XID_OFFSET] + packed + frame[_INNER + XID_OFFSET + XID.size :]
    return frame[:XID_OFFSET] + packed + frame[XID_OFFSET + XID.size :]
