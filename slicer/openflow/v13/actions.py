"""Actions: OpenFlow 1.3.5 7.2.5. Open vSwitch's own are in `nicira`.

Invariant: encode_actions(decode_actions(b)) is b, but for padding, which becomes zeros.
"""

from collections.abc import Callable, Iterable
from struct import Struct
from typing import Any, Final

from slicer.openflow import actions as a
from slicer.openflow import errors
from slicer.openflow.actions import Action
from slicer.openflow.constants import NICIRA
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.v13.match import OXM_HEADER, decode_oxms, encode_oxms
from slicer.openflow.v13.nicira import NICIRA_ENCODERS, decode_nicira
from slicer.openflow.v13.wire import TLV, bad_length, fixed_encoder, padded, walk, whole_words

EXPERIMENTER: Final = 0xFFFF
SET_FIELD: Final = 25
_EXPERIMENTER_ID: Final = Struct("!I")
_CLONE: Final = Struct("!HHIH6x")
"""type 0xffff, length, Nicira's experimenter id, subtype; then actions."""
_CLONE_SUBTYPE: Final = 42

_FIXED: Final[dict[int, tuple[type[Action], Struct]]] = {
    0: (a.Output, Struct("!IH6x")),
    9: (a.SetTpSrc, Struct("!H2x")),
    10: (a.SetTpDst, Struct("!H2x")),
    11: (a.CopyTtlOut, Struct("!4x")),
    12: (a.CopyTtlIn, Struct("!4x")),
    15: (a.SetMplsTtl, Struct("!B3x")),
    16: (a.DecMplsTtl, Struct("!4x")),
    17: (a.PushVlan, Struct("!H2x")),
    18: (a.PopVlan, Struct("!4x")),
    19: (a.PushMpls, Struct("!H2x")),
    20: (a.PopMpls, Struct("!H2x")),
    21: (a.SetQueue, Struct("!I")),
    22: (a.Group, Struct("!I")),
    23: (a.SetNwTtl, Struct("!B3x")),
    24: (a.DecNwTtl, Struct("!4x")),
    26: (a.PushPbb, Struct("!H2x")),
    27: (a.PopPbb, Struct("!4x")),
}
"""Type -> class, and the layout of what follows type and length. 9 and 10 are OpenFlow 1.1's, which
Open vSwitch still sends for flows that set ports and whose match doesn't say the protocol."""


def decode_actions(
    frame: bytes, offset: int, end: int, *, in_clone: bool = False
) -> tuple[Action, ...]:
    """The actions in frame[offset:end]. Raises MalformedError (BAD_ACTION)."""
    found: list[Action] = []
    for kind, start, stop in walk(frame, offset, end, "action", errors.BAD_ACTION_BAD_LEN):
        fixed = _FIXED.get(kind)
        if fixed is None:
            if not in_clone and _is_clone(kind, frame, start, stop):
                copied = decode_actions(frame, start + _CLONE.size, stop, in_clone=True)
                found.append(a.Clone(copied))
            else:
                found.append(_decode_other(kind, frame, start, stop))
            continue
        cls, body = fixed
        if stop - start != TLV.size + body.size:
            raise bad_length(
                f"action {cls.__name__}",
                stop - start,
                str(TLV.size + body.size),
                errors.BAD_ACTION_BAD_LEN,
            )
        found.append(cls(*body.unpack_from(frame, start + TLV.size)))
    return tuple(found)


def _is_clone(kind: int, frame: bytes, start: int, stop: int) -> bool:
    if kind != EXPERIMENTER or stop - start < _CLONE.size:
        return False
    _, _, experimenter, subtype = _CLONE.unpack_from(frame, start)
    return bool((experimenter, subtype) == (NICIRA, _CLONE_SUBTYPE))


def _decode_other(kind: int, frame: bytes, start: int, stop: int) -> Action:
    if kind == SET_FIELD:
        return _decode_set_field(frame, start, stop)
    if kind != EXPERIMENTER:
        raise MalformedError(errors.BAD_ACTION_BAD_TYPE, f"action type {kind} is unknown")
    # A walk's TLVs are multiples of 8 bytes: the experimenter id is there.
    experimenter = _EXPERIMENTER_ID.unpack_from(frame, start + TLV.size)[0]
    if experimenter == NICIRA:
        return decode_nicira(frame, start, stop)
    return a.ExperimenterAction(experimenter, frame[start + 8 : stop])


def _decode_set_field(frame: bytes, start: int, stop: int) -> a.SetField:
    header = OXM_HEADER.unpack_from(frame, start + TLV.size)[0]
    end = start + TLV.size + OXM_HEADER.size + (header & 0xFF)
    if stop - end not in range(8):
        raise MalformedError(
            errors.BAD_ACTION_BAD_SET_LEN,
            f"action SetField has {stop - start} bytes, expected {(end - start + 7) & ~7}",
        )
    if any(frame[end:stop]):
        raise MalformedError(
            errors.BAD_ACTION_BAD_SET_ARGUMENT,
            f"action SetField has padding {frame[end:stop].hex()}, expected zeros",
        )
    (tlv,) = decode_oxms(frame, start + TLV.size, end, errors.BAD_ACTION_BAD_SET_LEN)
    return a.SetField(tlv)


def encode_actions(actions: Iterable[Action]) -> bytes:
    """The actions one after the other. Raises EncodeError, struct.error."""
    return b"".join([_encoder_of(action)(action) for action in actions])


def _encoder_of(action: Action) -> Callable[[Any], bytes]:
    try:
        return _ENCODERS[type(action)]
    except KeyError:
        raise EncodeError(f"{action!r} is no action of OpenFlow 1.3") from None


def _encode_set_field(action: a.SetField) -> bytes:
    tlv = encode_oxms((action.oxm,))
    length = TLV.size + len(tlv)
    return padded(TLV.pack(SET_FIELD, (length + 7) & ~7) + tlv)


def _encode_experimenter(action: a.ExperimenterAction) -> bytes:
    data = whole_words("action ExperimenterAction", action.data)
    return TLV.pack(EXPERIMENTER, 8 + len(data)) + _EXPERIMENTER_ID.pack(action.experimenter) + data


def _encode_clone(action: a.Clone) -> bytes:
    copied = encode_actions(action.actions)
    return _CLONE.pack(EXPERIMENTER, _CLONE.size + len(copied), NICIRA, _CLONE_SUBTYPE) + copied


_ENCODERS: Final[dict[type[Action], Callable[[Any], bytes]]] = {
    **{cls: fixed_encoder(kind, cls, body) for kind, (cls, body) in _FIXED.items()},
    a.SetField: _encode_set_field,
    a.ExperimenterAction: _encode_experimenter,
    a.Clone: _encode_clone,
    **NICIRA_ENCODERS,
}
