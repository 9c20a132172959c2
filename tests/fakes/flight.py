"""Flight: a packet on its way through the fake switch, and how a match is held against it.

The packet with what a pipeline keeps beside it: the port it came in by, the registers, the
metadata. Fields have the names of `slicer.openflow.oxm_fields`. Not here: which flows there are
(`tables.py`) and what actions do (`execution.py`).

Invariant: a condition holds for a flight exactly when every field of its match does, each under
its mask; a field that the packet doesn't have is 0, as in Open vSwitch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from slicer.flowspace.fields import FIELDS
from slicer.flowspace.point import Point
from slicer.openflow.oxm import Match
from tests.fakes.packet import Packet, without_transport

REGISTERS = 16
FIRST_FRAGMENT, LATER_FRAGMENT = 1, 3
"""Values of ip_frag (ovs-fields(7)): bit 0 for any fragment, bit 1 for a later one."""
RESERVED_SHORT = 0xFF00
VLAN_TCI = "oxm_0000_4"
"""NXM_OF_VLAN_TCI, for which the wire has no name: the whole tag, with a bit for its presence."""
TAG_PRESENT = 0x1000


def short_port(port: int) -> int:
    """A port number as the 16-bit fields of Open vSwitch hold it."""
    return port & 0xFFFF


def long_port(port: int) -> int:
    """A 16-bit port number in OpenFlow 1.3's 32 bits."""
    return port | 0xFFFF0000 if port >= RESERVED_SHORT else port


@dataclass(slots=True)
class Flight:
    """A packet on its way. `reads_fragments` says that the switch reads the ports of a first
    fragment (OFPC_FRAG_NX_MATCH)."""

    packet: Packet
    in_port: int
    reads_fragments: bool = True
    metadata: int = 0
    registers: list[int] = field(default_factory=lambda: [0] * REGISTERS)

    def branch(self) -> Flight:
        """A copy that goes its own way."""
        return replace(self, registers=list(self.registers))

    def seen(self) -> Point:
        """The header as the switch's tables see it."""
        seen = self.packet.seen
        hides = self.packet.is_first_fragment and not self.reads_fragments
        return without_transport(seen) if hides else seen

    def get(self, name: str) -> int:
        """The value of a field."""
        beside = _BESIDE.get(name)
        if beside is not None:
            return beside.get(self)
        place = FIELDS[name.removeprefix("nxm_")]
        return self.seen().header >> place.shift & place.ones

    def set(self, name: str, value: int) -> None:
        """Give a field a value; one that the packet doesn't have stays as it is."""
        beside = _BESIDE.get(name)
        if beside is not None:
            beside.set(self, value)
        else:
            self.packet = self.packet.set(name.removeprefix("nxm_"), value)


@dataclass(frozen=True, slots=True)
class _Beside:
    """How a field that is not in the packet is read and written."""

    get: Callable[[Flight], int]
    set: Callable[[Flight, int], None]


def _register(number: int) -> _Beside:
    def put(flight: Flight, value: int) -> None:
        flight.registers[number] = value

    return _Beside(lambda flight: flight.registers[number], put)


def _wide_register(number: int) -> _Beside:
    high, low = 2 * number, 2 * number + 1

    def put(flight: Flight, value: int) -> None:
        flight.registers[high], flight.registers[low] = value >> 32, value & 0xFFFFFFFF

    return _Beside(lambda flight: flight.registers[high] << 32 | flight.registers[low], put)


def _put_in_port(flight: Flight, value: int) -> None:
    flight.in_port = value


def _put_short_in_port(flight: Flight, value: int) -> None:
    flight.in_port = long_port(value)


def _put_metadata(flight: Flight, value: int) -> None:
    flight.metadata = value


def _fragment(flight: Flight) -> int:
    if flight.seen().later_fragment:
        return LATER_FRAGMENT
    return FIRST_FRAGMENT if flight.packet.is_first_fragment else 0


def _vlan_tci(flight: Flight) -> int:
    tags = flight.packet.tags if flight.packet.has_visible_tag else ()
    return next((TAG_PRESENT | tag.pcp << 13 | tag.vid for tag in tags), 0)


def _put_vlan_tci(flight: Flight, value: int) -> None:
    """Writing a tag that isn't there pushes it (ovs-actions(7), mod_vlan_vid)."""
    if not flight.packet.has_visible_tag:
        flight.packet = flight.packet.push(0x8100)
    flight.packet = flight.packet.set("vlan_vid", value & 0x1FFF).set("vlan_pcp", value >> 13)


def _read_only(flight: Flight, value: int) -> None:
    raise AssertionError(f"a field that no action can set is to be set to {value:#x}")


_BESIDE: Mapping[str, _Beside] = {
    "in_port": _Beside(lambda flight: flight.in_port, _put_in_port),
    "nxm_in_port": _Beside(lambda flight: short_port(flight.in_port), _put_short_in_port),
    VLAN_TCI: _Beside(_vlan_tci, _put_vlan_tci),
    "metadata": _Beside(lambda flight: flight.metadata, _put_metadata),
    "ip_frag": _Beside(_fragment, _read_only),
    **{f"reg{number}": _register(number) for number in range(REGISTERS)},
    **{f"xreg{number}": _wide_register(number) for number in range(REGISTERS // 2)},
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A match made ready: bits of the header in one integer, and what is beside the packet."""

    value: int
    mask: int
    beside: tuple[tuple[str, int, int], ...]
    is_possible: bool

    def holds(self, flight: Flight, header: int) -> bool:
        """Does the match hold? `header` is that of `flight.seen()`."""
        return (
            self.is_possible
            and header & self.mask == self.value
            and all(_BESIDE[name].get(flight) & mask == value for name, value, mask in self.beside)
        )


Constraints = Mapping[str, tuple[int, int]]
"""(value, mask) by field, with a wide register as the two that it is made of."""


def constraints_of(match: Match) -> Constraints:
    """What a match asks of each field, where its mask asks anything."""
    found: dict[str, tuple[int, int]] = {}
    for name, value, mask in _split(match):
        if mask:
            found[name] = (value & mask, mask)
    return found


def _split(match: Match) -> Iterable[tuple[str, int, int]]:
    for name, value, mask in match:
        if name.startswith("xreg"):
            high = 2 * int(name.removeprefix("xreg"))
            yield f"reg{high}", value >> 32, mask >> 32
            yield f"reg{high + 1}", value & 0xFFFFFFFF, mask & 0xFFFFFFFF
        elif name == "nxm_in_port":
            yield "in_port", long_port(value), 0xFFFFFFFF
        else:
            yield name, value, mask


def condition_of(constraints: Constraints) -> Condition:
    """The constraints made ready."""
    value = mask = 0
    possible = True
    beside = []
    for name, (wanted, bits) in constraints.items():
        if name in _BESIDE:
            beside.append((name, wanted, bits))
            continue
        place = FIELDS[name]
        possible = possible and wanted <= place.ones
        value |= (wanted & place.ones) << place.shift
        mask |= (bits & place.ones) << place.shift
    return Condition(value, mask, tuple(beside), possible)
