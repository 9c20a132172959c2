"""Match: what a flow asks of a packet, as OpenFlow's extensible match says it.

Not the algebra of header space (that is `slicer.flowspace`), and no wire codec: a Match
holds the OXM TLVs exactly as they were sent, so that encoding it again gives the same bytes.

Invariant: the order, masks and unknown fields of a decoded match survive every method
except `canonical`, which is there to compare matches by meaning.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from slicer.openflow.errors import EncodeError
from slicer.openflow.oxm_fields import BY_KEY, BY_NAME, Field

Oxm = tuple[int, bytes]
"""One TLV: its 32-bit header, hasmask and length included, and its payload, value then mask."""

HAS_MASK: Final = 0x100


class OxmItem(NamedTuple):
    """One TLV read as numbers; `mask` has every bit set where the TLV had no mask."""

    name: str
    value: int
    mask: int


def key_of(header: int) -> int:
    """Class and number of a field: what is left of a header without hasmask and length."""
    return header >> 9


def class_of(header: int) -> int:
    """The OXM class in a header."""
    return header >> 16


def name_of(header: int) -> str:
    """The field's name, or `oxm_CLASS_NUMBER` (hex, decimal) for a field not in the table."""
    field = BY_KEY.get(header >> 9)
    return field.name if field else f"oxm_{header >> 16:04x}_{header >> 9 & 0x7F}"


def field_named(name: str) -> Field:
    """The field of that name. Raises EncodeError when there is none."""
    try:
        return BY_NAME[name]
    except KeyError:
        raise EncodeError(f"no match field is called {name!r}") from None


def header_of(name: str) -> int:
    """The 32-bit OXM header of a field without a mask, as `RegLoad` and `RegMove` take it."""
    return field_named(name).header


def oxm(name: str, value: int, mask: int | None = None) -> Oxm:
    """One TLV. Raises EncodeError for an unknown field and for numbers it has no room for.

    A mask is written even when it has every bit set, and a value's bits outside of the
    mask are not cleared: what is asked for is what is sent.
    """
    field = field_named(name)
    for what, number in (("value", value), ("mask", mask)):
        if number is not None and not 0 <= number <= field.full:
            raise EncodeError(f"{name}: {what} {number:#x} doesn't fit {field.bits} bits")
    payload = value.to_bytes(field.size, "big")
    if mask is None:
        return field.header, payload
    return field.masked_header, payload + mask.to_bytes(field.size, "big")


def read(tlv: Oxm) -> OxmItem:
    """The TLV's field name, value and mask."""
    header, payload = tlv
    if not header & HAS_MASK:
        width = len(payload) * 8
        return OxmItem(name_of(header), int.from_bytes(payload, "big"), (1 << width) - 1)
    half = len(payload) // 2
    value, mask = payload[:half], payload[half:]
    return OxmItem(name_of(header), int.from_bytes(value, "big"), int.from_bytes(mask, "big"))


@dataclass(frozen=True, slots=True)
class Match:
    """The OXM TLVs of one match in the order of the wire; without any it matches all."""

    oxms: tuple[Oxm, ...] = ()

    @classmethod
    def of(cls, **fields: int | tuple[int, int]) -> "Match":
        """A match from field names; each takes a value or a (value, mask) pair.

        The order is kept: name what others require first (`eth_type` before `ip_proto`).
        Raises EncodeError for an unknown field and for numbers it has no room for.
        """
        return cls(
            tuple(
                oxm(name, *given) if isinstance(given, tuple) else oxm(name, given)
                for name, given in fields.items()
            )
        )

    def __iter__(self) -> Iterator[OxmItem]:
        return map(read, self.oxms)

    def __contains__(self, name: object) -> bool:
        return any(item.name == name for item in self)

    def get(self, name: str) -> int | tuple[int, int] | None:
        """What the match asks of a field: a value, a (value, mask) pair, or None for nothing.

        Raises EncodeError when no field has that name.
        """
        key = field_named(name).key
        for tlv in self.oxms:
            if tlv[0] >> 9 == key:
                item = read(tlv)
                return (item.value, item.mask) if tlv[0] & HAS_MASK else item.value
        return None

    def prepend(self, tlv: Oxm) -> "Match":
        """The same match with one more TLV ahead of the others."""
        return Match((tlv, *self.oxms))

    def without(self, *names: str) -> "Match":
        """The same match without some fields. Raises EncodeError when no field has that name."""
        keys = {field_named(name).key for name in names}
        return Match(tuple(tlv for tlv in self.oxms if tlv[0] >> 9 not in keys))

    def only_class(self, oxm_class: int) -> "Match":
        """The part of the match whose fields belong to one OXM class."""
        return Match(tuple(tlv for tlv in self.oxms if tlv[0] >> 16 == oxm_class))

    def canonical(self) -> "Match":
        """The one way of writing this match: fields sorted, values masked, and masks that
        compare every bit or none left out. Two matches mean the same iff their canonical
        forms are equal.
        """
        last = -1
        for header, _ in self.oxms:
            if header & HAS_MASK or header <= last:
                break
            last = header
        else:
            return self
        oxms = tuple(sorted(tlv for each in self.oxms for tlv in _canonical(each)))
        return self if oxms == self.oxms else Match(oxms)


def _canonical(tlv: Oxm) -> tuple[Oxm, ...]:
    header, payload = tlv
    if not header & HAS_MASK:
        return (tlv,)
    half = len(payload) // 2
    _, value, mask = read(tlv)
    field = BY_KEY.get(header >> 9)
    full = field.full if field else (1 << half * 8) - 1
    if mask & full == 0:
        return ()
    masked = (value & mask).to_bytes(half, "big")
    if mask & full == full:
        return ((header & ~0x1FF | half, masked),)
    return ((header, masked + payload[half:]),)
