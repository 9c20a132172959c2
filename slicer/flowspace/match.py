"""Match: a region of header space, and the algebra of such regions.

A match is a ternary string over the one wide integer of `fields.py`: `mask` says which bits
are fixed, `value` what they are. It knows no priorities, owners or OpenFlow version.

Invariant: a match is in canonical form, with its prerequisites explicit, so that two
matches are the same region exactly when they are equal, and two regions overlap exactly
when no bit is fixed differently in each.
"""

from dataclasses import dataclass
from typing import ClassVar

from slicer.flowspace.fields import (
    ETH_TYPE_ARP,
    ETH_TYPE_IPV4,
    ETH_TYPE_IPV6,
    ETH_TYPE_NONE,
    FIELDS,
    TRANSPORT_PLACE,
    VLAN_ID_MASK,
    VLAN_PRESENT,
    Field,
    HeaderError,
    field_named,
)
from slicer.flowspace.point import Point
from slicer.flowspace.text import format_fields

_ETH_TYPE = FIELDS["eth_type"]
_TAGGED = VLAN_PRESENT << FIELDS["vlan_vid"].shift
_VLAN_ID = VLAN_ID_MASK << FIELDS["vlan_vid"].shift
_LIKELY_ETH_TYPES = (ETH_TYPE_IPV4, ETH_TYPE_ARP, ETH_TYPE_IPV6, ETH_TYPE_NONE)


@dataclass(frozen=True, slots=True, repr=False)
class Match:
    """A set of points: those whose header equals `value` in every bit of `mask`.

    Build one with `of`; the constructor itself trusts its arguments. The pieces that
    `subtract` returns are exact as sets, but may fix single bits of a field that OpenFlow
    can only match whole.
    """

    value: int
    mask: int

    ANY: ClassVar["Match"]

    @staticmethod
    def of(**fields: int | tuple[int, int]) -> "Match":
        """The match on these fields, each a value or a (value, mask) pair.

        Prerequisites must be among the fields (OpenFlow 1.3.5 7.2.3.6). A mask of 0 leaves
        the field free. Raises HeaderError for an unknown field, a value or mask out of
        range, value bits outside the mask, a mask on a field that takes none, a missing
        prerequisite, or a VLAN id in a frame without a tag.
        """
        value = mask = 0
        for name, wanted in fields.items():
            field = field_named(name)
            pair = wanted if isinstance(wanted, tuple) else (wanted, field.ones)
            _check_pair(field, *pair)
            value |= pair[0] << field.shift
            mask |= pair[1] << field.shift
        for name in fields:
            _check_prerequisites(FIELDS[name], value, mask)
        match = _canonical(value, mask)
        if match is None:
            raise HeaderError("a vlan_vid with an id but without a tag", f"{VLAN_PRESENT:#x} in it")
        return match

    @staticmethod
    def fixing(value: int, mask: int) -> "Match | None":
        """The match that fixes the bits of `mask` as in `value`, which has no others and keeps
        the prerequisites; None when no packet is in it."""
        return _canonical(value, mask)

    def __and__(self, other: "Match") -> "Match | None":
        """The points in both, or None when there are none."""
        if (self.value ^ other.value) & self.mask & other.mask:
            return None
        return _canonical(self.value | other.value, self.mask | other.mask)

    def overlaps(self, other: "Match") -> bool:
        """Whether any point is in both."""
        if (self.value ^ other.value) & self.mask & other.mask:
            return False
        return _is_possible(self.value | other.value, self.mask | other.mask)

    def contains(self, other: "Match") -> bool:
        """Whether every point of `other` is in this match."""
        return not self.mask & ~other.mask and not (self.value ^ other.value) & self.mask

    def contains_point(self, point: Point) -> bool:
        """Whether the point is in this match."""
        return point.header & self.mask == self.value

    def subtract(self, other: "Match") -> list["Match"]:
        """The points that are not in `other`, as disjoint matches.

        Bits are taken from the top of the wide integer, so a piece that fixes a bit of a
        field has the field's prerequisites fixed already.
        """
        if not self.overlaps(other):
            return [self]
        pieces = []
        value, mask = self.value, self.mask
        free = other.mask & ~self.mask
        while free:
            bit = 1 << (free.bit_length() - 1)
            piece = _canonical(value | (bit & ~other.value), mask | bit)
            if piece is not None:
                pieces.append(piece)
            value |= bit & other.value
            mask |= bit
            free ^= bit
        return pieces

    def witness(self) -> Point:
        """One point of this match: free bits are 0, a free eth_type is a usual one."""
        ones = (self.mask >> _ETH_TYPE.shift) & _ETH_TYPE.ones
        eth_type = (self.value >> _ETH_TYPE.shift) & _ETH_TYPE.ones
        for likely in _LIKELY_ETH_TYPES:
            if likely & ones == eth_type:
                return Point(self.value | likely << _ETH_TYPE.shift)
        return Point(self.value | (eth_type | ~ones & _ETH_TYPE.ones) << _ETH_TYPE.shift)

    def get(self, name: str) -> tuple[int, int] | None:
        """The (value, mask) of one field, or None where the match leaves it free."""
        field = FIELDS[name]
        mask = (self.mask >> field.shift) & field.ones
        return ((self.value >> field.shift) & field.ones, mask) if mask else None

    @property
    def fields(self) -> dict[str, tuple[int, int]]:
        """The (value, mask) of every field that is not free, prerequisites first."""
        pairs = ((name, self.get(name)) for name in FIELDS)
        return {name: pair for name, pair in pairs if pair is not None}

    @property
    def reads_transport(self) -> bool:
        """Whether the match names a field that a later fragment does not carry."""
        return bool(self.mask & TRANSPORT_PLACE)

    def __str__(self) -> str:
        return format_fields(self.fields) or "any packet"

    def __repr__(self) -> str:
        return f"<Match {self}>"


Match.ANY = Match(0, 0)


def _canonical(value: int, mask: int) -> Match | None:
    """The match with what vlan_vid implies filled in; None when no packet is in it.

    A frame without a tag has no VLAN id, and one with any bit of a VLAN id has a tag.
    """
    if not _is_possible(value, mask):
        return None
    if value & _VLAN_ID:
        return Match(value | _TAGGED, mask | _TAGGED)
    if mask & _TAGGED and not value & _TAGGED:
        return Match(value, mask | _VLAN_ID)
    return Match(value, mask)


def _is_possible(value: int, mask: int) -> bool:
    """Whether there is no bit of a VLAN id where there is no tag."""
    return not value & _VLAN_ID or bool(value & _TAGGED) or not mask & _TAGGED


def _check_pair(field: Field, value: int, mask: int) -> None:
    if not 0 <= value <= field.ones:
        raise HeaderError(f"{field.name} {value:#x}", f"0 to {field.ones:#x}")
    if not 0 <= mask <= field.ones:
        raise HeaderError(f"mask {mask:#x} of {field.name}", f"0 to {field.ones:#x}")
    if value & ~mask:
        raise HeaderError(f"{field.name} {value:#x}/{mask:#x}", "no value bits outside the mask")
    if not field.maskable and mask not in (0, field.ones):
        raise HeaderError(f"mask {mask:#x} of {field.name}", "no mask, the field takes none")


def _check_prerequisites(field: Field, value: int, mask: int) -> None:
    if not mask & field.place:
        return
    for need in field.prerequisites:
        base = FIELDS[need.field]
        fixed = (mask >> base.shift) & need.mask == need.mask
        if not fixed or (value >> base.shift) & need.mask not in need.values:
            raise HeaderError(f"{field.name} without {need}", f"{need} in the same match")
