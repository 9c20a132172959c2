"""What may stand for a field's value in a match: `10.0.0.0/8`, `tcp`, `1000-1999`, `any` ...

Turns one scalar into the (value, mask) pairs it stands for; the pairs of a range are
disjoint. Knows the spellings, not which fields go together.
Invariant: what comes out fits the field's bits, and its mask is one that the field takes.
"""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType

from slicer.flowspace.fields import (
    ETH_TYPE_NONE,
    VLAN_ID_MASK,
    VLAN_PRESENT,
    Field,
    HeaderError,
)
from slicer.flowspace.text import (
    ETH_TYPE_NAMES,
    IP_PROTO_NAMES,
    IPV4_FIELDS,
    IPV6_FIELDS,
    MAC_FIELDS,
    mac_text,
)
from slicer.policy.ranges import pairs_of_range
from slicer.policy.reading import number_in, one_of, quoted

Pairs = list[tuple[int, int]]

_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}", re.ASCII)
_RANGE = re.compile(r"([0-9a-fA-Fx]{1,34}) ?- ?([0-9a-fA-Fx]{1,34})", re.ASCII)
_PREFIX = re.compile(r"[0-9]{1,3}", re.ASCII)
_LEAST_ETH_TYPE = 0x0600

MAX_SINGLE_VALUES = 1024
"""How many numbers a range of a field that takes no mask may have."""


def pairs_of(field: Field, text: str) -> Pairs:
    """The (value, mask) pairs of `field` that `text` stands for; at least one.

    Raises HeaderError, which says what was found and what was expected.
    """
    return _SPELLINGS.get(field.name, _numbers)(field, text)


def _numbers(field: Field, text: str) -> Pairs:
    span = _RANGE.fullmatch(text)
    if span is not None:
        return _range(field, text, span[1], span[2])
    number, slash, mask = text.partition("/")
    if slash:
        return [_masked(field, text, _number(field, text, number), number_in(mask))]
    return [(_number(field, text, text), field.ones)]


def _range(field: Field, text: str, first: str, last: str) -> Pairs:
    low, high = _number(field, text, first), _number(field, text, last)
    if low > high:
        raise HeaderError(f"{field.name} {quoted(text)}", "a range from low to high")
    if field.maskable:
        return pairs_of_range(low, high, field.bits)
    # The field takes no mask, so each number is a match of its own.
    if high - low >= MAX_SINGLE_VALUES:
        expected = f"a range of at most {MAX_SINGLE_VALUES} numbers, the field takes no mask"
        raise HeaderError(f"{field.name} {quoted(text)}", expected)
    return [(number, field.ones) for number in range(low, high + 1)]


def _number(field: Field, text: str, digits: str) -> int:
    number = number_in(digits)
    if number is None or number > field.ones:
        raise HeaderError(f"{field.name} {quoted(text)}", _form(field))
    return number


def _form(field: Field) -> str:
    number = f"a number from 0 to {field.ones}, a range such as 1-{min(9, field.ones)}"
    return f"{number}, or value/mask" if field.maskable else number


def _masked(field: Field, text: str, value: int, mask: int | None) -> tuple[int, int]:
    """Checks a value and mask, of which the mask may not have been readable."""
    found = f"{field.name} {quoted(text)}"
    if not field.maskable:
        raise HeaderError(found, "a value without a mask, the field takes none")
    if mask is None or mask > field.ones:
        raise HeaderError(found, f"a mask up to {field.ones:#x}")
    if value & ~mask:
        raise HeaderError(found, f"no bits outside the mask: {value & mask:#x}/{mask:#x}")
    return value, mask


def _named(names: Mapping[str, int]) -> Callable[[Field, str], Pairs]:
    def pairs(field: Field, text: str) -> Pairs:
        if text in names:
            return [(names[text], field.ones)]
        if number_in(text) is None and not _RANGE.fullmatch(text) and "/" not in text:
            expected = one_of(text, names)
            raise HeaderError(f"{field.name} {quoted(text)}", f"{expected}, or a number")
        return _numbers(field, text)

    return pairs


def _eth_type(field: Field, text: str) -> Pairs:
    pairs = _named(ETH_TYPE_NAMES)(field, text)
    for value, _ in pairs:
        if value < _LEAST_ETH_TYPE and value != ETH_TYPE_NONE:
            raise HeaderError(
                f"eth_type {quoted(text)}",
                f"{_LEAST_ETH_TYPE:#06x} or more (less is a length), or {ETH_TYPE_NONE:#06x} "
                "for frames without one",
            )
    return pairs


