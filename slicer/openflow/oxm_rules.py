"""The rules a match has to keep (OpenFlow 1.3.5 7.2.3), and the error for each one broken.

Lengths, masks and values of one TLV, duplicates, and prerequisites. Not the TLVs' framing,
which is the dialects' work. A rule on which the specification is stricter than Open vSwitch
follows Open vSwitch: a mask that compares every bit or none is no mask at all.

Invariant: a match that passes is one that Open vSwitch takes, if it knows its fields.
"""

from collections.abc import Iterable
from typing import Final

from slicer.openflow import errors
from slicer.openflow.actions import Action, SetField
from slicer.openflow.errors import MalformedError
from slicer.openflow.instructions import ApplyActions, Instruction, WriteActions
from slicer.openflow.oxm import HAS_MASK, Match, Oxm, name_of, read
from slicer.openflow.oxm_fields import BY_KEY, BY_NAME, FIELDS, Field, Prerequisite

_EXACT: Final[dict[int, int]] = {field.header: field.full for field in FIELDS}
"""The largest value by header, for TLVs without a mask: what nearly all of them are."""


def check_tlv(tlv: Oxm) -> None:
    """Judge one TLV of a match. Raises MalformedError (BAD_MATCH)."""
    header, payload = tlv
    full = _EXACT.get(header)
    if full is not None:
        if int.from_bytes(payload, "big") > full:
            raise _too_wide(tlv, full)
        return
    field = BY_KEY.get(header >> 9)
    if field is None:
        raise MalformedError(
            errors.BAD_MATCH_BAD_FIELD,
            f"match field {name_of(header)} (header {header:#010x}) is unknown",
        )
    if header != field.masked_header:
        raise _wrong_length(field, header)
    _check_mask(tlv, field)


def _wrong_length(field: Field, header: int) -> MalformedError:
    expected = field.size * (2 if header & HAS_MASK else 1)
    return MalformedError(
        errors.BAD_MATCH_BAD_LEN,
        f"match field {field.name} has {header & 0xFF} bytes, expected {expected}",
    )


def _check_mask(tlv: Oxm, field: Field) -> None:
    _, value, mask = read(tlv)
    if value & ~mask:
        raise MalformedError(
            errors.BAD_MATCH_BAD_WILDCARDS,
            f"match field {field.name} has value {value:#x} with bits outside of mask {mask:#x}",
        )
    every_bit = (1 << field.size * 8) - 1
    if not field.maskable and mask not in (0, every_bit):
        raise MalformedError(
            errors.BAD_MATCH_BAD_MASK,
            f"match field {field.name} has mask {mask:#x}, expected none: it takes no mask",
        )
    if value > field.full:
        raise _too_wide(tlv, field.full)


def _too_wide(tlv: Oxm, full: int) -> MalformedError:
    name, value, _ = read(tlv)
    return MalformedError(
        errors.BAD_MATCH_BAD_VALUE,
        f"match field {name} has value {value:#x}, expected at most {full:#x}",
    )


def check_match(match: Match) -> None:
    """Judge a whole match that a controller sent, one TLV after the other as Open vSwitch does:
    what is in it, then its prerequisites, which have to be matched ahead of it (OpenFlow 1.3.5
    7.2.3.6), then that its field is matched once. Raises MalformedError (BAD_MATCH).
    """
    ahead: dict[int, Oxm] = {}
    for tlv in match.oxms:
        check_tlv(tlv)
        key = tlv[0] >> 9
        field = BY_KEY[key]
        for needed in field.prerequisites:
            if not _met(needed, ahead.get(BY_NAME[needed.field].key)):
                raise MalformedError(errors.BAD_MATCH_BAD_PREREQ, _unmet(field.name, needed))
        if key in ahead:
            raise MalformedError(
                errors.BAD_MATCH_DUP_FIELD,
                f"match field {field.name} is there twice, expected once",
            )
        ahead[key] = tlv


def _met(needed: Prerequisite, found: Oxm | None) -> bool:
    if found is None:
        return False
    _, value, mask = read(found)
    return not needed.values or (value & mask & needed.mask) in needed.values


def _unmet(name: str, needed: Prerequisite) -> str:
    values = " or ".join(f"{value:#x}" for value in sorted(needed.values)) or "any value"
    return f"match field {name} needs {needed.field} with {values} ahead of it"


def check_set_fields(instructions: Iterable[Instruction]) -> None:
    """Judge every set-field in a flow's instructions. Raises MalformedError (BAD_ACTION)."""
    for instruction in instructions:
        if isinstance(instruction, WriteActions | ApplyActions):
            check_set_field_actions(instruction.actions)


def check_set_field_actions(actions: Iterable[Action]) -> None:
    """Judge every set-field in a list of actions. Raises MalformedError (BAD_ACTION)."""
    for action in actions:
        if isinstance(action, SetField):
            _check_set_field(action.oxm)


def _check_set_field(tlv: Oxm) -> None:
    header, payload = tlv
    field = BY_KEY.get(header >> 9)
    if field is None or header & HAS_MASK:
        raise MalformedError(
            errors.BAD_ACTION_BAD_SET_TYPE,
            f"set-field of {name_of(header)} (header {header:#010x}) is unknown or has a mask",
        )
    if header != field.header:
        raise MalformedError(
            errors.BAD_ACTION_BAD_SET_LEN,
            f"set-field of {field.name} has {len(payload)} bytes, expected {field.size}",
        )
    value = int.from_bytes(payload, "big")
    if value > field.full:
        raise MalformedError(
            errors.BAD_ACTION_BAD_SET_ARGUMENT,
            f"set-field of {field.name} to {value:#x}, expected at most {field.full:#x}",
        )
