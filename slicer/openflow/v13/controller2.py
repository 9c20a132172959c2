"""Open vSwitch's NXAST_CONTROLLER2 action: what follows its subtype.

Follows Open vSwitch 2.6 and later, as `ovs-ofctl` writes it: six zeros, then properties
padded to 8 bytes, those with their default value left out.

Invariant: every property is read, or the frame is malformed.
"""

from struct import Struct
from typing import Any, Final, NamedTuple

from slicer.openflow import errors
from slicer.openflow.actions import Controller2
from slicer.openflow.errors import MalformedError
from slicer.openflow.v13.wire import TLV, bad_length, padded

_ZEROS: Final = bytes(6)


class _Number(NamedTuple):
    """A property that is a number: the attribute it is for, and its layout."""

    attribute: str
    layout: Struct


_NUMBERS: Final[dict[int, _Number]] = {
    0: _Number("max_len", Struct("!H2x")),
    1: _Number("controller_id", Struct("!H2x")),
    2: _Number("reason", Struct("!B")),
    5: _Number("meter_id", Struct("!I")),
}
_USERDATA: Final = 3
_PAUSE: Final = 4
_DEFAULTS: Final = Controller2()


def decode_controller2(frame: bytes, body: int, stop: int) -> Controller2:
    """The action whose body is frame[body:stop]. Raises MalformedError (BAD_ACTION)."""
    offset = body + len(_ZEROS)
    values: dict[str, Any] = {}
    while offset < stop:
        # Actions are multiples of 8 bytes and so are the steps: a header is always there.
        kind, length = TLV.unpack_from(frame, offset)
        end = offset + length
        if length < TLV.size or end > stop:
            raise _bad_length(kind, length, f"{TLV.size} to {stop - offset}")
        attribute, value = _decode_property(kind, frame[offset + TLV.size : end])
        if attribute in values:
            raise MalformedError(
                errors.BAD_ACTION_BAD_ARGUMENT,
                f"action Controller2 has {attribute} twice, expected once",
            )
        values[attribute] = value
        offset = end + 7 & ~7
    return Controller2(**values)


def _bad_length(kind: int, found: int, expected: str) -> MalformedError:
    what = f"property {kind} of action Controller2"
    return bad_length(what, found, expected, errors.BAD_ACTION_BAD_LEN)


def _decode_property(kind: int, value: bytes) -> tuple[str, Any]:
    number = _NUMBERS.get(kind)
    if number is not None:
        if len(value) != number.layout.size:
            raise _bad_length(kind, TLV.size + len(value), str(TLV.size + number.layout.size))
        return number.attribute, number.layout.unpack(value)[0]
    if kind == _USERDATA:
        return "userdata", value
    if kind != _PAUSE:
        raise MalformedError(
            errors.BAD_ACTION_BAD_ARGUMENT, f"property {kind} of action Controller2 is unknown"
        )
    if value:
        raise _bad_length(kind, TLV.size + len(value), str(TLV.size))
    return "pause", True


def encode_controller2(action: Controller2) -> bytes:
    """What follows the subtype, without the action's own padding. Raises struct.error."""
    parts = [_ZEROS]
    properties = {
        kind: number.layout.pack(getattr(action, number.attribute))
        for kind, number in _NUMBERS.items()
        if getattr(action, number.attribute) != getattr(_DEFAULTS, number.attribute)
    }
    if action.userdata:
        properties[_USERDATA] = action.userdata
    if action.pause:
        properties[_PAUSE] = b""
    for kind, value in sorted(properties.items()):
        parts.append(padded(TLV.pack(kind, TLV.size + len(value)) + value))
    return b"".join(parts)
