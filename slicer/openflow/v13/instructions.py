"""Instructions: OpenFlow 1.3.5 7.2.4.

Invariant: encode_instructions(decode_instructions(b)) is b, padding aside.
"""

from collections.abc import Callable, Iterable
from struct import Struct
from typing import Any, Final

from slicer.openflow import errors
from slicer.openflow import instructions as i
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.instructions import Instruction
from slicer.openflow.v13.actions import decode_actions, encode_actions
from slicer.openflow.v13.wire import TLV, bad_length, fixed_encoder, walk, whole_words

_GOTO_TABLE: Final = 1
_WRITE_METADATA: Final = 2
_WRITE_ACTIONS: Final = 3
_APPLY_ACTIONS: Final = 4
_CLEAR_ACTIONS: Final = 5
_METER: Final = 6
_EXPERIMENTER: Final = 0xFFFF
_HEADER_AND_PADDING: Final = 8
_EXPERIMENTER_ID: Final = Struct("!I")

_FIXED: Final[dict[int, tuple[type[Instruction], Struct]]] = {
    _GOTO_TABLE: (i.GotoTable, Struct("!B3x")),
    _WRITE_METADATA: (i.WriteMetadata, Struct("!4xQQ")),
    _CLEAR_ACTIONS: (i.ClearActions, Struct("!4x")),
    _METER: (i.MeterInstruction, Struct("!I")),
}
_WITH_ACTIONS: Final[dict[int, type[i.WriteActions] | type[i.ApplyActions]]] = {
    _WRITE_ACTIONS: i.WriteActions,
    _APPLY_ACTIONS: i.ApplyActions,
}


def decode_instructions(frame: bytes, offset: int, end: int) -> tuple[Instruction, ...]:
    """The instructions in frame[offset:end], one of each type at most.

    Raises MalformedError (BAD_INSTRUCTION, or BAD_ACTION for what is inside).
    """
    found: list[Instruction] = []
    seen: set[int] = set()
    for kind, start, stop in walk(
        frame, offset, end, "instruction", errors.BAD_INSTRUCTION_BAD_LEN
    ):
        if kind in seen and kind != _EXPERIMENTER:
            raise MalformedError(
                errors.BAD_INSTRUCTION_UNSUP_INST,
                f"instruction type {kind} is there twice, expected once",
            )
        seen.add(kind)
        found.append(_decode(kind, frame, start, stop))
    return tuple(found)


def _decode(kind: int, frame: bytes, start: int, stop: int) -> Instruction:
    with_actions = _WITH_ACTIONS.get(kind)
    if with_actions is not None:
        return with_actions(decode_actions(frame, start + _HEADER_AND_PADDING, stop))
    fixed = _FIXED.get(kind)
    if fixed is not None:
        cls, body = fixed
        if stop - start != TLV.size + body.size:
            raise bad_length(
                f"instruction {cls.__name__}",
                stop - start,
                str(TLV.size + body.size),
                errors.BAD_INSTRUCTION_BAD_LEN,
            )
        return cls(*body.unpack_from(frame, start + TLV.size))
    if kind != _EXPERIMENTER:
        raise MalformedError(
            errors.BAD_INSTRUCTION_UNKNOWN_INST, f"instruction type {kind} is unknown"
        )
    experimenter = _EXPERIMENTER_ID.unpack_from(frame, start + TLV.size)[0]
    return i.ExperimenterInstruction(experimenter, frame[start + 8 : stop])


def encode_instructions(instructions: Iterable[Instruction]) -> bytes:
    """The instructions one after the other. Raises EncodeError, struct.error."""
    return b"".join([_encoder_of(each)(each) for each in instructions])


def _encoder_of(instruction: Instruction) -> Callable[[Any], bytes]:
    try:
        return _ENCODERS[type(instruction)]
    except KeyError:
        raise EncodeError(f"{instruction!r} is no instruction of OpenFlow 1.3") from None


def _actions_encoder(kind: int) -> Callable[[Any], bytes]:
    def encode(instruction: i.WriteActions | i.ApplyActions) -> bytes:
        actions = encode_actions(instruction.actions)
        return TLV.pack(kind, _HEADER_AND_PADDING + len(actions)) + bytes(4) + actions

    return encode


def _encode_experimenter(instruction: i.ExperimenterInstruction) -> bytes:
    data = whole_words("instruction ExperimenterInstruction", instruction.data)
    header = TLV.pack(_EXPERIMENTER, _HEADER_AND_PADDING + len(data))
    return header + _EXPERIMENTER_ID.pack(instruction.experimenter) + data


_ENCODERS: Final[dict[type[Instruction], Callable[[Any], bytes]]] = {
    **{cls: fixed_encoder(kind, cls, body) for kind, (cls, body) in _FIXED.items()},
    **{cls: _actions_encoder(kind) for kind, cls in _WITH_ACTIONS.items()},
    i.ExperimenterInstruction: _encode_experimenter,
}