def _vlan_vid(field: Field, text: str) -> Pairs:
    if text == "none":
        return [(0, field.ones)]
    if text == "any":
        return [(VLAN_PRESENT, VLAN_PRESENT)]
    number, slash, mask = text.partition("/")
    if slash:
        value, ones = _masked(field, text, _number(field, text, number), number_in(mask))
        if value & VLAN_ID_MASK and ones & VLAN_PRESENT and not value & VLAN_PRESENT:
            raise HeaderError(f"vlan_vid {quoted(text)}", "no VLAN id where the tag's bit is 0")
        return [(value, ones)]
    span = _RANGE.fullmatch(text)
    ends = (span[1], span[2]) if span else (text, text)
    low, high = (_vlan_id(text, end) for end in ends)
    if low > high:
        raise HeaderError(f"vlan_vid {quoted(text)}", "a range from low to high")
    pairs = pairs_of_range(low, high, VLAN_ID_MASK.bit_length())
    return [(value | VLAN_PRESENT, mask | VLAN_PRESENT) for value, mask in pairs]


def _vlan_id(text: str, digits: str) -> int:
    number = number_in(digits)
    if number is None or number > VLAN_ID_MASK:
        raise HeaderError(
            f"vlan_vid {quoted(text)}",
            f"a VLAN id from 0 to {VLAN_ID_MASK}, a range such as 100-199, 'none' (no tag), "
            "'any' (some tag), or value/mask with the tag's bit 0x1000",
        )
    return number


def _mac(field: Field, text: str) -> Pairs:
    address, slash, mask = text.partition("/")
    if not _MAC.fullmatch(address) or (slash and not _MAC.fullmatch(mask)):
        raise HeaderError(
            f"{field.name} {quoted(text)}", "a MAC address such as 02:00:00:00:00:01, or MAC/mask"
        )
    value = _mac_number(address)
    if not slash:
        return [(value, field.ones)]
    ones = _mac_number(mask)
    if value & ~ones:
        expected = f"no bits outside the mask: {mac_text(value & ones)}/{mac_text(ones)}"
        raise HeaderError(f"{field.name} {quoted(text)}", expected)
    return [_masked(field, text, value, ones)]


def _mac_number(text: str) -> int:
    return int(text.replace(":", "").replace("-", ""), 16)


def _address(family: type[IPv4Address] | type[IPv6Address]) -> Callable[[Field, str], Pairs]:
    example = "10.0.0.0" if family is IPv4Address else "2001:db8::"

    def pairs(field: Field, text: str) -> Pairs:
        address, slash, rest = text.partition("/")
        value = _address_number(family, address)
        mask = _mask_of_prefix(rest, field.bits) if slash else field.ones
        if mask is None:
            mask = _address_number(family, rest)
        if value is None or mask is None:
            form = f"an address such as {example}, with or without /prefix or /mask"
            raise HeaderError(f"{field.name} {quoted(text)}", form)
        if value & ~mask:
            inside = f"{family(value & mask)}/{rest}"
            raise HeaderError(f"{field.name} {quoted(text)}", f"no bits outside the mask: {inside}")
        return [_masked(field, text, value, mask)]

    return pairs


def _address_number(family: type[IPv4Address] | type[IPv6Address], text: str) -> int | None:
    if "%" in text:  # an IPv6 zone, which no packet carries
        return None
    try:
        return int(family(text))
    except ValueError:
        return None


def _mask_of_prefix(text: str, bits: int) -> int | None:
    if not _PREFIX.fullmatch(text) or int(text) > bits:
        return None
    return ((1 << bits) - 1) & ~((1 << (bits - int(text))) - 1)


_SPELLINGS: Mapping[str, Callable[[Field, str], Pairs]] = MappingProxyType(
    {
        "eth_type": _eth_type,
        "ip_proto": _named(IP_PROTO_NAMES),
        "vlan_vid": _vlan_vid,
        **dict.fromkeys(MAC_FIELDS, _mac),
        **dict.fromkeys(IPV4_FIELDS, _address(IPv4Address)),
        **dict.fromkeys(IPV6_FIELDS, _address(IPv6Address)),
    }
)
