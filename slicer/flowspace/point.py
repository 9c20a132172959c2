"""Point: one packet's header values at one port.

A point holds every field that applies to its packet and no other: tcp_dst of a TCP packet,
never of an ARP. A field that applies but lies beyond the packet's end, or that a later
fragment does not carry, is 0, because that is what Open vSwitch matches there. So a match
on a field that the packet does not have fails by its prerequisites alone.

Invariant: the wide integer of a point is 0 wherever a field does not apply.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from slicer.flowspace.fields import (
    ETH_TYPE_IPV4,
    ETH_TYPE_IPV6,
    FIELDS,
    IP_PROTO_IPV6_FRAGMENT,
    TRANSPORT_PLACE,
    VLAN_PRESENT,
    HeaderError,
    field_named,
)
from slicer.flowspace.text import format_fields


@dataclass(frozen=True, slots=True, repr=False)
class Point(Mapping[str, int]):
    """A packet's header at a port, read like a mapping from field name to value.

    `header` is the wide integer of `fields.py`; `later_fragment` says that the packet is an
    IP fragment with an offset, which carries no transport header. Build one with `of` or
    with `packet.parse`; the constructor itself trusts its arguments.
    """

    header: int
    later_fragment: bool = False

    @staticmethod
    def of(later_fragment: bool = False, /, **values: int) -> "Point":
        """The point with these field values; fields that apply and are not named are 0.

        Raises HeaderError for an unknown field, a value out of range, a field whose
        prerequisites the other values do not meet, or a later fragment that could not be.
        """
        header = 0
        for name, value in values.items():
            field = field_named(name)
            if not 0 <= value <= field.ones:
                raise HeaderError(f"{name} {value:#x}", f"0 to {field.ones:#x}")
            header |= value << field.shift
        _check_applies(values, header)
        if values.get("vlan_vid", VLAN_PRESENT) < VLAN_PRESENT and values["vlan_vid"]:
            raise HeaderError(
                f"vlan_vid {values['vlan_vid']:#x}", f"0 or a value with bit {VLAN_PRESENT:#x}"
            )
        if later_fragment:
            _check_later_fragment(header)
        return Point(header, later_fragment)

    @property
    def port(self) -> int:
        """The port at which the packet enters or leaves."""
        return self["port"]

    def at(self, port: int) -> "Point":
        """The same packet at another port."""
        place = FIELDS["port"]
        return Point(self.header & ~place.place | port << place.shift, self.later_fragment)

    def __getitem__(self, name: str) -> int:
        field = FIELDS[name]
        if not field.applies(self.header):
            raise KeyError(name)
        return (self.header >> field.shift) & field.ones

    def __iter__(self) -> Iterator[str]:
        return (name for name, field in FIELDS.items() if field.applies(self.header))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __str__(self) -> str:
        fields = format_fields({name: (value, FIELDS[name].ones) for name, value in self.items()})
        return f"{fields}, later fragment" if self.later_fragment else fields

    def __repr__(self) -> str:
        return f"<Point {self}>"


def _check_applies(names: Mapping[str, int], header: int) -> None:
    for name in names:
        for need in FIELDS[name].prerequisites:
            base = FIELDS[need.field]
            value = (header >> base.shift) & base.ones
            if value & need.mask not in need.values:
                raise HeaderError(f"{name} with {need.field} {value:#x}", str(need))


def _check_later_fragment(header: int) -> None:
    eth_type = (header >> FIELDS["eth_type"].shift) & FIELDS["eth_type"].ones
    ip_proto = (header >> FIELDS["ip_proto"].shift) & FIELDS["ip_proto"].ones
    if eth_type not in (ETH_TYPE_IPV4, ETH_TYPE_IPV6):
        raise HeaderError(f"a later fragment of eth_type {eth_type:#x}", "IPv4 or IPv6")
    if eth_type == ETH_TYPE_IPV6 and ip_proto != IP_PROTO_IPV6_FRAGMENT:
        raise HeaderError(
            f"a later IPv6 fragment of ip_proto {ip_proto}", f"{IP_PROTO_IPV6_FRAGMENT}"
        )
    if header & TRANSPORT_PLACE:
        raise HeaderError("a later fragment with transport fields", "all of them 0")
