"""Instructions: each one's bytes, and what is refused of them."""

import pytest

from slicer.openflow import errors
from slicer.openflow import instructions as i
from slicer.openflow.actions import Output
from slicer.openflow.errors import EncodeError, ErrorCode
from slicer.openflow.v13.instructions import decode_instructions, encode_instructions
from tests.unit.openflow.frames import OUTPUT, apply, flow_mod, refused, tlv

EXAMPLES = [
    (i.GotoTable(3), "0001000803000000"),
    (i.WriteMetadata(1, 255), "0002001800000000000000000000000100000000000000ff"),
    (i.WriteActions((Output(1),)), "000300180000000000000010000000010000000000000000"),
    (i.ApplyActions((Output(1),)), "000400180000000000000010000000010000000000000000"),
    (i.ApplyActions(()), "0004000800000000"),
    (i.ClearActions(), "0005000800000000"),
    (i.MeterInstruction(7), "0006000800000007"),
    (i.ExperimenterInstruction(9, b"12345678"), "ffff0010000000093132333435363738"),
]


@pytest.mark.parametrize(("instruction", "raw"), EXAMPLES, ids=lambda part: type(part).__name__)
def test_an_instructions_bytes(instruction: i.Instruction, raw: str) -> None:
    frame = bytes.fromhex(raw)
    assert encode_instructions((instruction,)) == frame
    assert decode_instructions(frame, 0, len(frame)) == (instruction,)


def test_any_order_is_kept() -> None:
    instructions = (i.GotoTable(3), i.ApplyActions(()), i.MeterInstruction(1))
    frame = encode_instructions(instructions)
    assert decode_instructions(frame, 0, len(frame)) == instructions


@pytest.mark.parametrize(
    ("raw", "error", "text"),
    [
        (tlv(9, bytes(4)), errors.BAD_INSTRUCTION_UNKNOWN_INST, "instruction type 9"),
        (tlv(0, bytes(4)), errors.BAD_INSTRUCTION_UNKNOWN_INST, "instruction type 0"),
        (tlv(1, bytes(12)), errors.BAD_INSTRUCTION_BAD_LEN, "GotoTable has 16 bytes, expected 8"),
        (tlv(2, bytes(4)), errors.BAD_INSTRUCTION_BAD_LEN, "WriteMetadata has 8"),
        (tlv(1, bytes(4), length=0), errors.BAD_INSTRUCTION_BAD_LEN, "type 1 has 0 bytes"),
        (tlv(1, bytes(4), length=64), errors.BAD_INSTRUCTION_BAD_LEN, "expected 8 to 8"),
        (tlv(1, bytes(12), length=12), errors.BAD_INSTRUCTION_BAD_LEN, "has 12 bytes"),
        (tlv(5, bytes(4)) * 2, errors.BAD_INSTRUCTION_UNSUP_INST, "type 5 is there twice"),
        (apply(OUTPUT) * 2, errors.BAD_INSTRUCTION_UNSUP_INST, "type 4 is there twice"),
        (apply(OUTPUT[:8]), errors.BAD_ACTION_BAD_LEN, "has 16 bytes, expected 8 to 8"),
        (bytes(4), errors.BAD_REQUEST_BAD_LEN, "FlowMod has 52 bytes"),
    ],
)
def test_what_is_refused(raw: bytes, error: ErrorCode, text: str) -> None:
    refused(flow_mod(instructions=raw), error, text)


def test_what_can_not_be_written() -> None:
    with pytest.raises(EncodeError, match="expected a multiple of 8"):
        encode_instructions((i.ExperimenterInstruction(1, b"123"),))
